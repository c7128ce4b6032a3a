"""What is to be seen to is due on a working day, whenever it comes up."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

MONDAY = date(2026, 11, 30)


@pytest.mark.parametrize("day", [27, 28, 29])  # a Friday, and its weekend
def test_over_the_weekend_it_is_due_on_monday(site, day, settings):
    from holdfast_site.handover.due import seen_to_on

    assert seen_to_on(datetime(2026, 11, day, 12, tzinfo=ZoneInfo(settings.SITE.timezone))) == MONDAY


@pytest.mark.parametrize(("day", "due"), [(27, date(2026, 11, 27)), (28, MONDAY), (29, MONDAY), (30, MONDAY)])
def test_what_is_noticed_at_the_weekend_is_due_on_monday(day, due):
    from holdfast_site.handover.due import working_day

    assert working_day(date(2026, 11, day)) == due

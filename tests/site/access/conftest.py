"""All of the staff at once, each in a browser of his own."""

from __future__ import annotations

import pytest

from tests.site.conftest import signed_in


@pytest.fixture(name="all_staff")
def _all_staff(cast, browser, now):
    """Somebody in each role; Sue supervises Alma's clients, Ben stands in for Alma."""
    from django.utils import timezone

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.accounts.models import Post
    from holdfast_site.away.services import keep_leave
    from holdfast_site.oversight.services import assign

    found = {
        "anyone": browser,
        "care contact": signed_in("care_contact"),
        "lead": signed_in("lead"),
        "desk": signed_in("desk"),
        "sue": signed_in("supervisor"),
        "alma": signed_in("therapist", "alma"),  # treats Dan
        "ben": signed_in("therapist", "ben"),  # treats Eli
    }
    today = timezone.localdate(now)
    supervisor = Post.objects.get(role="supervisor")
    assign(by=OPERATOR, supervisor=supervisor, therapist=cast.alma, client=None, told_on=today, now=now)
    days = {"first_day": today, "last_day": today}
    keep_leave(by=OPERATOR, therapist=cast.alma, stand_in=cast.ben, now=now, **days)
    return found

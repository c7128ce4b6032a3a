"""In whatever order what he sends arrives, late and more than once: the same is kept, and the same is made of it."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction

from tests.site.conftest import appointment, signed_in

SESSIONS = 5


@pytest.fixture(name="sent")
def _sent(cast, now):
    """Some check-ins of his and what he sends in to each: for her, for the care contact, or for both."""
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.answers import Answers
    from holdfast_site.checkins.models import Audience
    from holdfast_site.checkins.services import invite

    dice, found = random.Random(8), []
    for number in range(SESSIONS):
        about = appointment(cast.dan, cast.alma, now - timedelta(days=7 * number, hours=5))
        invitation, _ = invite(by=ANYONE, appointment=about, now=now - timedelta(hours=4, minutes=number))
        given = [("pace", number - 2, Audience.THERAPIST), ("understood", number, dice.choice(list(Audience)))]
        moment = now - timedelta(hours=3, minutes=number)
        found.append((invitation, UUID(int=number + 1), Answers.of(given), moment))
    return found


def kept(order):
    """Take it in as it comes; everything that is kept of it then, and the librarys' table."""
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.models import SealedBox
    from holdfast_site.checkins.selectors import opened
    from holdfast_site.checkins.services import Kept, keep_once

    for invitation, form, answers, moment in order:
        done = keep_once(by=ANYONE, invitation=invitation, form=form, answers=answers, now=moment)
        assert isinstance(done, Kept)
    boxes = SealedBox.objects.select_related("submission__invitation__appointment__client")
    return sorted(
        (box.submission.invitation_id, box.submission.form, box.submission.answered_at, box.audience,
         sorted(opened(box, box.submission.invitation.appointment.client).items()))
        for box in boxes.prefetch_related("corrections")
    )  # fmt: skip


def arrivals(sent, dice):
    """Each of them once, twice or three times, in any order."""
    order = [one for one in sent for _ in range(dice.choice((1, 1, 2, 3)))]
    dice.shuffle(order)
    return order


@pytest.mark.long
@pytest.mark.hazard("H-07")
@pytest.mark.parametrize(
    ("seed", "orders"), [(0, 40), *(pytest.param(seed, 2_500, marks=pytest.mark.slow) for seed in (1, 2, 3, 4))]
)
def test_any_order_of_arrival_leaves_the_same(cast, sent, seed, orders):
    dice, found = random.Random(seed), []
    with transaction.atomic():  # one around them all: none of them has to be taken back from the disk
        for _ in range(orders):
            with transaction.atomic():
                found.append(kept(arrivals(sent, dice)))
                transaction.set_rollback(True)
    assert all(one == found[0] for one in found)
    assert {row[0] for row in found[0]} == {invitation.pk for invitation, *_ in sent}


@pytest.mark.long
def test_the_therapists_page_and_the_tables_do_not_tell_in_which_order_it_came(cast, sent, now):
    from holdfast_site.caseload.adapters import tables
    from tests.site.access.test_canaries import as_him

    alma, dice, seen = signed_in("therapist", "alma"), random.Random(3), []
    for _ in range(6):
        with transaction.atomic():
            kept(arrivals(sent, dice))
            rows = tables(now)["checkins"].rows()
            seen.append((rows, as_him(alma.get("/today/client/dan").content.decode())))
            transaction.set_rollback(True)
    assert all(one == seen[0] for one in seen)
    assert len(seen[0][0]) >= SESSIONS

"""Who is with whom now: what a therapist may see begins here."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.conftest import appointment, client

DAY = timedelta(days=1)


def treated(therapist_id):
    from holdfast_site.people.treating import clients_of

    return sorted(one.pk for one in clients_of(therapist_id))


def with_whom(client_id):
    from holdfast_site.people.models import Client
    from holdfast_site.people.treating import now_with

    return Client.objects.annotate(whom=now_with("pk")).get(pk=client_id).whom


def test_a_client_is_with_whom_his_latest_appointment_is_be_it_still_to_come(cast, now):
    assert (treated("alma"), treated("ben")) == (["dan"], ["eli"])
    appointment(cast.dan, cast.ben, now - 9 * DAY)  # an earlier one
    assert (treated("alma"), treated("ben")) == (["dan"], ["eli"])
    appointment(cast.dan, cast.ben, now + 9 * DAY, status="booked")
    assert (treated("alma"), treated("ben")) == ([], ["dan", "eli"])
    assert [with_whom(one) for one in ("dan", "eli")] == ["ben", "ben"]


@pytest.mark.parametrize("called_off", ["cancelled", "late_cancelled", "rescheduled"])
def test_what_was_called_off_counts_for_a_client_who_has_nothing_else(cast, now, called_off):
    appointment(cast.dan, cast.ben, now + 9 * DAY, status=called_off)
    assert (treated("alma"), treated("ben")) == (["dan"], ["eli"])
    finn = client("finn")
    assert with_whom("finn") is None
    appointment(finn, cast.alma, now - DAY, status=called_off)
    appointment(finn, cast.ben, now + DAY, status=called_off)
    assert (treated("alma"), treated("ben")) == (["dan"], ["eli", "finn"])


def test_what_he_did_not_come_to_counts_and_of_two_at_once_the_one_that_was_made_last(cast, now):
    at = now + DAY
    appointment(cast.dan, cast.ben, at, status="no_show")
    assert with_whom("dan") == "ben"
    appointment(cast.dan, cast.alma, at, status="booked")
    assert with_whom("dan") == "alma"


def test_only_a_therapist_has_clients_and_only_his_own(cast):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.people.treating import own_clients

    assert [one.pk for one in own_clients(Actor(Role.THERAPIST, therapist_id="alma"))] == ["dan"]
    assert not own_clients(Actor(Role.THERAPIST))
    for role in Role:
        if role is not Role.THERAPIST:
            assert not own_clients(Actor(role, id="1", therapist_id="alma", client_id="dan")), role

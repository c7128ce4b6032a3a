"""What a page fetches by an id that somebody sent is asked of a selector, and that finds nothing for another role."""

from __future__ import annotations

import pytest

from holdfast_site.access.actors import Actor, Role


def _found(actor, cast):
    from holdfast_site.handover.models import Matter
    from holdfast_site.handover.selectors import others
    from holdfast_site.oversight.selectors import clients
    from holdfast_site.own.selectors import himself

    matter = Matter(client=cast.dan, therapist=cast.alma)
    return {
        Role.CARE_CONTACT: others(actor, matter).exists(),
        Role.LEAD: clients(actor).exists(),
        Role.CLIENT: himself(actor).exists(),
    }


@pytest.mark.parametrize("role", Role)
def test_each_role_finds_what_is_for_it_and_nothing_else(cast, role):
    actor = Actor(role, id="1", client_id=cast.dan.pk)
    found = _found(actor, cast)
    assert found == {known: known is role for known in found}


def test_whoever_leaves_a_therapist_does_not_go_on_with_the_same_one(cast):
    from holdfast_site.handover.models import Matter
    from holdfast_site.handover.selectors import others

    found = others(Actor(Role.CARE_CONTACT, id="1"), Matter(client=cast.dan, therapist=cast.alma))
    assert found.exists()
    assert not found.filter(pk=cast.alma.pk).exists()


def test_whoever_has_been_erased_is_not_found_by_a_session_that_he_still_has(cast):
    from holdfast_site.own.selectors import himself
    from holdfast_site.people.models import Client

    Client.objects.filter(pk=cast.dan.pk).update(wrapped_key=b"")
    assert not himself(Actor(Role.CLIENT, id="1", client_id=cast.dan.pk)).exists()

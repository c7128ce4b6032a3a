"""A matter is opened once, keeps what was said last, and can be opened again when it was settled."""

from __future__ import annotations

import json


def opened(cast, now, **more):
    from holdfast_site.access.actors import ANYONE, Role
    from holdfast_site.handover.models import Kind
    from holdfast_site.handover.services import open_matter

    told = {"kind": Kind.CALL, "holder": Role.THERAPIST, "due_on": now.date(), **more}
    return open_matter(by=ANYONE, client=cast.dan, therapist=cast.alma, now=now, **told)


def test_the_same_matter_is_opened_once_and_what_was_said_last_stands(cast, now, settings):
    first = opened(cast, now, said={"words": "Not before six"})
    again = opened(cast, now, said={"words": "After seven"})
    silent = opened(cast, now)
    assert first.pk == again.pk == silent.pk
    box = settings.VAULT.client_box("dan", cast.dan.wrapped_key)
    assert json.loads(box.open(silent.sealed, place=silent.place)) == {"words": "After seven"}


def test_after_it_was_settled_it_can_come_up_again(cast, now):
    from holdfast_site.handover.models import Matter

    first = opened(cast, now)
    Matter.objects.filter(pk=first.pk).update(closed_at=now)
    assert opened(cast, now).pk != first.pk


def test_one_for_the_therapist_and_one_for_the_care_contact_are_two(cast, now):
    from holdfast_site.access.actors import Role

    assert opened(cast, now).pk != opened(cast, now, holder=Role.CARE_CONTACT).pk

"""Who works here: added by the lead, in one role at a time; nobody from the next request on when access ends (H-14)."""

from __future__ import annotations

import re

import pytest

from tests.site.accounts.ways import enrol, sign_in
from tests.site.conftest import PASSWORD, signed_in
from tests.site.handover.test_holding import text


@pytest.fixture(name="lead")
def _lead(cast):
    return signed_in("lead")


def added(lead, **told):
    return lead.post("/people/", {"login": "Cleo", "role": "desk", **told})


def test_somebody_added_can_sign_in_in_that_role_alone(lead, browser):
    told = told_in(added(lead, role="therapist", therapist="t9"))
    phone, his, answer = enrol(told)
    assert answer["Location"] == "/today/"
    assert his.get("/people/").status_code == 404
    assert "Cleo : Therapist (t9)" in text(lead.get("/people/"))
    assert sign_in(phone)[1].status_code == 302


def test_a_new_way_in_for_somebody_who_lost_his_phone(lead):
    from holdfast_site.accounts.models import Member

    phone, *_ = enrol(told_in(added(lead)))
    pk = Member.objects.get(login="Cleo").pk
    enrol(told_in(lead.post(f"/people/access/{pk}", {"do": "again"})))
    assert sign_in(phone)[1].status_code == 422
    assert lead.post("/people/access/999", {"do": "again"}).status_code == 404
    assert lead.post(f"/people/access/{pk}", {"do": "end"}).status_code == 302
    assert lead.post(f"/people/access/{pk}", {"do": "again"}).status_code == 404


def told_in(answer):
    from holdfast_site.accounts.services import Told

    page = answer.content.decode()
    return Told(re.search(r"/welcome/([\w-]{43})<", page)[1], re.search(r'class="digits">(\d{4} \d{4})<', page)[1])


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"role": "therapist"}, "Say which therapist"),
        ({"role": "operator"}, "Nothing was saved"),
        ({"login": ""}, "Nothing was saved"),
    ],
)
def test_what_cannot_be_is_refused_in_words(lead, told, said):
    from holdfast_site.accounts.models import Member

    answer = added(lead, **told)
    assert answer.status_code == 422
    assert said in text(answer)
    assert not Member.objects.filter(login="Cleo").exists()


def test_a_further_role_leaves_the_way_in_as_it_was(lead):
    phone, *_ = enrol(told_in(added(lead)))
    assert added(lead, role="care_contact").status_code == 302
    assert added(lead, role="care_contact").status_code == 422  # already
    assert sign_in(phone)[1]["Location"] == "/sign-in/role"


@pytest.mark.hazard("H-14")
def test_access_ends_at_the_next_request_and_can_come_back(cast, lead):
    from holdfast_site.accounts.models import Member

    alma = signed_in("therapist", "alma")
    member = Member.objects.get(posts__therapist="alma")
    assert alma.get("/today/").status_code == 200
    assert lead.post(f"/people/access/{member.pk}", {"do": "end"}).status_code == 302
    assert alma.get("/today/").status_code == 404
    assert lead.post(f"/people/access/{member.pk}", {"do": "end"}).status_code == 422  # done already
    assert lead.post(f"/people/access/{member.pk}", {"do": "back"}).status_code == 302
    assert signed_in("therapist", "alma").get("/today/").status_code == 200


def test_nobody_shuts_out_himself_or_the_last_lead(cast, lead):
    from holdfast_site.accounts.models import Member

    own = Member.objects.get(login="lead")
    assert lead.post(f"/people/access/{own.pk}", {"do": "end"}).status_code == 422
    assert lead.get("/people/").status_code == 200
    assert lead.post("/people/access/999", {"do": "end"}).status_code == 404
    assert lead.post(f"/people/access/{own.pk}", {"do": "delete"}).status_code == 404
    assert PASSWORD not in lead.get("/people/").content.decode()


def contact_of_the_practice():
    from holdfast_site.accounts.models import Member

    return Member.objects.get(posts__role="care_contact")


@pytest.mark.hazard("H-09", "H-11")
def test_before_the_only_care_contact_goes_it_is_said_who_would_hold_what(cast, lead, browser):
    from tests.site.checkins.test_answer import filled

    browser.post(cast.address, filled(words="Zanzibar", words_who="care_contact"))
    ruth = contact_of_the_practice()
    for _ in range(2):
        asked = lead.post(f"/people/access/{ruth.pk}", {"do": "end"})
        assert asked.status_code == 409
        assert "is the only care contact. Nothing was changed yet." in text(asked)
        assert "nobody holds what clients asked" in text(asked)
        assert "Zanzibar" not in text(asked)
        assert contact_of_the_practice().is_active
    assert lead.post(f"/people/access/{ruth.pk}", {"do": "end", "sure": "yes"}).status_code == 302
    assert not contact_of_the_practice().is_active


def test_with_another_care_contact_there_is_nothing_to_warn_of(cast, lead):
    added(lead, role="care_contact")
    ruth = _first_contact()
    assert lead.post(f"/people/access/{ruth.pk}", {"do": "end"}).status_code == 302


def _first_contact():
    from holdfast_site.accounts.models import Member

    return Member.objects.filter(posts__role="care_contact").order_by("pk").first()


@pytest.mark.hazard("H-11")
def test_what_somebody_had_taken_on_is_nobodys_once_he_is_gone(cast, lead, now):
    from uuid import uuid4

    from holdfast_site.access.actors import ANYONE, Role
    from holdfast_site.handover.models import Kind, Matter
    from holdfast_site.handover.services import open_matter

    to = {"holder": Role.CARE_CONTACT, "due_on": now.date(), "now": now}
    matter = open_matter(by=ANYONE, client=cast.dan, therapist=cast.alma, kind=Kind.CALL, **to)
    ruth = signed_in("care_contact")
    ruth.post(f"/holding/{matter.key}", {"do": "take", "form": uuid4(), "seen": 0})
    assert Matter.objects.get().owner.role == Role.CARE_CONTACT
    lead.post(f"/people/access/{contact_of_the_practice().pk}", {"do": "end", "sure": "yes"})
    told = added(lead, role="care_contact")
    _, new, _ = enrol(told_in(told))
    assert "1 person is waiting for somebody" in text(new.get("/holding/"))


def test_room_and_ways_of_working_are_kept_and_a_blank_is_not_a_zero(cast, lead):
    told = {"capacity": "12", "gender": "woman", "style_pace": "-2", "style_tone": "0", "style_energy": ""}
    assert lead.post("/people/therapist/alma", told).status_code == 302
    cast.alma.refresh_from_db()
    assert (cast.alma.capacity, cast.alma.gender) == (12, "woman")
    assert (cast.alma.style_pace, cast.alma.style_tone, cast.alma.style_energy) == (-2, 0, None)
    assert lead.post("/people/therapist/alma", {"capacity": "many"}).status_code == 422
    assert lead.post("/people/therapist/alma", {"style_pace": "9"}).status_code == 422
    assert lead.get("/people/therapist/nobody").status_code == 404
    assert "up to 12 clients" in text(lead.get("/people/"))


def test_all_of_it_is_in_the_audit(cast, lead):
    from holdfast_site.accounts.models import Member
    from holdfast_site.audit.models import Event

    added(lead)
    lead.post(f"/people/access/{Member.objects.get(login='Cleo').pk}", {"do": "end"})
    lead.post("/people/therapist/alma", {"capacity": "3"})
    actions = set(Event.objects.filter(actor__startswith="lead:").values_list("action", flat=True))
    assert {"member.added", "member.ended", "therapist.changed"} <= actions
    assert not Event.objects.filter(about__contains="Cleo").exists()


def test_clients_with_a_way_in_are_not_among_those_who_work_here(lead, cast):
    """They sign in as well, and are no business of this page."""
    from holdfast_site.accounts.models import Post

    before = text(lead.get("/people/"))
    signed_in("client", of=cast.dan)
    assert text(lead.get("/people/")) == before
    his = Post.objects.get(role="client").member_id
    assert lead.post(f"/people/access/{his}", {"do": "end"}).status_code == 404


def test_nobody_gives_a_role_to_himself_or_to_a_client(lead, cast):
    from holdfast_site.accounts.models import Member, Post

    own = Post.objects.get(role="lead").member.login
    assert "Nobody gives a role to himself" in text(added(lead, login=own, role="care_contact"))
    signed_in("client", of=cast.dan)
    his = Post.objects.get(role="client").member.login
    assert "is taken" in text(added(lead, login=his))
    assert Member.objects.filter(posts__role__in=("care_contact", "desk")).exclude(login="care_contact").count() == 0

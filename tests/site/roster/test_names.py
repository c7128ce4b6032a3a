"""Therapists by name: given in one go by the lead, shown wherever somebody reads who treats whom, not in tables."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.conftest import appointment, person, signed_in
from tests.site.handover.test_holding import text


@pytest.fixture(name="lead")
def _lead(cast):
    return signed_in("lead")


def named(**names):
    from holdfast_site.people.models import Therapist

    for pk, name in names.items():
        Therapist.objects.filter(pk=pk).update(name=name)


def test_all_of_them_are_named_in_one_go_and_whoever_is_left_out_keeps_the_id(cast, lead):
    from holdfast_site.people.models import Therapist

    assert "2 are still called by an id." in text(lead.get("/people/"))
    answer = lead.post("/people/names", {"name alma": " Alma Reid ", "name ben": "", "name eve": "Eve"})
    assert (answer.status_code, answer["Location"]) == (302, "/people/names")
    assert dict(Therapist.objects.values_list("pk", "name")) == {"alma": "Alma Reid", "ben": ""}
    page = text(lead.get("/people/names"))
    assert "ben" in page
    assert "alma" not in page
    assert lead.post("/people/names", {"name ben": "Ben Tully"})["Location"] == "/people/"
    assert "still called" not in text(lead.get("/people/"))
    assert "Everybody who treats here has a name" in text(lead.get("/people/names"))


@pytest.mark.parametrize("names", [("Sam Cole", "sam cole"), ("Cleo", ""), ("x" * 101, "y")])
def test_two_of_one_name_or_one_too_long_are_refused_and_nobody_is_named(cast, lead, names):
    from holdfast_site.people.models import Therapist

    person("cleo")
    named(cleo="Cleo")
    answer = lead.post("/people/names", dict(zip(("name alma", "name ben"), names, strict=True)))
    assert answer.status_code == 422
    assert "Nothing was saved" in text(answer)
    assert f'value="{names[0]}"' in answer.content.decode()
    assert set(Therapist.objects.values_list("name", flat=True)) == {"", "Cleo"}


def test_a_name_is_given_with_the_role_or_on_the_therapists_own_page(cast, lead):
    from holdfast_site.people.models import Therapist

    lead.post("/people/", {"login": "Ed", "role": "therapist", "therapist": "t9", "name": "Edith Marlow"})
    assert Therapist.objects.get(pk="t9").name == "Edith Marlow"
    assert "Therapist (Edith Marlow)" in text(lead.get("/people/"))
    again = {"login": "Fay", "role": "therapist", "therapist": "t9", "name": "Fay Marlow"}
    assert "t9 is Edith Marlow already." in lead.post("/people/", again).content.decode()  # a slip renames nobody
    lead.post("/people/therapist/t9", {"name": "Edith Cole"})
    assert Therapist.objects.get(pk="t9").name == "Edith Cole"
    answer = lead.post("/people/therapist/alma", {"name": "edith cole"})
    assert answer.status_code == 422
    refused = lead.post("/people/", {"login": "Flo", "role": "therapist", "therapist": "t10", "name": "Edith Cole"})
    assert "Another therapist here is called Edith Cole" in text(refused)
    assert not Therapist.objects.filter(pk="t10").exists()


def test_more_than_one_form_holds_come_in_turns(cast, lead):
    from holdfast_site.people.models import Therapist

    Therapist.objects.bulk_create([Therapist(pk=f"a{number:03}") for number in range(90)])
    first = lead.get("/people/names").content.decode()
    assert first.count('name="name a') == 40
    told = {f"name a{number:03}": f"Person {number}" for number in range(40)}
    assert lead.post("/people/names", told)["Location"] == "/people/names"
    assert Therapist.objects.exclude(name="").count() == 40
    assert "a040" in lead.get("/people/names").content.decode()


def test_colleagues_and_the_client_read_the_name_and_a_link_shows_none(cast, browser, now):
    from holdfast_site.access.actors import ANYONE, OPERATOR, Role
    from holdfast_site.away.services import keep_leave
    from holdfast_site.handover.models import Kind
    from holdfast_site.handover.services import open_matter
    from tests.site.checkins.test_answer import filled

    named(alma="Alma Reid", ben="Ben Tully")
    appointment(cast.dan, cast.alma, now + timedelta(hours=1), status="booked")
    browser.post(cast.address, filled(words="x", words_who="care_contact"))
    to = {"holder": Role.CARE_CONTACT, "due_on": now.date(), "now": now}
    matter = open_matter(by=ANYONE, client=cast.dan, therapist=cast.alma, kind=Kind.SOMEONE_ELSE, **to)
    days = {"first_day": now.date(), "last_day": now.date() + timedelta(days=3)}
    keep_leave(by=OPERATOR, therapist=cast.alma, stand_in=cast.ben, now=now, **days)
    desk, ruth, lead = signed_in("desk"), signed_in("care_contact"), signed_in("lead")
    signed_in("therapist", "alma").get("/today/client/dan")
    dan, ben = signed_in("client", of=cast.dan), signed_in("therapist", "ben")
    seen = [
        (desk, f"/schedule/?on={now:%Y-%m-%d}"),
        (desk, "/schedule/book"),
        (ruth, "/kept/"),
        (ruth, "/holding/"),
        (ruth, f"/holding/{matter.key}"),
        (ruth, f"/holding/{matter.key}/another"),
        (lead, "/people/arranged"),
        (ben, "/standing-in/"),
        (dan, "/mine/download/html"),
        (dan, "/mine/download/json"),
        (dan, "/mine/download/fhir"),
        (dan, "/mine/looked"),
    ]
    for who, address in seen:
        answer = who.get(address)
        assert answer.status_code == 200, address
        page = text(answer)
        assert "Alma Reid" in page, address
        assert "With alma" not in page, address
    for address in (cast.address, f"/c/{cast.other_link}"):
        page = browser.get(address).content.decode()
        assert "Reid" not in page
        assert "Tully" not in page


def test_whoever_took_something_on_is_called_by_name(cast, now):
    from holdfast_site.access.actors import ANYONE, Role
    from holdfast_site.handover.models import Kind
    from holdfast_site.handover.services import open_matter

    named(alma="Alma Reid")
    to = {"holder": Role.THERAPIST, "due_on": now.date(), "now": now}
    matter = open_matter(by=ANYONE, client=cast.dan, therapist=cast.alma, kind=Kind.CALL, **to)
    alma = signed_in("therapist", "alma")
    alma.post(f"/holding/{matter.key}", {"do": "take", "form": uuid4(), "seen": 0})
    assert "Alma Reid has it" in text(alma.get(f"/holding/{matter.key}"))


def test_tables_keep_the_ids(cast, now):
    from holdfast_site.caseload.adapters import tables

    named(alma="Alma Reid", ben="Ben Tully")
    found = tables(now)
    assert set(found["appointments"].select("therapist_id").rows()) == {("alma",), ("ben",)}
    assert set(found["therapists"].select("therapist_id").rows()) == {("alma",), ("ben",)}


def test_loading_again_leaves_the_names(cast, tmp_path, now):
    from holdfast.tables import read_tables
    from holdfast_site.caseload.services import load_tables
    from holdfast_site.people.models import Therapist

    named(alma="Alma Reid")
    (tmp_path / "appointments.csv").write_text(
        "appointment_id,client_id,therapist_id,starts_at,status\nx1,c1,alma,2026-03-02T10:00,attended\n"
    )
    (tmp_path / "therapists.csv").write_text("therapist_id,capacity\nalma,12\n")
    load_tables(read_tables(tmp_path), now=now)
    assert Therapist.objects.get(pk="alma").name == "Alma Reid"

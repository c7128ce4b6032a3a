"""Every address of the practice × method × role × ownership, for all roles of staff: as the policy says."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.access.test_matrix import METHODS
from tests.site.conftest import appointment

pytestmark = pytest.mark.long

READ = {"GET": 200, "HEAD": 200}
BOTH = {**READ, "POST": 422}  # a form that says nothing is refused in words
NOT_SAID = {**READ, "POST": 404}  # nothing that can be done was said
WHY = "Canarywhy"
STAFF = ("care contact", "lead", "desk", "sue", "alma", "ben")


@pytest.fixture(name="places")
def _places(cast, all_staff, now):
    """Every address, with who may do what there."""

    from holdfast_site.access.actors import OPERATOR, Role
    from holdfast_site.accounts.models import Member
    from holdfast_site.handover.models import Kind
    from holdfast_site.handover.services import open_matter

    def matter(client, therapist, holder, kind=Kind.CALL):
        told = {"client": client, "therapist": therapist, "due_on": now.date(), "now": now}
        return open_matter(by=OPERATOR, kind=kind, holder=holder, **told)

    from holdfast_site.studies.services import name
    from tests.site.studies.test_studies import TOLD

    study = name(by=OPERATOR, told={**TOLD, "form": uuid4()}, now=now)
    kept = matter(cast.dan, cast.alma, Role.CARE_CONTACT)
    almas, bens = matter(cast.dan, cast.alma, Role.THERAPIST), matter(cast.eli, cast.ben, Role.THERAPIST)
    ahead = appointment(cast.dan, cast.alma, now + timedelta(days=2), status="booked")
    past = appointment(cast.eli, cast.ben, now - timedelta(days=2), status="booked")
    member = Member.objects.get(login="ben therapist")
    in_emergency = opened_to_ben(cast, now)
    table, taken, gone = (table_by("desk", now) for _ in range(3))
    both = {"alma": READ, "ben": READ}
    return {
        "/holding/": {"care contact": READ, **both},
        f"/holding/{kept.key}": {"care contact": NOT_SAID},
        f"/holding/{kept.key}/another": {"care contact": BOTH},
        f"/holding/{almas.key}": {"alma": NOT_SAID},
        f"/holding/{almas.key}/another": {},
        f"/holding/{bens.key}": {"ben": NOT_SAID},
        "/holding/00000000-0000-4000-8000-000000000000": {},
        "/story/dan": {},
        "/practice/": {"lead": READ},
        "/studies/": {"lead": BOTH},
        f"/studies/{study.pk}": {"lead": BOTH},
        f"/studies/{study.pk}/file": {"lead": BOTH},
        f"/studies/{study.pk}/close": {"lead": BOTH},
        "/studies/999": {},
        "/people/": {"lead": BOTH},
        f"/people/access/{member.pk}": {"lead": {"POST": 404}},
        "/people/access/999": {"lead": {"POST": 404}},
        "/people/therapist/alma": {"lead": {**READ, "POST": 302}},  # all blank: nothing is known
        "/people/therapist/nobody": {},
        "/people/names": {"lead": {**READ, "POST": 302}},  # nobody was named
        "/people/arranged": {"lead": NOT_SAID},
        "/supervised/": {"sue": READ},
        "/supervised/client/dan": {"sue": READ},
        "/supervised/client/eli": {},
        "/standing-in/": both,
        "/emergency/": {"sue": BOTH, "alma": BOTH, "ben": BOTH},
        f"/emergency/{in_emergency.key}": {"ben": {**READ, "POST": 302}},
        "/emergency/00000000-0000-4000-8000-000000000000": {},
        f"/practice/known/{in_emergency.key}": {"lead": {"POST": 302}},
        f"/today/known/{in_emergency.key}": {"alma": {"POST": 302}},
        "/schedule/": {"desk": READ},
        "/schedule/book": {"desk": BOTH},
        f"/schedule/appointment/{ahead.pk}": {"desk": NOT_SAID},
        "/schedule/appointment/999": {},
        f"/schedule/came/{past.pk}": {"desk": {"POST": 404}},
        "/schedule/sent": {"desk": READ},
        "/clients/": {"desk": BOTH},
        "/clients/dan": {"desk": BOTH},
        "/clients/nobody": {},
        "/cards/": {"desk": {**READ, "POST": 422}},
        f"/cards/{table.form}": {"desk": READ},
        f"/cards/{taken.form}/take": {"desk": {"POST": 302}},
        f"/cards/{gone.form}/forget": {"desk": {"POST": 302}},
        "/cards/00000000-0000-4000-8000-000000000000": {},
        "/today/": both,
        "/today/client/dan": {"alma": READ},
        "/today/client/eli": {"ben": READ},
        "/kept/": {"care contact": NOT_SAID},
    }


def table_by(role, now, rows="id,name\ndan,Dan Marsh\neli,Eli Ash\n"):
    """A table of names and addresses that somebody brought."""
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.accounts.models import Post
    from holdfast_site.cards.services import keep_table

    by = Actor(Role(role), id=str(Post.objects.get(role=role).member_id))
    return keep_table(by=by, form=uuid4(), name="clients.csv", content=rows.encode(), now=now)


def opened_to_ben(cast, now):
    """Dan's page, opened to Ben in an emergency."""
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.accounts.models import Post
    from holdfast_site.emergency.services import open_page

    by = Actor(Role.THERAPIST, id=str(Post.objects.get(therapist=cast.ben).member_id), therapist_id="ben")
    return open_page(by=by, client=cast.dan, form=uuid4(), why=WHY, now=now)


def kind_of(address):
    """Which view an address belongs to."""
    from django.urls import resolve

    return resolve(address).view_name


def wanted(address, who, method, allowed):
    """What is not his is absent; whoever may reach a kind of page is told of a method that it does not have."""
    from holdfast_site.access.actors import Role
    from holdfast_site.access.policy import POLICY

    roles = {"care contact": "care_contact", "sue": "supervisor", "alma": "therapist", "ben": "therapist"}
    if who in allowed and method in allowed[who]:
        return allowed[who][method]
    rule = POLICY[kind_of(address)]
    if who == "anyone" or Role(roles.get(who, who)) not in rule.roles:
        return 404
    return 404 if method in rule.methods else 405


@pytest.mark.long
@pytest.mark.parametrize("method", METHODS)
def test_every_place_for_everybody(cast, places, all_staff, method):
    seen = []
    for address, allowed in places.items():
        for who, his in all_staff.items():
            status = his.generic(method, address).status_code
            seen.append((address, who, status, wanted(address, who, method, allowed)))
    assert [one for one in seen if one[2] != one[3]] == []
    assert len(seen) == len(places) * (len(STAFF) + 1)


@pytest.mark.hazard("H-14")
def test_no_page_of_staff_is_left_out(cast, places):
    from holdfast_site.access.policy import POLICY

    ours = ("handover", "insight", "roster", "oversight", "schedule", "cards", "studies")
    wanted = {view for view in POLICY if view.split(":")[0] in ours}
    assert wanted <= {kind_of(address) for address in places}


def test_everybody_comes_in_where_his_role_begins(cast, all_staff):
    from holdfast_site.access.places import PLACES

    for role, places in PLACES.items():
        who = {"care_contact": "care contact", "supervisor": "sue", "therapist": "alma"}.get(role, role)
        if who not in all_staff:
            continue
        from django.urls import reverse

        for view, words in places:
            page = all_staff[who].get(reverse(view))
            assert page.status_code == 200, (role, view)
            assert len(places) == 1 or words in page.content.decode()


def test_forbidden_looks_exactly_like_absent_for_staff(cast, places, all_staff):
    absent = all_staff["lead"].get("/nothing-is-here")
    for address in ("/holding/", "/schedule/", "/clients/dan", "/supervised/client/dan", "/today/client/dan"):
        page = all_staff["lead"].get(address)
        assert page.status_code == 404
        assert page.content == absent.content


def test_pages_of_the_practice_keep_nothing_and_load_nothing_from_elsewhere(cast, places, all_staff):
    for who, address in (("lead", "/practice/"), ("desk", "/clients/dan"), ("sue", "/supervised/client/dan")):
        headers = all_staff[who].get(address).headers
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "style=" not in all_staff[who].get(address).content.decode()

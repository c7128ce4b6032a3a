"""What is not for the therapist reaches nothing of his: no page, no table, no order, no byte (safety rule 11, H-09)."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.site.caseload.test_repairs import keep
from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, client, signed_in

CANARY = "Zanzibar"
MOMENT = re.compile(r"csrfmiddlewaretoken[^>]+|\d\d:\d\d")
EACH_TIME = re.compile(r'name="form" value="[^"]+"|/take-back/\d+|/came/\d+')


@pytest.fixture(name="pages")
def _pages(cast, now):
    """Everything that Alma can see, as text."""
    appointment(cast.dan, cast.alma, now + timedelta(days=1), status="booked")
    alma = signed_in("therapist", "alma")

    def seen():
        pages = [alma.get(address) for address in ("/today/", "/today/client/dan", "/today/client/eli", "/kept/")]
        return "".join(as_him(page.content.decode()) for page in pages)

    return seen


def test_the_therapist_sees_what_is_for_him(cast, browser, pages):
    browser.post(cast.address, filled(words=CANARY))
    assert CANARY in pages()
    assert "For next time: slower" in pages()
    assert "Pace: too fast" in pages()


@pytest.mark.hazard("H-09")
def test_what_was_kept_from_him_leaves_his_pages_as_they_were(cast, browser, pages):
    before = pages()
    browser.post(cast.address, filled(who="care_contact", words=CANARY))
    assert pages() == before


def test_asked_to_ask_he_sees_that_and_nothing_of_why(cast, browser, pages):
    browser.post(cast.address, filled(who="prompt", words=CANARY))
    text = pages()
    assert "Wants to be asked how it fits." in text
    assert CANARY not in text
    assert "too fast" not in text
    assert "slower" not in text


def test_the_care_contact_gets_it_and_nothing_else(cast, browser):
    browser.post(cast.address, filled(words_who="care_contact", words=CANARY, pace_who="prompt"))
    text = signed_in("care_contact").get("/kept/").content.decode()
    assert CANARY in text
    assert "too fast" not in text
    assert "slower" not in text


def test_a_care_contact_who_treats_him_is_not_offered_and_shown_nothing_of_his(cast, browser):
    """One person in two roles acts in one at a time; but what is kept from a therapist is kept from the person."""
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    browser.post(cast.address, filled(who="care_contact", words=CANARY))
    ruth = signed_in("care_contact")
    assert CANARY in ruth.get("/kept/").content.decode()
    add_member("care_contact", Role.THERAPIST, therapist_id="alma")
    assert CANARY not in ruth.get("/kept/").content.decode()
    assert 'value="care_contact"' in browser.get(f"/c/{cast.other_link}").content.decode()  # Eli is Ben's
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    _, link = invite(by=ANYONE, appointment=cast.invitation.appointment, now=cast.invitation.expires_at)
    assert 'value="care_contact"' not in browser.get(f"/c/{link}").content.decode()


@pytest.mark.hazard("H-09")
def test_a_care_contact_who_becomes_his_therapist_later_reads_nothing_of_his_any_more(cast, browser, now):
    """What he said of Alma was for Ruth as the care contact; then he goes on with Ruth."""
    from holdfast_site.access.actors import ANYONE, Role
    from holdfast_site.accounts.services import add_member
    from holdfast_site.checkins.services import invite
    from holdfast_site.handover.models import Kind
    from holdfast_site.handover.services import open_matter
    from tests.site.conftest import person

    browser.post(cast.address, filled(who="care_contact", words=CANARY))
    to = {"holder": Role.CARE_CONTACT, "due_on": now.date(), "now": now, "said": {"words": CANARY}}
    matter = open_matter(by=ANYONE, client=cast.dan, therapist=cast.alma, kind=Kind.SOMEONE_ELSE, **to)
    ruth, own = signed_in("care_contact"), person("ruth")
    add_member("care_contact", Role.THERAPIST, therapist_id="ruth")
    assert CANARY in ruth.get("/kept/").content.decode()  # he is Alma's
    assert CANARY in ruth.get(f"/holding/{matter.key}").content.decode()
    his = appointment(cast.dan, own, now + timedelta(days=1), status="booked")
    assert CANARY not in ruth.get("/kept/").content.decode()
    assert ruth.get(f"/holding/{matter.key}").status_code == 404
    for about in (cast.invitation.appointment, his):
        _, link = invite(by=ANYONE, appointment=about, now=now + timedelta(minutes=5))
        assert 'value="care_contact"' not in browser.get(f"/c/{link}").content.decode()
    assert 'value="care_contact"' in browser.get(f"/c/{cast.other_link}").content.decode()


def test_nothing_is_offered_that_nobody_would_receive(cast, browser):
    from holdfast_site.accounts.models import Member

    Member.objects.update(is_active=False)
    assert 'value="care_contact"' not in browser.get(cast.address).content.decode()


def test_looking_is_audited_by_opaque_ids(cast, browser, pages):
    from holdfast_site.audit.models import Event

    browser.post(cast.address, filled(words=CANARY))
    pages()
    events = [" ".join(row) for row in Event.objects.values_list("actor", "action", "about")]
    assert [one for one in events if re.fullmatch(r"therapist:\d+ client.read client:dan", one)]
    assert [one for one in events if re.fullmatch(r"therapist:\d+ caseload.read therapist:alma", one)]
    assert [one for one in events if re.fullmatch(r"link_holder:\d+ checkin.answered checkin:\d+", one)]
    assert CANARY not in "".join(events)


def as_him(html, name=None):
    """A page without what is anew each time (ids of forms and rows, the minute), and without his id."""
    html = EACH_TIME.sub("", MOMENT.sub("", html))
    return html if name is None else html.replace(name, "HIM")


def flag_everybody(at):
    """Whatever the model says of anybody, shown and seen: a therapist gets a few of these a week."""
    from holdfast.engine import Engine
    from holdfast.episodes import episodes
    from holdfast.silence import fit_moments
    from holdfast.silence.calibrated import evening
    from holdfast.silence.moments import moments_of
    from holdfast_site.caseload import services
    from holdfast_site.caseload.adapters import tables
    from holdfast_site.caseload.models import Flag, Guess

    services.refresh(at)
    Flag.objects.all().delete()
    with Engine.embedded() as engine:
        seen = moments_of(episodes(tables(at), engine=engine))
    for row in evening(fit_moments(seen), seen).iter_rows(named=True):
        flag = services.sealed_flag(row, (), at)
        flag.save()
        guess = Guess(flag=flag, at=at)
        box = settings_of().VAULT.client_box(flag.client_id, flag.client.wrapped_key)
        guess.sealed = box.seal(b"skipped", place=guess.place)
        guess.save()


def settings_of():
    from django.conf import settings

    return settings


@pytest.mark.long
@pytest.mark.hazard("H-09")
@pytest.mark.parametrize("pairs", [10, pytest.param(500, marks=pytest.mark.slow)])
def test_two_clients_who_differ_only_in_what_is_hidden_look_the_same(cast, now, settings, pairs):
    """Non-interference: pages, tables and next questions are byte-equal, whatever was hidden.

    On the client page that is the story, the drawing, the fit, what could be said, and a flag with its reasons; on
    Today whoever comes, the flags and the guesses. Every client has a flag that was worked out from the tables.
    """
    from django.db import transaction

    from holdfast.tables.schema import TABLES
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.caseload.adapters import tables
    from holdfast_site.checkins.answers import Answers
    from holdfast_site.checkins.models import Audience
    from holdfast_site.checkins.services import Given, invite, keep_as_given
    from holdfast_site.people.services import keep_wishes

    dice, alma, following = random.Random(5), signed_in("therapist", "alma"), {}
    settings.SITE = settings.SITE.model_copy(update={"early_warning": True})

    def hidden():
        """Anything he could keep to the care contact, nothing included."""
        names = dice.sample(["understood", "on_target", "worth_it", "tone", "energy"], dice.randint(0, 5))
        return [(name, dice.randint(0, 3), Audience.CARE_CONTACT) for name in names]

    with transaction.atomic():
        for number in range(pairs):
            shown = [("pace", dice.randint(-3, 3), Audience.THERAPIST)] if dice.random() < 0.5 else []
            for twin in "ab":
                him = client(f"{number}{twin}")
                his = appointment(him, cast.alma, now - timedelta(hours=3), appointment_id=him.pk)
                asked = now - timedelta(hours=1)  # both before anybody looks: what is still to come is not drawn
                invitation, _ = invite(by=ANYONE, appointment=his, now=asked)
                keep_as_given([Given(invitation, uuid4(), Answers.of([*shown, *hidden()]), asked)])
                following[him.pk] = invite(by=ANYONE, appointment=his, now=asked + timedelta(minutes=1))[0].rotating
                keep_wishes(him, {"pace": number % 7 - 3})
                appointment(him, cast.alma, now + timedelta(days=1), status="booked", appointment_id=f"next {him.pk}")
                keep(him, cast.alma, now - timedelta(days=4), "go-slower")
        flag_everybody(now)

    def page(name):
        return as_him(alma.get(f"/today/client/{name}").content.decode(), name)

    with transaction.atomic():  # what is noted of so many looks goes to the disk once
        for number in range(pairs):
            first, second = page(f"{number}a"), page(f"{number}b")
            assert first == second
            assert "Has he left?" in first
            assert following[f"{number}a"] == following[f"{number}b"]
    before_flags = as_him(alma.get("/today/").content.decode()).split("Worth a conversation")[0]
    coming = re.findall(r"<li><h3>.*?</li>", before_flags, re.DOTALL)
    by_name = {re.search(r"client/(\w+)", one)[1]: one for one in coming if "client/dan" not in one}
    assert len(by_name) == 2 * pairs
    for number in range(pairs):
        first, second = (by_name[f"{number}{twin}"].replace(f"{number}{twin}", "HIM") for twin in "ab")
        assert first == second
    rows = tables(now + timedelta(minutes=2))["checkins"].select([*TABLES["checkins"].columns]).rows()
    twins = [[row[2:] for row in rows if row[0].endswith(twin) and row[0][0].isdigit()] for twin in "ab"]
    assert twins[0] == twins[1]
    assert len(twins[0]) == 2 * pairs


@pytest.mark.slow
def test_flags_counts_and_order_do_not_move_by_what_is_hidden(cast, now, settings):
    """The whole of Today, worked out twice: once when nothing was answered, once when all was, and all of it hidden."""
    from django.db import transaction

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.caseload.services import refresh
    from holdfast_site.checkins.answers import Answers
    from holdfast_site.checkins.models import Audience, Invitation
    from holdfast_site.checkins.services import Given, invite, keep_as_given

    settings.SITE = settings.SITE.model_copy(update={"early_warning": True})
    alma, later = signed_in("therapist", "alma"), now + timedelta(seconds=1)
    with transaction.atomic():
        for number in range(24):
            him = client(f"c{number:02}")
            for weeks in range(number % 6, number % 6 + 8):
                held = appointment(him, cast.alma, now - timedelta(weeks=weeks, hours=5))
                invite(by=ANYONE, appointment=held, now=now - timedelta(weeks=weeks, hours=4))
            keep(him, cast.alma, now - timedelta(days=70), "go-slower")

    def seen():
        with transaction.atomic():
            refresh(later)
            pages = [alma.get(address).content.decode() for address in ("/today/", "/today/client/c05")]
            transaction.set_rollback(True)
        return "".join(as_him(page) for page in pages)

    before = seen()
    assert "Before you see why" in before
    dice = random.Random(7)
    with transaction.atomic():
        for one in Invitation.objects.filter(appointment__therapist="alma").select_related("appointment__client"):
            told = [(name, dice.randint(0, 3), Audience.CARE_CONTACT) for name in ("understood", "worth_it", "pace")]
            keep_as_given([Given(one, uuid4(), Answers.of(told), one.sent_at + timedelta(minutes=5))])
    assert seen() == before

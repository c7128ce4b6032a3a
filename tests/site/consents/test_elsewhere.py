"""What a client decides holds on the pages of others: the lead's figures, the supervisor's, and what is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.checkins.test_answer import filled
from tests.site.conftest import appointment, client
from tests.site.consents.test_consents import say


@pytest.mark.long
def test_who_is_not_to_be_counted_is_in_none_of_the_leads_figures(cast, now):
    from holdfast_site.caseload.adapters import tables
    from holdfast_site.insight.models import Figures
    from holdfast_site.insight.services import work_out

    for number in range(30):
        one = client(f"c{number}")
        for weeks in range(3, 9):
            appointment(one, cast.alma, now - timedelta(weeks=weeks))
    work_out(tables(now), now=now)
    before = Figures.objects.get().body
    Figures.objects.all().delete()
    from holdfast_site.people.models import Client

    for number in range(12):
        say(Client.objects.get(pk=f"c{number}"), "statistics", False, now)
    work_out(tables(now), now=now)
    after = Figures.objects.get().body
    assert before["leak"] != after["leak"]
    say(Client.objects.get(pk="c0"), "statistics", True, now)
    Figures.objects.all().delete()
    for number in range(12):
        say(Client.objects.get(pk=f"c{number}"), "statistics", True, now)
    work_out(tables(now), now=now)
    assert Figures.objects.get().body == before


def test_the_supervisor_reads_his_words_only_while_he_says_so(cast, browser, now):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.accounts.models import Assignment
    from holdfast_site.oversight.selectors import checkins, may_read_words
    from tests.site.conftest import staff

    sue = staff("supervisor")
    Assignment.objects.create(supervisor=sue, therapist=cast.alma, told_on=now.date(), assigned_at=now)
    browser.post(cast.address, filled(words="Zanzibar"))
    her = Actor(Role.SUPERVISOR, id=str(sue.member_id))

    def read():
        return "Zanzibar" in " ".join(line for one in checkins(her, cast.dan, now=now) for line in one.lines)

    assert not read()
    say(cast.dan, "supervisor_reads", True, now)
    assert read()
    assert may_read_words(cast.dan, now=now)
    say(cast.dan, "supervisor_reads", False, now)
    assert not read()


def test_who_wants_no_questions_is_sent_none(cast, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.messages.selectors import recipients
    from holdfast_site.people.contacts import ContactCard
    from holdfast_site.people.services import keep_contact

    for one in (cast.dan, cast.eli):
        card = ContactCard(email=f"{one.pk}@example.org", channel="email", safe_from=0, safe_until=24)
        keep_contact(by=OPERATOR, client=one, card=card, now=now)
    assert set(recipients([cast.dan, cast.eli], now, ["email"])) == {"dan", "eli"}
    say(cast.dan, "checkins", False, now)
    assert set(recipients([cast.dan, cast.eli], now, ["email"])) == {"eli"}


def test_stopping_messages_by_a_link_is_a_decision_with_a_date(cast, now):
    from holdfast_site.access.actors import ANYONE, OPERATOR
    from holdfast_site.consents.selectors import history
    from holdfast_site.messages.services import stop
    from holdfast_site.people.contacts import ContactCard
    from holdfast_site.people.services import keep_contact

    card = ContactCard(email="d@example.org", channel="email")
    keep_contact(by=OPERATOR, client=cast.dan, card=card, now=now)
    stop(by=ANYONE, client=cast.dan, now=now)
    assert [(one.consent, one.given) for one in history(cast.dan)] == [("messages", False)]

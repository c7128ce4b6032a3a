"""What a client allows. Everything that uses what is his asks here, at the moment of using it.

What he decided last holds, whatever the clock said when he decided it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext

from holdfast_site.consents.models import Consent, Decision
from holdfast_site.consents.words import TOLD, USES_ANSWERS, WORDINGS
from holdfast_site.people.models import Client


def allows(client: Client, consent: Consent, *, at: datetime) -> bool:
    """Whether a client allows something. Somebody who was erased allows nothing. Of a study: ``said_yes``."""
    if client.is_erased or not _is_there(consent):
        return False
    if consent in USES_ANSWERS and not allows(client, Consent.ANSWERS, at=at):
        return False
    last = Decision.objects.filter(client=client, consent=consent, study="").order_by("pk").last()
    return _says(last, consent, _day(at))


def said_yes(study: str, version: int, *, among: QuerySet[Client] | None = None) -> frozenset[str]:
    """The ids of those who allow one study, in just the words that it has now: a yes to others is none."""
    clients = Client.objects.exclude(wrapped_key=b"") if among is None else among.exclude(wrapped_key=b"")
    asked = Decision.objects.filter(consent=Consent.RESEARCH, study=study, client__in=clients.values("pk"))
    last = latest(asked.order_by("pk"))
    alone = said_no(Consent.ANSWERS)
    return frozenset(pk for pk, one in last.items() if one.given and one.version == version) - alone


def left_out(consent: Consent, *, at: datetime, among: QuerySet[Client] | None = None) -> frozenset[str]:
    """The ids of those clients who do not allow something: one question for a whole practice, or for some of it."""
    clients = Client.objects.all() if among is None else among
    asked = Decision.objects.filter(consent=consent, study="", client__in=clients.values("pk")).order_by("pk")
    decided = latest(asked)
    alone = said_no(Consent.ANSWERS) if consent in USES_ANSWERS else frozenset()
    return frozenset(
        pk
        for pk, key in clients.values_list("pk", "wrapped_key")
        if not key or pk in alone or not _is_there(consent) or not _says(decided.get(pk), consent, _day(at))
    )


def said_no(consent: Consent) -> frozenset[str]:
    """The ids of those who said no to something that has no time: what he said is used, or he is on lists."""
    told = Decision.objects.filter(consent=consent).order_by("pk").values_list("client", "given")
    return frozenset(pk for pk, given in dict(told).items() if not given)


def told_to_his_therapist(client: Client) -> Sequence[str]:
    """What those who treat him have to know of what he does not allow."""
    decided = Decision.objects.filter(client=client, consent__in=TOLD).order_by("pk").values_list("consent", "given")
    last = dict(decided)
    return [gettext(words) for consent, words in TOLD.items() if not last.get(consent, True)]


def history(client: Client) -> Sequence[Decision]:
    """Everything he ever decided, the latest first."""
    return list(Decision.objects.filter(client=client).order_by("-pk"))


def paused_until(client: Client, *, at: datetime) -> date | None:
    """The day on which a pause of the questions ends by itself, if he is in one."""
    last = Decision.objects.filter(client=client, consent=Consent.CHECKINS).order_by("pk").last()
    return None if last is None or last.given or last.is_over(_day(at)) else last.until


def latest(decisions: Iterable[Decision]) -> Mapping[str, Decision]:
    """The last decision of each client, from those of one consent in the order in which they were made."""
    return {one.client_id: one for one in decisions}


def _says(last: Decision | None, consent: Consent, today: date) -> bool:
    return WORDINGS[consent].default if last is None or last.is_over(today) else last.given


def _is_there(consent: Consent) -> bool:
    """Whether the practice has the thing at all."""
    return consent is not Consent.EARLY_WARNING or settings.SITE.early_warning


def _day(at: datetime) -> date:
    return at.astimezone(ZoneInfo(settings.SITE.timezone)).date()

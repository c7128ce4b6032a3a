"""What the next file of a study would be: worked out anew each time, outside of any transaction, and kept nowhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import takewhile

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from holdfast.study import LEAST, About, deidentified, next_release, packed
from holdfast_site.caseload.adapters import tables
from holdfast_site.languages import N_
from holdfast_site.people.models import Client
from holdfast_site.studies.models import File, Study
from holdfast_site.studies.selectors import files_of, id_in, put_back_since_worded, text_of, willing

APART = timedelta(weeks=4)  # between two files: what is new in one happened on no day that can be told
ID_DIGITS, THERAPIST_DIGITS = 16, 6
TOO_FEW = N_(
    "Nothing is exported: fewer than %(least)s people would be in it. A few who said yes could be recognised, so they "
    "wait for others."
)
TOO_SOON = N_("The next file can be made from %(day)s on. Files that are close together would tell who came when.")
TOO_LITTLE = N_(
    "Nothing is exported: since the last file something is new of a few people only, and the difference between the "
    "two would show which. Try again later."
)
PUT_BACK = N_(
    "Nothing is exported: a backup was put back. Whoever took a yes back after it was made would stand as a yes again. "
    "Change what the study says, so that everybody is asked anew. If a file was made after that backup, close the "
    "study and name another: nobody here can know who has left it."
)


@dataclass(frozen=True, slots=True)
class NotYet:
    """No file can be made, and why."""

    why: str


@dataclass(frozen=True, slots=True, repr=False)
class Ready:
    """A file that can be handed out. ``again``: it is the last one once more, to the byte."""

    content: bytes
    ids: Mapping[str, str]  # of everybody who is in it, with digests of what it tells of him and of what is behind that
    clients: frozenset[str]
    version: int
    follows: File | None
    again: bool

    @property
    def people(self) -> int:
        """How many are in it."""
        return len(self.ids)

    @property
    def checksum(self) -> str:
        """Of the file, to recognise it."""
        return sha256(self.content).hexdigest()


def prepared(study: Study, *, now: datetime) -> Ready | NotYet:
    """Make the next file of a study, or say why there is none."""
    if not study.is_open:
        return NotYet(gettext("This study is closed."))
    if put_back_since_worded(study):
        return NotYet(gettext(PUT_BACK))
    last = next(iter(reversed(files_of(study))), None)
    groups = chosen(study)
    who = everybody(groups)
    if not who:
        return NotYet(gettext(TOO_FEW) % {"least": LEAST})
    made = deidentified(tables(now), groups=groups, therapist_called=partial(_therapist, study))
    text = text_of(study)
    about = About(text.name, text.version, text.by, text.about, settings.SITE.name)
    ids = {one: _digest(study, rows) + _digest(study, made.finest[one]) for one, rows in made.of_each().items()}
    ready = Ready(packed(made, about), dict(sorted(ids.items())), who, text.version, last, again=False)
    if last is None:
        return ready
    if last.checksum == ready.checksum:
        return Ready(ready.content, ready.ids, ready.clients, ready.version, last, again=True)
    return _refused(last, ready, _first_at(study, last), now) or ready


def chosen(study: Study) -> Sequence[Mapping[str, str]]:
    """Who is in the next file, by client id, and what each is called there; those who came together, together."""
    allow = {_id(study, client): client for client in willing(study)}
    earlier = [frozenset(file.ids) for file in files_of(study)]
    found = next_release(allow.keys(), earlier, order=lambda who: id_in(study, f"order {who}"))
    return [{allow[who]: who for who in group} for group in found]


def everybody(groups: Sequence[Mapping[str, str]]) -> frozenset[str]:
    """The client ids of all groups."""
    return frozenset(one for group in groups for one in group)


def others(who: Ready) -> int:
    """How many clients of the practice are not in it; nought if fewer than eleven, which is not told."""
    found = Client.objects.exclude(wrapped_key=b"").count() - who.people
    return found if found >= LEAST else 0


def _first_at(study: Study, last: File) -> datetime:
    """When the last file was handed out for the first time after another."""
    since = takewhile(lambda one: one.checksum == last.checksum, reversed(files_of(study)))
    return min(one.at for one in since)


def _refused(last: File, ready: Ready, made_at: datetime, now: datetime) -> NotYet | None:
    """Too soon after the last, or so that the difference would be about few."""
    if now < made_at + APART:
        day = date_format(timezone.localtime(made_at + APART), gettext("j F Y"))
        return NotYet(gettext(TOO_SOON) % {"day": day})
    changed = [who for who, now_told in ready.ids.items() if _is_news(last.ids.get(who, now_told), now_told)]
    return NotYet(gettext(TOO_LITTLE)) if 0 < len(changed) < LEAST else None


def _id(study: Study, client: str) -> str:
    return id_in(study, f"client {client}").hex()[:ID_DIGITS]


def _therapist(study: Study, therapist: str) -> str:
    return "T" + id_in(study, f"therapist {therapist}").hex()[:THERAPIST_DIGITS]


def _is_news(before: str, after: str) -> bool:
    """Whether other things are told of somebody, and not only because bands were cut anew around him."""
    return before[:ID_DIGITS] != after[:ID_DIGITS] and before[ID_DIGITS:] != after[ID_DIGITS:]


def _digest(study: Study, told: Sequence[object]) -> str:
    return id_in(study, f"told {json.dumps(told, sort_keys=True)}").hex()[:ID_DIGITS]

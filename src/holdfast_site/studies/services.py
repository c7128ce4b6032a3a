"""Naming a study, changing what it says, handing out a file of it, and closing it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from holdfast_site.access.actors import Actor
from holdfast_site.audit.services import Action, record
from holdfast_site.consents.models import Consent, Decision
from holdfast_site.consents.services import decide
from holdfast_site.people.models import Client
from holdfast_site.studies.making import NotYet, Ready, chosen, everybody
from holdfast_site.studies.models import SECRET_BYTES, File, InFile, Study, Text
from holdfast_site.studies.selectors import text_of

TOLD = ("name", "by", "about", "contact")


@transaction.atomic
def name(*, by: Actor, told: Mapping[str, Any], now: datetime) -> Study:
    """Name a study: from now on clients are asked. The same form twice is one study."""
    before = Text.objects.filter(form=told["form"]).select_related("study").first()
    if before is not None:
        return before.study
    study = Study.objects.create(secret=secrets.token_bytes(SECRET_BYTES))
    _say(by, study, 1, told, now)
    return study


@transaction.atomic
def change(*, by: Actor, study: Study, told: Mapping[str, Any], now: datetime) -> None:
    """Change what an open study says: everybody is asked anew. The same words are no change."""
    study = Study.objects.select_for_update().get(pk=study.pk)
    last = text_of(study)
    is_the_same = all(getattr(last, one) == told[one] for one in TOLD)
    if study.is_open and not is_the_same and not Text.objects.filter(form=told["form"]).exists():
        _say(by, study, last.version + 1, told, now)


@transaction.atomic
def answer(*, by: Actor, client: Client, study: Study, version: int, given: bool, form: UUID, now: datetime) -> bool:
    """Write down what a client said to one text of a study. False: it says that no longer, or asks nobody any more."""
    study = Study.objects.select_for_update().get(pk=study.pk)
    now_at = text_of(study).version
    if version not in range(1, now_at + 1) or (given and not (study.is_open and version == now_at)):
        return Decision.objects.filter(form=form).exists()
    asked = str(study.pk)
    decide(
        by=by, client=client, consent=Consent.RESEARCH, study=asked, version=version, given=given, form=form, now=now
    )
    return True


@transaction.atomic
def hand_out(*, by: Actor, study: Study, ready: Ready, why: str, form: UUID, now: datetime) -> bytes | NotYet:
    """Write down who gets a file and why, before it is given. The same form twice is written down once."""
    study = Study.objects.select_for_update().get(pk=study.pk)
    known = File.objects.filter(form=form).first()
    last = study.files.order_by("pk").last()
    is_as_it_was = study.is_open and last == (known or ready.follows) and text_of(study).version == ready.version
    is_another = known is not None and known.checksum != ready.checksum
    if not is_as_it_was or is_another or everybody(chosen(study)) != ready.clients:
        return NotYet(gettext("Something has changed meanwhile. Nothing was exported. Look again, and then decide."))
    file = known or _written_down(by, study, ready, why, form, now)
    record(Action.STUDY_EXPORTED, by=by, about=f"study-file:{file.pk}", at=now)
    return ready.content


@transaction.atomic
def close(*, by: Actor, study: Study, now: datetime) -> None:
    """Ask nobody any more, and make no file any more. There is no way back: another study is named anew."""
    if Study.objects.filter(pk=study.pk, closed_at__isnull=True).update(closed_at=now):
        record(Action.STUDY_CLOSED, by=by, about=f"study:{study.pk}", at=now)


@transaction.atomic
def forget(*, by: Actor, study: Study, now: datetime) -> None:
    """Destroy the key of a closed study: nobody can find out any more whose the ids in its files are."""
    closed = Study.objects.filter(pk=study.pk, closed_at__isnull=False).exclude(secret=b"")
    if closed.update(secret=b""):
        record(Action.STUDY_FORGOTTEN, by=by, about=f"study:{study.pk}", at=now)


def _written_down(by: Actor, study: Study, ready: Ready, why: str, form: UUID, now: datetime) -> File:
    file = File(study=study, version=ready.version, at=now, by=by.mark, why=why, form=form)
    file.ids, file.checksum = dict(ready.ids), ready.checksum
    file.save()
    InFile.objects.bulk_create([InFile(file=file, client_id=one) for one in sorted(ready.clients)])
    return file


def _say(by: Actor, study: Study, version: int, told: Mapping[str, Any], now: datetime) -> None:
    said = {one: told[one] for one in (*TOLD, "form")}
    Text.objects.create(study=study, version=version, at=now, **said)
    record(Action.STUDY_WORDED, by=by, about=f"study:{study.pk}", at=now)

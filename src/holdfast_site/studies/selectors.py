"""Reading studies: the lead sees what each says and which files were made; a client what he is asked and was in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet

from holdfast_site.access.actors import Actor, Role
from holdfast_site.audit.models import Event
from holdfast_site.audit.services import Action
from holdfast_site.consents.models import Decision
from holdfast_site.consents.selectors import said_yes
from holdfast_site.people.models import Client
from holdfast_site.studies.models import File, InFile, Study, Text


@dataclass(frozen=True, slots=True)
class Asked:
    """One study as a client stands to it.

    ``changed``: he said yes, and to other words than it has now. ``left``: a file was made without him, after one with
    him.
    """

    study: Study
    text: Text
    given: bool
    files: Sequence[datetime]
    changed: bool
    left: bool


def studies(actor: Actor) -> QuerySet[Study]:
    """Every study, the first one first, for the lead and for a client, whom they ask. For anybody else: none."""
    return _all() if actor.role in (Role.LEAD, Role.CLIENT) else Study.objects.none()


def text_of(study: Study) -> Text:
    """What it says now."""
    return max(study.texts.all(), key=lambda text: text.version)


def files_of(study: Study) -> Sequence[File]:
    """Every file that was made, the first one first."""
    return sorted(study.files.all(), key=lambda file: file.pk)


def put_back_since_worded(study: Study) -> bool:
    """Whether an older backup was put back since its text was written: what was decided in between is not known."""
    is_told = Q(action=Action.STUDY_WORDED, about=f"study:{study.pk}") | Q(action=Action.PUT_BACK)
    last = Event.objects.filter(is_told).order_by("pk").last()
    return last is not None and last.action == Action.PUT_BACK


def willing(study: Study) -> frozenset[str]:
    """The ids of those clients who allow it, in the words that it has now."""
    return said_yes(str(study.pk), text_of(study).version)


def asked_of(client: Client) -> Sequence[Asked]:
    """The studies that are open, and those of which a file held him."""
    his = set(InFile.objects.filter(client=client).values_list("file", flat=True))
    every = [(one, [file.pk in his for file in files_of(one)]) for one in _all()]
    return [_as_he_stands(client, study, held) for study, held in every if study.is_open or any(held)]


def _as_he_stands(client: Client, study: Study, held: Sequence[bool]) -> Asked:
    """``held``: of each file of the study whether he was in it."""
    text, me = text_of(study), Client.objects.filter(pk=client.pk)
    last = Decision.objects.filter(client=client, study=str(study.pk)).order_by("pk").last()
    return Asked(
        study,
        text,
        given=client.pk in said_yes(str(study.pk), text.version, among=me),
        files=[one.at for one, is_in in zip(files_of(study), held, strict=True) if is_in],
        changed=last is not None and last.given and last.version != text.version,
        left=any(held) and not held[-1],
    )


def _all() -> QuerySet[Study]:
    return Study.objects.prefetch_related("texts", "files").order_by("pk")


def names() -> Mapping[str, str]:
    """How each study is called now, by what a decision about it says."""
    return {str(one.pk): text_of(one).name for one in _all()}


def id_in(study: Study, what: str) -> bytes:
    """What somebody or something is known by in a study: nobody can tell it who lacks its secret or the master key."""
    return bytes(settings.VAULT.lasting("studies", bytes(study.secret) + what.encode()))

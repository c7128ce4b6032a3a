"""Writing down what a client decided."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from holdfast_site.access.actors import Actor
from holdfast_site.audit.services import Action, record
from holdfast_site.consents.models import Consent, Decision
from holdfast_site.consents.words import WORDINGS
from holdfast_site.people.models import Client


@transaction.atomic
def decide(
    *,
    by: Actor,
    client: Client,
    consent: Consent,
    given: bool,
    form: UUID,
    now: datetime,
    study: str = "",
    version: int | None = None,
    until: date | None = None,
) -> Decision:
    """Write down a yes or no beside those before. The same form sent twice is one decision.

    ``version``: of the words of a study, as he was shown them; all else has its own.
    """
    before = Decision.objects.filter(form=form).first()
    if before is not None:
        return before
    decision = Decision.objects.create(
        client=client,
        consent=consent,
        study=study,
        version=WORDINGS[consent].version if version is None else version,
        given=given,
        until=until,
        at=now,
        by=by.mark,
        form=form,
    )
    record(Action.CONSENT_DECIDED, by=by, about=f"client:{client.pk}", at=now)
    return decision

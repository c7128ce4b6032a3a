"""Days that are none, such as 9999-12-31: imports refuse them, and what a site held before that is taken out here.

Where the day may be unknown, it is left blank. An ending, a break or an appointment on such a day is none: it goes. One
that somebody was asked about stays, at the time of the first question: before that, whatever it was, it had been.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

import dataframely as dy
import polars as pl
from django.conf import settings
from django.db import models, transaction
from django.db.models import Min, Q, QuerySet

from holdfast.tables.moments import parse_column
from holdfast.tables.schema import TABLES, Certainty
from holdfast_site.access.actors import Actor
from holdfast_site.audit.services import Action, record
from holdfast_site.caseload.bounds import EARLIEST, LATEST
from holdfast_site.checkins.models import Invitation
from holdfast_site.dates import FIRST, LAST
from holdfast_site.exchange.services import change_memory
from holdfast_site.people.models import Appointment, Ending, Pause

FIRST_MOMENT, LAST_MOMENT = (datetime.combine(day, time(), UTC) for day in (FIRST, LAST + timedelta(days=1)))
MAY_BE_BLANK = (
    (Appointment, "booked_at"),
    (Appointment, "status_at"),
    (Ending, "recorded_at"),
    (Pause, "until"),
)


def impossible_days() -> int:
    """How many rows of this site have a day outside these centuries."""
    rows = [_rows(model, name) for model, name in (*MAY_BE_BLANK, (Appointment, "starts_at"), (Ending, "ended_on"))]
    return sum(found.count() for found in (*rows, _rows(Pause, "at")))


@transaction.atomic
def take_out_impossible_days(*, by: Actor, now: datetime) -> int:
    """Take them out, here and of what the last import left; how many there were here. Doing it twice is once."""
    found = impossible_days()
    for model, name in MAY_BE_BLANK:
        _rows(model, name).update(**{name: None})
    _rows(Ending, "ended_on").delete()
    _rows(Pause, "at").delete()
    for pk in list(_rows(Appointment, "starts_at").values_list("pk", flat=True)):
        _appointment(pk)
    change_memory(_mended, now=now)
    if found:
        record(Action.DAYS_TAKEN_OUT, by=by, about=f"rows:{found}", at=now)
    return found


def _rows(model: type[models.Model], name: str) -> QuerySet[models.Model]:
    has_time = isinstance(model._meta.get_field(name), models.DateTimeField)
    first, last = (FIRST_MOMENT, LAST_MOMENT) if has_time else (FIRST, LAST)
    return model._default_manager.filter(Q(**{f"{name}__lt": first}) | Q(**{f"{name}__gt": last}))


def _appointment(pk: int) -> None:
    asked = Invitation.objects.filter(appointment=pk).aggregate(first=Min("sent_at"))["first"]
    row = Appointment.objects.filter(pk=pk)
    if asked is None:
        row.delete()
    else:
        row.update(starts_at=asked, certainty=Certainty.INFERRED)


def _mended(tables: Mapping[str, pl.DataFrame]) -> Mapping[str, pl.DataFrame]:
    """Tables as they are remembered, without such days."""
    return {name: _without(name, frame) for name, frame in tables.items()}


def _without(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    table = TABLES[name]
    for column in (
        one for one, kind in table.columns.items() if isinstance(kind, dy.Datetime) and one in frame.columns
    ):
        told = parse_column(frame[column], settings.SITE.timezone)
        is_wrong = ((told < EARLIEST) | (told > LATEST)).fill_null(False)
        if column in table.required:
            frame = frame.filter(~is_wrong)
        else:
            frame = frame.with_columns(pl.when(is_wrong).then(None).otherwise(pl.col(column)).alias(column))
    return frame

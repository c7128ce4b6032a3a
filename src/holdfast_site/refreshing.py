"""What is worked out again and again from the tables: for therapists, for the care contact, for the lead."""

from __future__ import annotations

from datetime import datetime

from holdfast_site.caseload import services as caseload
from holdfast_site.caseload.adapters import tables, without
from holdfast_site.handover.noticing import notice
from holdfast_site.insight.services import work_out
from holdfast_site.people.models import Appointment
from holdfast_site.people.selectors import erased


def refresh(now: datetime) -> None:
    """Work everything out anew. It may be stopped anywhere, and done again."""
    now = now.replace(microsecond=0)
    if not Appointment.objects.exists():
        return
    caseload.refresh(now)
    found = tables(now)
    notice(without(found, erased()), now=now)
    work_out(found, now=now)

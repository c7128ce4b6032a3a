"""What is worked out again and again from the tables: for therapists, for the care contact, for the lead."""

from __future__ import annotations

from datetime import datetime

from holdfast_site.caseload import services as caseload
from holdfast_site.caseload.adapters import tables, without
from holdfast_site.handover.noticing import notice
from holdfast_site.insight.services import work_out
from holdfast_site.people.models import Appointment
from holdfast_site.people.selectors import erased


def refresh(now: datetime, *, judging: bool = True) -> bool:
    """Work everything out anew, from tables that are made once. It may be stopped anywhere, and done again.

    False: there is nothing in the site yet from which anything could be worked out.

    ``judging``: once a day the model's chances are judged first, so that flags are muted where they have been off.
    """
    now = now.replace(microsecond=0)
    if not Appointment.objects.exists():
        return False
    found = tables(now)
    if judging:
        caseload.judge(now, found=found)
    caseload.refresh(now, found=found)
    notice(without(found, erased()), now=now)
    work_out(found, now=now)
    return True

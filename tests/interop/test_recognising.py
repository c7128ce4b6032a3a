"""Each source knows its own files, and takes no other's for its own."""

from __future__ import annotations

import json

import pytest

from holdfast.tables.sources import MODULES, source
from holdfast.tables.sources.files import SourceFile

CALENDLY = "https://api.calendly.com/scheduled_events"
OPEN_TO_ALL = {"any", "tables"}  # these read any table, and are asked for by name
OWN: dict[str, list[object]] = {
    "jane": [
        "Start At,Patient,Staff Member,State\n2026-11-02 10:00,Tom,Ann,Arrived\n2026-12-02 10:00,Tom,Ann,Booked\n",
        "Date,Time,Client,Practitioner,Status\n2026-11-02,10:00,Tom,Ann,Booked Online\n",
    ],
    "intakeq": [
        [{"Id": "1", "ClientId": 9, "Status": "Confirmed", "StartDate": 1458526480368, "PractitionerId": "p"}],
        "Id,ClientId,PractitionerId,Status,StartDate,DateCreated\n1,9,p,Confirmed,1458526480368,1458526480368\n",
    ],
    "calendly": [
        {"event": "invitee.created", "created_at": "", "payload": {"uri": f"{CALENDLY}/E/invitees/I"}},
        {"collection": [{"uri": f"{CALENDLY}/E", "start_time": "2026-11-02T10:00:00Z"}], "pagination": {}},
    ],
    "acuity": [
        [{"id": 1, "datetime": "2026-11-02T10:15:00-0700", "calendarID": 2, "canceled": False}],
        "Start Time,End Time,First Name,Last Name,Phone,Email,Type,Calendar\n2026-11-02,,Tom,Ash,,,Therapy,Ann\n",
    ],
    "openmrs": [
        [{"uuid": "u", "appointmentNumber": "0000", "startDateTime": 1570768200000, "appointmentKind": "Scheduled"}],
    ],
    "therapyappointment": [
        "CLIENT_ID,APPOINTMENT_ID,LASTNAME,FIRSTNAME,STARTTIME,ENDTIME,LOCATION,NAME\n1,2,A,T,2026-11-02,,,\n",
    ],
    "nextgen": [
        {"items": [{"id": "a", "personId": "p", "isKept": True, "isCancelled": False}]},
        "id,personId,appointmentDate,isKept,isRescheduled,isCancelled,isNoShow\na,p,2026-11-02,1,0,0,0\n",
    ],
    "mindbody": [
        {"Appointments": [{"Id": 1, "Status": "Booked", "StartDateTime": "", "StaffId": 2, "ClientId": "3"}]},
        "Id,ClientId,StaffId,StartDateTime,Status\n1,3,2,2026-11-02T10:00:00,Booked\n",
    ],
}


def _file(content: object) -> SourceFile:
    text = content if isinstance(content, str) else json.dumps(content)
    return SourceFile("export", text.encode())


@pytest.mark.parametrize("name", OWN)
def test_a_file_is_recognised_by_its_own_source_alone(name: str) -> None:
    for content in OWN[name]:
        file = _file(content)
        assert [other for other in MODULES if other not in OPEN_TO_ALL and source(other).recognises(file)] == [name]


@pytest.mark.parametrize("name", OWN)
def test_recognising_never_raises(name: str) -> None:
    for data in (b"", b"\n", b"\x00\xff\xfe", b"{", b"[1", b'"open', b"PK\x03\x04", "a;b\n1;2".encode("utf-16")):
        assert not source(name).recognises(SourceFile("export", data))

"""Any table of appointments: read where it is plain, asked about where it is not."""

from __future__ import annotations

import io
import json
from datetime import datetime, time
from pathlib import Path

import openpyxl
import pytest

from holdfast.errors import SourceError
from holdfast.tables.importing import Account, import_files
from holdfast.tables.read import read_tables
from holdfast.tables.sources import source
from tests.interop.answer_key import LONDON, NOW, in_utc, read_csv, run_import

Rows = list[dict[str, str]]


def _import(
    tmp_path: Path, data: str | bytes, *, name: str = "export.csv", mapping: object = None
) -> tuple[Account, Rows]:
    path, out = tmp_path / name, tmp_path / "out"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    told = None
    if mapping is not None:
        told = tmp_path / "how.json"
        told.write_text(mapping if isinstance(mapping, str) else json.dumps(mapping))
    account = import_files(source("any"), [path], out, now=NOW, clock=NOW, timezone=LONDON, mapping=told)
    read_tables(out)
    return account, read_csv(out / "appointments.csv") if (out / "appointments.csv").exists() else []


def _short(rows: Rows) -> list[tuple[str, str, str]]:
    return [(row["starts_at"], row["client_id"], row["status"]) for row in rows]


def _workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_it_agrees_with_simplepractices_key(shared_data: Path, tmp_path: Path) -> None:
    sample = shared_data / "interop" / "simplepractice"
    run_import("any", [sample / "attendance.csv"], tmp_path)
    found = {row["appointment_id"]: row for row in read_csv(tmp_path / "appointments.csv")}
    expected = {row["source_id"]: row for row in read_csv(sample / "expected.csv")}
    assert found.keys() == expected.keys()
    for id, want in expected.items():
        assert (found[id]["status"], in_utc(found[id]["starts_at"])) == (want["status"], want["starts_at_utc"])
    assert {row["certainty"] for row in found.values()} == {"recorded"}


def test_a_mapping_can_say_that_a_word_is_set_by_itself(shared_data: Path, tmp_path: Path) -> None:
    data = (shared_data / "interop" / "simplepractice" / "attendance.csv").read_bytes()
    _, rows = _import(tmp_path, data, mapping={"words": {"Show": "attended_by_default"}})
    assert {row["certainty"] for row in rows if row["status"] == "attended"} == {"defaulted"}


GERMAN = """Datum;Uhrzeit;Klient/in;Behandler;Status;Honorar;Geburtsdatum;Geschlecht
05.10.2026;09:00;Jürgen Groß;Dr. Böhm;erschienen;85,00 €;24.12.1980;männlich
12.10.2026;9.30 Uhr;Jürgen Groß;Dr. Böhm;nicht erschienen;85,00 €;24.12.1980;männlich
19.10.2026;09:00;Jürgen Groß;Dr. Böhm;vom Klienten kurzfristig abgesagt;1.085,00 €;24.12.1980;männlich
26.10.2026;09:00;Käthe Weiß;Dr. Böhm;Durch Therapeut abgesagt;;;weiblich
31.12.2026;09:00;Käthe Weiß;Dr. Böhm;geplant;;;weiblich
Summe;5;;;;1.255,00 €;;
"""


def test_german_semicolons_in_windows_1252(tmp_path: Path) -> None:
    _, rows = _import(tmp_path, GERMAN.encode("cp1252"))
    assert _short(rows) == [
        ("2026-10-05T09:00:00+01:00", "Jürgen Groß", "attended"),
        ("2026-10-12T09:30:00+01:00", "Jürgen Groß", "no_show"),
        ("2026-10-19T09:00:00+01:00", "Jürgen Groß", "late_cancelled"),
        ("2026-10-26T09:00:00+00:00", "Käthe Weiß", "cancelled"),
        ("2026-12-31T09:00:00+00:00", "Käthe Weiß", "booked"),
    ]
    assert [row["fee"] for row in rows] == ["85.00", "85.00", "1085.00", "", ""]
    assert rows[3]["initiated_by"] == "provider"
    assert rows[0]["appointment_id"] == "2026-10-05T09:00|Jürgen Groß"
    clients = {row["client_id"]: row for row in read_csv(tmp_path / "out" / "clients.csv")}
    assert (clients["Jürgen Groß"]["birth_year"], clients["Käthe Weiß"]["gender"]) == ("1980", "weiblich")


@pytest.mark.parametrize(
    "text",
    [
        "Date,Heure,Nom,Prénom,Praticien,Statut\n05/10/2026,14h30,Lefèvre,Noël,Mme Roy,Présent\n"
        "13/10/2026,14h30,Lefèvre,Noël,Mme Roy,Absent\n15/10/2026,14h30,Lefèvre,Noël,Mme Roy,Annulé par le patient\n",
        "Fecha;Hora;Nombre;Apellidos;Terapeuta;Estado\n05/10/2026;14:30;Noël;Lefèvre;Roy;Asistió\n"
        "13/10/2026;14:30;Noël;Lefèvre;Roy;No asistió\n15/10/2026;14:30;Noël;Lefèvre;Roy;Cancelada por el paciente\n",
        "Datum\tBegintijd\tVoornaam\tAchternaam\tBehandelaar\tAanwezigheid\n05-10-2026\t14:30\tNoël\tLefèvre\tRoy\t"
        "Verschenen\n13-10-2026\t14:30\tNoël\tLefèvre\tRoy\tNiet verschenen\n"
        "15-10-2026\t14:30\tNoël\tLefèvre\tRoy\tAfgezegd door cliënt\n",
        "Data|Hora de início|Paciente|Psicólogo|Situação\n05/10/2026|14h30|Noël Lefèvre|Roy|Compareceu\n"
        "13/10/2026|14h30|Noël Lefèvre|Roy|Faltou\n15/10/2026|14h30|Noël Lefèvre|Roy|Cancelado pelo paciente\n",
        "Start,First Name,Last Name,Clinician,Outcome\nMon 10/05/2026 2:30 PM,Noël,Lefèvre,Roy,Kept\n"
        "Tue 10/13/2026 2:30 PM,Noël,Lefèvre,Roy,DNA\nThu 10/15/2026 2:30 PM,Noël,Lefèvre,Roy,Client Cancelled\n",
        "Appointment Date,Start Time,End Time,Patient's Name,Provider Name,Appt Status,DOB\n"
        '"October 5, 2026",2:30pm,3:20pm,Noël Lefèvre,Roy,Completed,5/5/1980\n'
        '"October 13, 2026",2:30pm,3:20pm,Noël Lefèvre,Roy,No-Show (charged),5/5/1980\n'
        '"October 15, 2026",2:30pm,3:20pm,Noël Lefèvre,Roy,Cancelled - Client,5/5/1980\n',
    ],
    ids=["French", "Spanish", "Dutch", "Portuguese", "US", "month names"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_the_same_three_appointments_in_any_language(tmp_path: Path, text: str, encoding: str) -> None:
    _, rows = _import(tmp_path, text.encode(encoding))
    assert [(row["starts_at"][:16], row["status"], row["client_id"]) for row in rows] == [
        ("2026-10-05T14:30", "attended", "Noël Lefèvre"),
        ("2026-10-13T14:30", "no_show", "Noël Lefèvre"),
        ("2026-10-15T14:30", "cancelled", "Noël Lefèvre"),
    ]
    assert rows[2]["initiated_by"] == "client"


def test_a_workbook_with_title_lines_totals_and_a_heading_on_every_page(tmp_path: Path) -> None:
    heading: list[object] = ["Date", "Time", "Client", "Therapist", "Status"]
    first = [datetime.fromisoformat("2026-10-05"), time(14, 30), "Arthur Penn", "Roy", "Show"]
    second = [datetime.fromisoformat("2026-10-13"), time(9, 0), "Ben O'Hara", "Roy", "No show"]
    rows: list[list[object]] = [
        ["Harbour Street Therapy"], ["All appointments"], ["Printed 20/11/2026", None, "Page 1"], [],
        heading, first, ["Total", 1], heading, second, ["Grand total", 2], ["End of report"],
    ]  # fmt: skip
    account, found = _import(tmp_path, _workbook(("Info", [["Made for the board"]]), ("List", rows)), name="a.xlsx")
    assert [(row["starts_at"][:16], row["status"]) for row in found] == [
        ("2026-10-05T14:30", "attended"),
        ("2026-10-13T09:00", "no_show"),
    ]
    assert account.skipped == {"a line of text and no appointment": 1}


def test_sheets_with_the_same_columns_are_read_together(tmp_path: Path) -> None:
    heading: list[object] = ["Date", "Client", "Status"]
    one = ("September", [heading, [datetime.fromisoformat("2026-09-08 09:00"), "Arthur Penn", "Show"]])
    two = ("October", [heading, [datetime.fromisoformat("2026-10-06 09:00"), "Arthur Penn", "Show"]])
    _, rows = _import(tmp_path, _workbook(one, two), name="a.xlsx")
    assert len(rows) == 2


def test_of_sheets_with_other_columns_one_must_be_chosen(tmp_path: Path) -> None:
    one = ("Kept", [["Date", "Client", "Status"], [datetime.fromisoformat("2026-09-08 09:00"), "Arthur Penn", "Show"]])
    two = (
        "Lost",
        [["Date", "Client", "Therapist"], [datetime.fromisoformat("2026-10-06 09:00"), "Arthur Penn", "Roy"]],
    )
    with pytest.raises(
        SourceError, match=r"On which sheet of a\.xlsx are the appointments\? It can be: 'Kept', 'Lost'"
    ):
        _import(tmp_path, _workbook(one, two), name="a.xlsx")
    _, rows = _import(tmp_path, _workbook(one, two), name="a.xlsx", mapping={"sheets": ["Lost"]})
    assert [row["therapist_id"] for row in rows] == ["Roy"]


def test_quoted_newlines_and_other_columns_do_no_harm(tmp_path: Path) -> None:
    text = 'Date,Client,Note,Status\n2026-10-05 09:00,"Penn, Arthur","two\nlines; of\ntext",Show\n'
    text += "2026-10-06 09:00,B,,Nope\n"
    with pytest.raises(SourceError, match=r"words\.Nope"):
        _import(tmp_path, text)
    account, rows = _import(tmp_path, text.replace("Nope", "Show"))
    assert rows[0]["client_id"] == "Penn, Arthur"
    assert "two" not in (tmp_path / "out" / "appointments.csv").read_text()
    assert "These columns were not read: Note." in account.notes


def test_a_list_that_names_nobody_is_refused_and_not_asked_about(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no column that could say who the client is among 'Date', 'Status'"):
        _import(tmp_path, "Date,Status\n2026-11-02 10:00,Attended\n")


def test_a_needed_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="'Status' more than once"):
        _import(tmp_path, "Date,Client,Status,Status\n2026-10-05,Arthur Penn,Show,No show\n")


def test_without_a_status_the_past_is_unknown(tmp_path: Path) -> None:
    account, rows = _import(tmp_path, "Date,Client\n2026-10-05,Arthur Penn\n2026-12-05,Arthur Penn\n")
    assert [(row["status"], row["certainty"]) for row in rows] == [("unknown", "not_updated"), ("booked", "recorded")]
    assert any(note.startswith("No column says what became") for note in account.notes)


AMBIGUOUS = "Date,Client,Status\n03/04/2026,Arthur Penn,Show\n05/06/2026,Arthur Penn,Dog ate it\n"


def test_everything_open_is_told_at_once_with_a_file_to_fill_in(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as told:
        _import(tmp_path, AMBIGUOUS)
    message = str(told.value)
    assert "day_first: Does the day or the month come first in export.csv, row 2, Date: '03/04/2026'" in message
    assert "words.Dog ate it: What does 'Dog ate it' mean (1 row)?" in message
    assert "Understood are: 'Show' is attended (1)." in message
    assert "--map mapping-" in message
    assert not (tmp_path / "out").exists()
    skeleton = json.loads(message[message.index("{") :])
    assert (skeleton["day_first"], skeleton["words"]["Dog ate it"]) == (None, None)
    filled = skeleton | {"day_first": True, "words": {**skeleton["words"], "Dog ate it": "skip"}}
    account, rows = _import(tmp_path, AMBIGUOUS, mapping=filled)
    assert _short(rows) == [("2026-04-03", "Arthur Penn", "attended")]
    assert account.skipped == {"no appointment, by its status": 1}


def test_the_mapping_is_kept_for_next_time(tmp_path: Path) -> None:
    _import(tmp_path, AMBIGUOUS, mapping={"day_first": True, "words": {"Dog ate it": "cancelled_by_client"}})
    later = "Date,Client,Status\n07/08/2026,Arthur Penn,dog ate it\n"
    _, rows = _import(tmp_path, later, name="later.csv")
    assert rows[-1]["starts_at"] == "2026-08-07"
    assert (rows[-1]["status"], rows[-1]["initiated_by"]) == ("cancelled", "client")


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    _import(tmp_path, GERMAN)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    account, _ = _import(tmp_path, GERMAN)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert (account.added, account.updated) == (0, 0)


def test_a_date_in_another_file_of_the_same_kind_tells_the_order(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Date,Client\n03/04/2026,Arthur Penn\n")
    (tmp_path / "b.csv").write_text("Date,Client\n04/23/2026,Arthur Penn\n")
    run_import("any", [tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path / "out")
    assert [row["starts_at"] for row in read_csv(tmp_path / "out" / "appointments.csv")] == ["2026-03-04", "2026-04-23"]


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (("31/12/2026", "12/31/2026", "05/05/2026"), r"only have the month first.*\n.*row 3, Date: '12/31/2026'"),
        (("2026-12-31", "2026-12-30", "29/12/2026"), r"several ways.*\n.*row 4, Date: '29/12/2026'"),
        (("31/12/2026", "31/02/2026", "soon"), r"row 3, Date: found '31/02/2026'.*\n.*row 4, Date: found 'soon'"),
        (("31/12/2026", "30/12/2026", ""), r"row 4, Date: found ''"),
    ],
)
def test_dates_that_cannot_be_read_are_refused_with_their_rows(
    tmp_path: Path, dates: tuple[str, ...], words: str
) -> None:
    text = "Date,Client,Status\n" + "".join(f"{date},Arthur Penn,Show\n" for date in dates)
    with pytest.raises(SourceError, match=words):
        _import(tmp_path, text)
    assert not (tmp_path / "out").exists()


def test_a_mapping_that_is_contradicted_by_the_dates_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"day_first is true, but these .*\n.*row 2, Date: '12/31/2026'"):
        _import(tmp_path, "Date,Client\n12/31/2026,Arthur Penn\n", mapping={"day_first": True})


def test_years_in_two_digits(tmp_path: Path) -> None:
    _import(tmp_path, "Date,Client,Born\n31/10/26,Arthur Penn,31/12/85\n")
    assert read_csv(tmp_path / "out" / "appointments.csv")[0]["starts_at"] == "2026-10-31"
    assert read_csv(tmp_path / "out" / "clients.csv")[0]["birth_year"] == "1985"


def test_an_hour_that_the_clocks_jump_over_is_moved_forward(tmp_path: Path) -> None:
    _, rows = _import(tmp_path, "Start,Client\n2026-03-29 01:30,Arthur Penn\n")
    assert rows[0]["starts_at"] == "2026-03-29T02:30:00+01:00"


def test_a_cancellation_time_tells_what_was_late_and_who_it_was(tmp_path: Path) -> None:
    text = (
        "ID,Start,Client,Therapist,Status,Cancelled At,Cancelled By,Location\n"
        "a1,2026-10-05 09:00,C1,T1,Cancelled,2026-10-04 20:00,Client,Telehealth\n"
        "a2,2026-10-06 09:00,C1,T1,Cancelled,2026-10-01 20:00,Reception,Main Office\n"
        "a3,2026-10-07 09:00,C1,T1,Late Cancelled,2026-10-07 08:00,T1,Phone\n"
        "a4,2026-10-08 09:00,C1,T1,,2026-10-08 08:00,,\n"
        "a5,2026-10-09 09:00,C1,T1,Booked,,,\n"
    )
    _, rows = _import(tmp_path, text)
    assert [(row["appointment_id"], row["status"], row["initiated_by"], row["modality"]) for row in rows] == [
        ("a1", "late_cancelled", "client", "video"),
        ("a2", "cancelled", "unknown", "in_person"),
        ("a3", "cancelled", "provider", "phone"),
        ("a4", "late_cancelled", "unknown", ""),
        ("a5", "unknown", "", ""),
    ]
    assert rows[0]["status_at"] == "2026-10-04T20:00:00+01:00"


def test_what_is_marked_as_attended_before_its_day_is_booked(tmp_path: Path) -> None:
    account, rows = _import(tmp_path, "Date,Client,Status\n2026-12-01,Arthur Penn,Show\n")
    assert rows[0]["status"] == "booked"
    assert any("their day has not come" in note for note in account.notes)


def test_lines_of_a_bill_are_one_appointment_and_two_therapists_are_two(tmp_path: Path) -> None:
    text = (
        "Start,Client,Therapist,Status,Fee\n"
        "2026-10-05 09:00,Arthur Penn,Roy,Show,£50.00\n2026-10-05 09:00,Arthur Penn,Roy,Show,£15.00\n"
        "2026-10-06 09:00,Arthur Penn,Roy,Show,\n2026-10-06 09:00,Arthur Penn,Lee,Show,\n"
        "2026-10-07 09:00,Arthur Penn,Roy,Cancelled,\n2026-10-07 09:00,Arthur Penn,Roy,Show,\n"
    )
    account, rows = _import(tmp_path, text)
    assert [row["appointment_id"] for row in rows] == [
        "2026-10-05T09:00|Arthur Penn",
        "2026-10-06T09:00|Arthur Penn|Roy",
        "2026-10-06T09:00|Arthur Penn|Lee",
        "2026-10-07T09:00|Arthur Penn",
        "2026-10-07T09:00|Arthur Penn|2",
    ]
    assert account.skipped == {"the same appointment on a further line": 1}


def test_an_id_that_stands_for_two_appointments_is_refused(tmp_path: Path) -> None:
    text = "Appointment ID,Date,Client\n7,2026-10-05,Arthur Penn\n7,2026-10-06,Arthur Penn\n"
    with pytest.raises(SourceError, match="different appointments of one client: 7"):
        _import(tmp_path, text)
    _, rows = _import(tmp_path, text, mapping={"columns": {"appointment_id": None}})
    assert [row["appointment_id"] for row in rows] == ["2026-10-05|Arthur Penn", "2026-10-06|Arthur Penn"]


def test_a_full_hour_with_seconds_is_no_midnight(tmp_path: Path) -> None:
    _, rows = _import(tmp_path, "Date,Client\n2026-10-05T09:00:00,Arthur Penn\n")
    assert rows[0]["starts_at"] == "2026-10-05T09:00:00+01:00"


def test_a_block_in_the_diary_needs_no_known_word(tmp_path: Path) -> None:
    text = "Date,Client,Status\n2026-10-05,,Lunch\n2026-10-05,Arthur Penn,Show\n"
    account, rows = _import(tmp_path, text)
    assert (len(rows), account.skipped) == (1, {"no client: a block in the diary": 1})


def test_total_lines_and_footers_are_no_appointments(tmp_path: Path) -> None:
    text = (
        "Client,Date,Status,Fee\nArthur Penn,13/10/2026,Show,50\nSubtotal,1,,50\nBen O'Hara,14/10/2026,Show,50\n"
        "Grand Total,2,,100\nPage,15/10/2026,,\nGenerated on,11/20/2026,,\nPage 1 of 1,,,\n"
    )
    _, rows = _import(tmp_path, text)
    assert [row["client_id"] for row in rows] == ["Arthur Penn", "Ben O'Hara", "Page"]


def test_midnight_everywhere_is_a_day_and_no_time(tmp_path: Path) -> None:
    _, rows = _import(tmp_path, "Date,Client\n31/10/2026 00:00,Arthur Penn\n30/10/2026 00:00,Arthur Penn\n")
    assert [row["starts_at"] for row in rows] == ["2026-10-31", "2026-10-30"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Client,Date of birth,Gender\nArthur Penn,1980-12-24,male\n", "no column with the date of an appointment"),
        ("\n\n", r"export\.csv is empty"),
        ("hello\n", "no row that names the columns"),
        ("Date,Client,Status\n", r"There is no appointment in export\.csv"),
        ("Client,Date\nPenn, Arthur,2026-10-05\n", "more cells than its heading in row 2"),
        ("Date,Client,Status\n2026-10-05,Arthur Penn,Show\n2026-10-06,Arth", "breaks off in row 3"),
        ('Date,Client\n2026-10-05,"Arthur', "cut off"),
    ],
)
def test_what_is_no_table_of_appointments_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        _import(tmp_path, text)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ('{"columns": {"datum": "Date"}}', r"columns\.datum: .* allowed: the keys client_id, client,"),
        ('{"words": {"Show": "came"}}', r"words\.Show: found 'came'; allowed: attended, "),
        ('{"day_first": "yes"}', r"day_first: found 'yes'; allowed: true, false"),
        ('{"version": 2}', "version: found 2; allowed: 1"),
        ('{"day": true}', "day: found True; allowed: the keys version, columns"),
        ("{", "it is not JSON"),
        ('{"columns": {"date": "When it was"}}', r"lacks columns that the mapping names: date = 'When it was'"),
        ('{"sheets": ["May"]}', "sheets: found May; export.csv has export"),
    ],
)
def test_a_mistake_in_a_mapping_names_the_key_and_what_is_allowed(tmp_path: Path, mapping: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        _import(tmp_path, "Date,Client,Status\n2026-10-05,Arthur Penn,Show\n", mapping=mapping)


def test_another_systems_importer_is_not_sent_here(tmp_path: Path) -> None:
    from holdfast.tables.sources.files import SourceFile

    assert not source("any").recognises(SourceFile("a.csv", GERMAN.encode()))

"""What is guessed about an unknown table, what is asked, and that the two together give it back."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors import SourceError, UsageError
from holdfast.tables.sources.any_columns import Sure
from holdfast.tables.sources.any_table import apply
from holdfast.tables.sources.asking import DAY, NONE, answer, questions
from holdfast.tables.sources.cells import amount
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.guess import Guess, guess
from holdfast.tables.sources.headings import Field
from holdfast.tables.sources.mapping import Mapping
from holdfast.tables.sources.outcomes import Meaning, canceller_of, modality_of, understood
from holdfast.tables.sources.source import Context

LONDON = ZoneInfo("Europe/London")
CONTEXT = Context(now=datetime(2026, 11, 20, 18, tzinfo=UTC).astimezone(LONDON), timezone=LONDON)


def _file(text: str, encoding: str = "utf-8") -> SourceFile:
    return SourceFile("a.csv", text.encode(encoding))


def _columns(found: Guess) -> dict[str, str]:
    return {str(name): column.heading for name, column in found.columns.items()}


def test_it_shows_how_the_file_is_built_and_three_rows_of_it() -> None:
    found = guess(
        _file("All clients\n\nDatum;Zeit;Klient;Status\n" + "31.12.2026;9:00;Jörg;erschienen\n" * 5, "cp1252")
    )
    assert (found.delimiter, found.encoding, found.heading_row) == (";", "cp1252", 3)
    assert found.columns[Field.CLIENT].sure is Sure.HEADING
    assert found.sample == (
        {"client": "Jörg", "therapist": "", "starts_at": "2026-12-31T09:00:00", "status": "attended"},
    ) * 3  # fmt: skip
    assert found.words["erschienen"].count == 5


@pytest.mark.parametrize(
    ("heading", "row", "columns"),
    [
        ("First name,Name,Date", "A,B,2026-12-31", {"client_first_name": "First name", "client_last_name": "Name"}),
        ("Nombre,Apellidos,Fecha", "A,B,2026-12-31", {"client_first_name": "Nombre", "client_last_name": "Apellidos"}),
        ("Client ID,Client,Date", "7,B,2026-12-31", {"client_id": "Client ID"}),
        ("Client,First name,Surname,Date", "A B,A,B,2026-12-31", {"client": "Client"}),
    ],
)
def test_a_name_is_found_whole_or_in_parts(heading: str, row: str, columns: dict[str, str]) -> None:
    found = _columns(guess(_file(f"{heading}\n{row}\n")))
    assert {name: found[name] for name in found if name.startswith("client")} == columns


@pytest.mark.parametrize(
    ("heading", "row", "columns"),
    [
        ("Client,Date,Start,End", "A,31/12/2026,9:00,9:50", {"date": "Date", "time": "Start"}),
        ("Client,Start,End", "A,2026-12-31T09:00,2026-12-31T09:50", {"date": "Start"}),
        ("Client,Date,Start", "A,31/12/2026,31/12/2026 09:00", {"date": "Start"}),
        ("Client,Start Date,Start Time", "A,12/31/2026,9:00 AM", {"date": "Start Date", "time": "Start Time"}),
        ("Client,Termin", "A,31.12.2026 9.00 Uhr", {"date": "Termin"}),
        ("Client,Date,Created,Date of birth", "A,2026-12-31,2026-12-01,1980-01-01", {"date": "Date"}),
    ],
)
def test_the_start_is_found_in_one_column_or_two(heading: str, row: str, columns: dict[str, str]) -> None:
    found = _columns(guess(_file(f"{heading}\n{row}\n")))
    assert {name: found[name] for name in found if name in ("date", "time")} == columns


def test_columns_that_no_heading_tells_are_asked_for() -> None:
    found = guess(_file("Who,Moment,What happened\nArthur Penn,2026-12-31,Show\n"))
    asked = {question.key: question.choices for question in questions(found)}
    assert asked == {
        "columns.date": ("Moment",),
        "columns.client": ("Who", "What happened"),
        "columns.status": ("What happened", NONE),
    }


def test_answers_make_a_mapping_and_may_raise_further_questions() -> None:
    file = _file("Who,Moment,What happened\nArthur Penn,03/04/2026,Show\nBen O'Hara,05/06/2026,Ill\n")
    first = guess(file)
    told = answer(
        first,
        {"columns.date": "Moment", "columns.client": "Who", "columns.status": "What happened"},
    )
    second = guess(file, told)
    assert [question.key for question in questions(second)] == ["day_first", "words.Ill"]
    mapping = answer(second, {"day_first": DAY, "words.Ill": "cancelled_by_client"})
    assert not questions(guess(file, mapping))
    rows = apply(file, mapping, CONTEXT).frames["appointments"].to_dicts()
    assert [(row["starts_at"], row["status"]) for row in rows] == [
        ("2026-04-03", "attended"),
        ("2026-06-05", "cancelled"),
    ]


def test_an_answer_that_was_not_a_choice_is_refused() -> None:
    found = guess(_file("Client,Date\nArthur Penn,03/04/2026\n"))
    with pytest.raises(UsageError, match=r"day_first: 'yes' is not an answer\. Allowed: day first, month first"):
        answer(found, {"day_first": "yes"})
    with pytest.raises(UsageError, match=r"'colour' is not asked\. Asked are: day_first"):
        answer(found, {"colour": "blue"})


def test_what_is_open_is_refused_and_never_guessed() -> None:
    with pytest.raises(SourceError, match="day_first"):
        apply(_file("Client,Date\nArthur Penn,03/04/2026\n"), Mapping(), CONTEXT)


def test_two_columns_that_say_the_same_are_one_and_two_that_differ_are_asked_about() -> None:
    same = guess(_file("Client,Patient,Date\nA,A,2026-12-31\n"))
    assert not questions(same)
    other = guess(_file("Client,Patient,Date\nA,B,2026-12-31\n"))
    assert [question.choices for question in questions(other)] == [("Client", "Patient")]


def test_a_yes_is_understood_only_where_the_column_asks_for_it() -> None:
    found = guess(_file("Client,Date,Attended\nA,2026-12-31,Yes\nB,2026-12-31,No\n"))
    assert (found.words["Yes"].meaning, found.words["No"].meaning) == (Meaning.ATTENDED, None)
    assert understood("yes", "Status") is None


def test_a_weekday_tells_the_order() -> None:
    assert guess(_file("Client,Date\nA,Tue 03/11/2026\n")).day_first is True


def test_the_birth_dates_of_the_same_file_tell_the_order_too() -> None:
    assert guess(_file("Client,Date,DOB\nA,03/11/2026,25/12/1980\n")).day_first is True


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("attended", "attended"), ("Show", "attended"), ("KEPT", "attended"), ("Erschienen", "attended"),
        ("s'est présentée", "attended"), ("DNA", "no_show"), ("No-Show (charged)", "no_show"), ("Faltó", "no_show"),
        ("unentschuldigt", "no_show"), ("Late Canceled", "late_cancelled"), ("cancelled < 24h", "late_cancelled"),
        ("Cancelled by client - less than 24 hours notice", "late_cancelled"), ("te laat afgezegd", "late_cancelled"),
        ("annulation tardive", "late_cancelled"), ("cancelled > 24 h", "cancelled"), ("Storniert", "cancelled"),
        ("Cancelled by the client", "cancelled_by_client"), ("desmarcado pelo paciente", "cancelled_by_client"),
        ("Clinician Canceled", "cancelled_by_provider"), ("Late cancelled by therapist", "cancelled_by_provider"),
        ("vom Therapeuten abgesagt", "cancelled_by_provider"), ("Rescheduled", "rescheduled"),
        ("Reporté", "rescheduled"),
        ("Scheduled", "booked"), ("bestätigt", "booked"), ("unbekannt", "unknown"),
        ("not cancelled", None), ("cancelled 24h", None), ("cancelled, rebooked?", None), ("Ausgefallen", None),
        ("cancelled by client and therapist", None), ("", None),
    ],
)  # fmt: skip
def test_words_are_understood_or_left_open(word: str, meaning: str | None) -> None:
    assert understood(word) == meaning


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("£85.00", "85.00"), ("85,00 €", "85.00"), ("$1,200.00", "1200.00"), ("1.200,50 €", "1200.50"),
        ("CHF 120.-", "120"), ("1 200,50", "1200.50"), ("1'200.50", "1200.50"), ("0", "0"), ("85.000", "85000"),
        ("free", ""), ("-85", ""), ("(85.00)", ""), ("50 of 85", ""),
    ],
)  # fmt: skip
def test_money_is_a_plain_number_or_not_known(text: str, number: str) -> None:
    assert amount(text) == number


def test_a_place_is_a_way_of_meeting_only_if_it_says_so() -> None:
    places = ("Telehealth", "Main Office", "telefonisch", "Harbour Street", "Video or phone")
    assert [modality_of(place) for place in places] == ["video", "in_person", "phone", None, None]


def test_who_cancelled_is_unknown_where_neither_is_meant() -> None:
    said = [canceller_of(text, client="A", therapist="B") for text in ("Patient", "practice", "A", "B", "Reception")]
    assert said == ["client", "provider", "client", "provider", "unknown"]


DIALECTS = st.sampled_from([(",", "utf-8"), (";", "cp1252"), ("\t", "utf-16"), ("|", "utf-8-sig")])
STYLES = st.sampled_from(
    ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d-%b-%Y", "%d %B %Y", "%B %d, %Y", "%m-%d-%y", "%a %d/%m/%Y"]
)
HEADINGS = st.sampled_from(
    [
        ("Date", "Time", "Client", "Clinician", "Status"),
        ("Datum", "Uhrzeit", "Klient", "Therapeut", "Ergebnis"),
        ("date de début", "HEURE", "nom_du_patient", "Praticien", "Statut"),
        ("Appointment Date", "Start time", "Patient Name", "Provider", "Appt Status"),
        ("Fecha", "Hora", "Paciente", "Terapeuta", "Estado"),
    ]
)
WORDS = {
    "Show": "attended", "Nicht erschienen": "no_show", "Annulé": "cancelled", "Late cancel": "late_cancelled",
    "Reprogramado": "rescheduled",
}  # fmt: skip
STARTS = st.datetimes(datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2026-11-19"))
NAMES = st.sampled_from(["Arthur Penn", "Gareth Li, Jr.", "Ben O'Hara", "Jürgen Groß", 'Tom "Red" Ash'])
TABLES = st.lists(st.tuples(STARTS, NAMES, st.sampled_from(list(WORDS))), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(rows=TABLES, dialect=DIALECTS, style=STYLES, headings=HEADINGS, clock=st.sampled_from(["%H:%M", "%I:%M %p"]))
def test_any_table_in_any_dialect_is_given_back(
    rows: list[tuple[datetime, str, str]],
    dialect: tuple[str, str],
    style: str,
    headings: tuple[str, ...],
    clock: str,
) -> None:
    plain_day = datetime.fromisoformat("2025-05-23 10:00")  # a day after the twelfth, so that the order can be told
    spaced = [(plain_day, "Arthur Penn", "Show")] + [
        (start.replace(second=0, microsecond=0, hour=3 + start.hour % 20) + timedelta(minutes=n), client, word)
        for n, (start, client, word) in enumerate(rows)
    ]
    unique = list({(start, client): (start, client, word) for start, client, word in spaced}.values())
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=dialect[0])
    writer.writerow(headings)
    for start, client, word in unique:
        writer.writerow([start.strftime(style), start.strftime(clock), client, "Roy", word])
    file = _file(buffer.getvalue(), dialect[1])
    found = guess(file)
    assert questions(found) == []
    read = apply(file, answer(found, {}), CONTEXT).frames["appointments"].to_dicts()
    assert [(row["starts_at"][:16], row["client_id"], row["status"]) for row in read] == [
        (start.isoformat(timespec="minutes"), client, WORDS[word]) for start, client, word in unique
    ]

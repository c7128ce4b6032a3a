"""FHIR R4: Appointments, Encounters, EpisodesOfCare and total scores, from bundles, bulk exports and single files.

R4 itself does not say when an appointment was cancelled or what it was moved to; the cross-version
extensions of R5 do, and R5's own elements are read too. Shape: hl7.org/fhir/R4.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from holdfast.errors import SourceError
from holdfast.tables.schema import Status
from holdfast.tables.sources.fhir_contents import MEASURES, Answers, Contents, Episode, score_of, take
from holdfast.tables.sources.fhir_references import PATIENT, PRACTITIONER
from holdfast.tables.sources.fhir_resources import read_each, resources
from holdfast.tables.sources.fhir_visits import read_visits
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.records import looks_like_json
from holdfast.tables.sources.source import Context, Imported, Source, ending
from holdfast.words import Words

TITLE = Words("FHIR R4")
_TRANSACTION = re.compile(rb'"transactionTime"\s*:\s*"([^"]{10,40})"')


def recognises(file: SourceFile) -> bool:
    return looks_like_json(file) and b'"resourceType"' in file.data[:5000]


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read the visits, the people, the endings and the total scores of all files together."""
    out = Imported()
    contents = Contents(context.timezone, out)
    for file in files:
        if looks_like_json(file) or file.name.lower().endswith(("json", "jsonl")):
            read_each(resources(file), lambda resource: take(resource, contents))
        else:
            out.skip(Words("a file that is not JSON"))
    if not contents.appointments and not contents.encounters:
        names = ", ".join(file.name for file in files[:10])
        raise SourceError(
            Words(
                "There is no Appointment and no Encounter in {files}. Were the right resources exported?", files=names
            )
        )
    read_visits(contents, context, title=TITLE, file=files[0].name)
    _read_people(contents)
    _read_endings(contents)
    _read_scores(contents)
    out.notes = _notes(contents)
    return out


def own_date(files: Sequence[SourceFile]) -> datetime | None:
    """The moment of a bulk export, which its log or manifest tells."""
    found = [match for file in files for match in _TRANSACTION.findall(file.data[:20_000])]
    moments = [moment for text in found if (moment := _aware(text.decode("ascii", "replace")))]
    return max(moments, default=None)


def _aware(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _read_people(contents: Contents) -> None:
    for table, people in (("clients", contents.clients), ("therapists", contents.therapists)):
        for person in people.values():
            contents.out.add(table, person)


def _read_endings(contents: Contents) -> None:
    seen: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in contents.out.rows.get("appointments", []):
        seen[row["client_id"]].append((row["starts_at"][:10], row["therapist_id"]))
    read_each(contents.episodes.values(), lambda episode: _read_ending(episode, contents, seen))


def _read_ending(episode: Episode, contents: Contents, seen: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    client = contents.directory.find(episode.client, PATIENT)
    if client is None:
        return contents.out.skip(Words("an EpisodeOfCare without a client"))
    manager = contents.directory.find(episode.manager, PRACTITIONER)
    therapist = _ended_with(manager.id if manager else "", seen.get(client.id, []), episode.ended.text()[:10])
    kind, reason = episode.kind, episode.reason
    row = ending(client=client.id, therapist=therapist, ended=episode.ended, kind=kind, reason=reason)
    return contents.out.add("endings", row)


def _ended_with(manager: str, seen: Sequence[tuple[str, str]], day: str) -> str:
    """The care manager if the client met him, and otherwise whom he met last: managers need not be therapists."""
    if not seen or manager in {therapist for _, therapist in seen}:
        return manager or "unknown"
    return max([pair for pair in seen if pair[0] <= day] or seen)[1]


def _read_scores(contents: Contents) -> None:
    """The totals of observations, and of the responses that no observation here was made from."""
    responses = [answers for answers in contents.responses.values() if answers.id not in contents.scored]
    read_each([*contents.observations.values(), *responses], lambda answers: _read_totals(answers, contents))


def _read_totals(answers: Answers, contents: Contents) -> None:
    totals = contents.totals.get(answers.questionnaire, {})
    for link, value in answers.numbers:
        code = totals.get(link) or link.strip("/").rpartition("/")[2]  # forms made from LOINC use its codes as linkId
        if code not in MEASURES:
            continue
        client = contents.directory.find(answers.client, PATIENT)
        if client is None:
            return contents.out.skip(Words("a total score without a client"))
        contents.out.add("scores", {"client_id": client.id, "taken_at": answers.taken.text(), **score_of(code, value)})
    return None


def _notes(contents: Contents) -> list[Words]:
    notes = []
    rows = contents.out.rows.get("appointments", [])
    if not contents.appointments:
        notes.append(
            Words(
                "There are Encounters only, which are sessions that were held: appointments that were missed, "
                "cancelled or are still to come are Appointments, and none is in these files."
            )
        )
    if any(row["status"] == Status.CANCELLED and not row["status_at"] for row in rows):
        notes.append(Words("Of some cancelled appointments it is not said when: those are never counted as late."))
    if contents.directory.by_name:
        notes.append(Words("Some people are referred to by name alone: two people of the same name count as one."))
    return notes


SOURCE = Source(
    name="fhir",
    title=TITLE,
    files="bundles, NDJSON of a bulk export or single resources: Appointment, Encounter, Patient, Practitioner, …",
    recognises=recognises,
    read=read,
    own_date=own_date,
)

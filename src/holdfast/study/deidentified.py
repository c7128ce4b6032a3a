"""What is left of the tables for a study: no names, no dates, no words, and nothing by which few could be told apart.

Only what is named here is taken; a column that the tables gain stays outside until somebody thinks of it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from holdfast.asof import EPOCH
from holdfast.engine import Engine
from holdfast.episodes import OPEN, episodes
from holdfast.measures.change import RELIABLE_CHANGE
from holdfast.study.cells import BLANK, LEAST, LEAST_OF_A_THERAPIST, OTHER, banded, covered, gathered, reached
from holdfast.tables.read import Tables
from holdfast.tables.schema import AXES, Ending

Cell = str | int | None
Row = Mapping[str, Cell]
Called = Callable[[str], str]
Finest = Mapping[str, list[Row]]

WEEK_DAYS = 7
SESSIONS = (0, 1, 2, 3, 4, 5, 7, 10, 15, 25)  # where bands may begin
WEEKS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 36, 52)
YOUNGEST, OLDEST, BAND = 25, 65, 10  # ages below, from, and in steps of
EMPLOYMENT = ("employed", "unemployed", "student", "retired")  # in other words it could be anybody's
ANSWERS = ("understood", "on_target", "worth_it", *AXES, "talked_down", "could_say", "attend_next")
MEASURES = frozenset(one.measure for one in RELIABLE_CHANGE)  # totals only; of no item alone, so of none on self-harm
PEOPLE, EPISODES, CHECKINS, SCORES = "people", "episodes", "checkins", "scores"
COLUMNS: Mapping[str, Mapping[str, str]] = {
    PEOPLE: {
        "person": "an id made for this study alone; the same in each of its files",
        "group": "1 for those who came with the first file of the study, and so on",
        "age": f"at the first session: under {YOUNGEST}, then ten years each, {OLDEST} or over; blank: not known or "
        "not told",
        "employment": f"{', '.join(EMPLOYMENT)} or {OTHER}; blank: not known or not told",
    },
    EPISODES: {
        "person": "the same id",
        "episode": "1 for the first: one person with one therapist, from the first booking to the ending",
        "therapist": "an id made for this study alone; blank: not told",
        "first_week": "of its first session, counted from the person's first session ever here, which is in week 0; as "
        "a band. 0, too, where there was no session",
        "last_week": "of its last session, in the same way",
        "sessions": "how many took place, as a band",
        "ending": f"{', '.join(Ending)}, or {OPEN}: not ended. {OTHER} holds also those that too few people had",
        "ending_by": "recorded by the practice; inferred from sessions with another therapist; rule: quiet for long",
    },
    CHECKINS: {
        "person": "the same id",
        "week": "in which it was answered, counted from the person's first session ever here; as a band",
        **dict.fromkeys(("understood", "on_target", "worth_it"), "0 to 10; blank: not asked, or not answered"),
        **dict.fromkeys(AXES, "-3 to 3, 0 is just right; blank: not asked, or not answered"),
        "talked_down": "0 never to 3 often; blank: not asked, or not answered",
        "could_say": "0 to 10; blank: not asked, or not answered",
        "attend_next": "0 to 10; blank: not asked, or not answered",
    },
    SCORES: {
        "person": "the same id",
        "week": "in which it was filled in, counted from the person's first session ever here; as a band",
        "measure": f"one of {', '.join(sorted(MEASURES))}",
        "score": "the total by the measure's own rule",
    },
}


@dataclass(frozen=True, slots=True, repr=False)
class Deidentified:
    """Rows by table, and in sentences what was left out of them or made coarser.

    ``finest``: of each person what is behind his rows, as finely as bands may be. It is there to tell what is new of
    him from what is only cut anew, and never leaves.
    """

    rows: Mapping[str, Sequence[Row]]
    notes: Sequence[str]
    finest: Finest

    def of_each(self) -> Mapping[str, Sequence[tuple[str, Row]]]:
        """Everything that is told of each person, each row with its table."""
        found: dict[str, list[tuple[str, Row]]] = {}
        for table, rows in self.rows.items():
            for row in rows:
                found.setdefault(str(row["person"]), []).append((table, row))
        return found


@dataclass(slots=True)
class _Course:
    """One episode of one person."""

    therapist: str
    first_week: int
    last_week: int
    sessions: int
    ending: tuple[str, str]  # and by whom


def deidentified(tables: Tables, *, groups: Sequence[Mapping[str, str]], therapist_called: Called) -> Deidentified:
    """Make the tables of a study.

    Parameters
    ----------
    tables
        Of a practice, as a therapist may know them. Others than those who are in the file may be in them.
    groups
        Who is in it, by client_id, and what each is called there; those who came together, together. What is told of
        a group depends on nobody outside it, so whoever comes later changes nothing in what is told of those before.
    therapist_called
        What a therapist is called there.

    Raises
    ------
    ValueError
        If somebody is in it, and fewer than eleven are in his group.
    """
    rows: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    notes: list[str] = []
    finest: Finest = {name: [] for called in groups for name in called.values()}
    for number, called in enumerate(groups, start=1):
        if called:
            told, said = _group(tables, called, therapist_called, finest)
            rows[PEOPLE] += [{"group": number, **row} for row in told.pop(PEOPLE)]
            for name, found in told.items():
                rows[name] += found
            notes += [f"Group {number}, {len(called)} people. {one}" for one in said]
    return Deidentified({name: _sorted(found) for name, found in rows.items()}, notes, finest)


def _group(
    tables: Tables, called: Mapping[str, str], therapist_called: Called, finest: Finest
) -> tuple[dict[str, Sequence[Row]], Sequence[str]]:
    """The rows of one group, and what was left out of them or made coarser."""
    if len(called) < LEAST:
        raise ValueError(f"{LEAST} people cover each other, and here are fewer.")
    kept = _of(tables, called)
    sessions_begin = _first_sessions(kept)
    notes: list[str] = []
    found = _courses(kept, sessions_begin, therapist_called)
    courses = _cut({called[who]: his for who, his in found.items()}, notes)
    begins = {called[who]: at for who, at in sessions_begin.items()}
    for name, his in courses.items():
        finest[name].extend(map(_finest_course, his))
    _gather_endings(courses, notes)
    people = _people(kept, called, begins, courses, notes)
    rows: dict[str, Sequence[Row]] = {PEOPLE: people, EPISODES: _episode_rows(courses)}
    rows[CHECKINS] = _few(_checkins(kept, called, begins), "check-ins", notes, finest)
    rows[SCORES] = _scores(kept, called, begins, notes, finest)
    return rows, notes


# --- what is taken ----------------------------------------------------------------------------------


def _of(tables: Tables, called: Mapping[str, str]) -> Tables:
    """The tables of those who are in it, and of nobody else."""
    his = pl.col("client_id").is_in(list(called))
    frames = {
        name: tables[name].filter(his) if "client_id" in tables[name].columns else tables[name]
        for name in tables.frames
    }
    return Tables(frames, tables.practice, tables.present)


def _first_sessions(kept: Tables) -> Mapping[str, datetime]:
    """Of each who had one, when his first was: weeks count from there."""
    came = kept["appointments"].filter(pl.col("status") == "attended")
    return dict(came.group_by("client_id").agg(pl.col("starts_at").min()).iter_rows())


def _courses(kept: Tables, begins: Mapping[str, datetime], therapist_called: Called) -> Mapping[str, list[_Course]]:
    """Each person's episodes in their order."""
    if not kept.has_rows("appointments"):
        return {}
    with Engine.embedded() as engine:
        found = episodes(kept, engine=engine)
        wanted = ["client_id", "therapist_id", "episode", "started_at", "first_session_at", "last_session_at"]
        rows = engine.fetch(found.episodes.select(*wanted, "sessions", "ending", "ending_by"))
    order = ["client_id", "started_at", "therapist_id", "episode"]
    courses: dict[str, list[_Course]] = {}
    for row in rows.sort(order, nulls_last=True).iter_rows(named=True):
        begin = begins.get(row["client_id"])
        first, last = (_week(_moment(row[name]), begin) or 0 for name in ("first_session_at", "last_session_at"))
        one = _Course(
            therapist_called(row["therapist_id"]), first, last, row["sessions"], (row["ending"], row["ending_by"])
        )
        courses.setdefault(row["client_id"], []).append(one)
    return courses


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else EPOCH + timedelta(seconds=seconds)


def _week(at: datetime | None, begin: datetime | None) -> int | None:
    """Whole weeks since his first session."""
    return None if at is None or begin is None else (at - begin).days // WEEK_DAYS


def _finest_course(one: _Course) -> Row:
    """What is known of an episode, to where bands may begin."""
    ending, by = one.ending
    first, last = (_place(WEEKS, week) for week in (one.first_week, one.last_week))
    sessions = _place(SESSIONS, one.sessions)
    return {"therapist": one.therapist, "first": first, "last": last, "sessions": sessions, "ending": ending, "by": by}


def _place(edges: Sequence[int], number: int) -> int:
    return bisect_right(edges, number) - 1


# --- no cell of few ---------------------------------------------------------------------------------


def _cut(courses: Mapping[str, list[_Course]], notes: list[str]) -> Mapping[str, list[_Course]]:
    """As many episodes of each as at least eleven people have."""
    most = reached(len(his) for his in courses.values())
    if any(len(his) > most for his in courses.values()):
        notes.append(f"Fewer than {LEAST} people had more episodes than {most}: further ones are left out.")
    return {who: his[:most] for who, his in courses.items() if most}


def _gather_endings(courses: Mapping[str, list[_Course]], notes: list[str]) -> None:
    """Endings that too few people had stand together."""
    rare = gathered({who: {"|".join(one.ending) for one in his} for who, his in courses.items()})
    for one in (one for his in courses.values() for one in his):
        if "|".join(one.ending) in rare:
            one.ending = (OTHER, BLANK)
    if rare:
        notes.append(f"Endings that fewer than {LEAST} people had, and the next rarest with them, stand as {OTHER}.")


def _people(
    kept: Tables,
    called: Mapping[str, str],
    begins: Mapping[str, datetime],
    courses: Mapping[str, list[_Course]],
    notes: list[str],
) -> Sequence[Row]:
    """Age, employment, and, into the courses, whose clients they are: each combination is that of eleven or more."""
    known = {row["client_id"]: row for row in kept["clients"].iter_rows(named=True)}
    _blank_therapists(courses)
    told = {
        name: (
            _age(known.get(who, {}).get("birth_year"), begins.get(name)),
            _employment(known.get(who, {}).get("employment")),
            "|".join(one.therapist for one in courses.get(name, ())),
        )
        for who, name in called.items()
    }
    jobs = gathered({name: {job} for name, (_, job, _) in told.items() if job})
    told = {name: (age, OTHER if job in jobs else job, whose) for name, (age, job, whose) in told.items()}
    shared = covered(told)
    for name, his in courses.items():
        if not shared[name][2]:
            for one in his:
                one.therapist = BLANK
    _blank_therapists(courses)
    notes += _told(shared, courses)
    return [{"person": name, "age": age, "employment": job} for name, (age, job, _) in shared.items()]


def _blank_therapists(courses: Mapping[str, list[_Course]]) -> None:
    """Of a therapist whom fewer than thirty people have, nobody is told to be a client."""
    has = Counter(name for his in courses.values() for name in {one.therapist for one in his})
    for one in (one for his in courses.values() for one in his):
        if has[one.therapist] < LEAST_OF_A_THERAPIST:
            one.therapist = BLANK


def _told(shared: Mapping[str, tuple[str, ...]], courses: Mapping[str, list[_Course]]) -> Iterator[str]:
    yield (
        f"Age, employment and therapist: each combination is that of at least {LEAST} people. For those of whom it was "
        "not, the therapist is blank, then the employment, then the age."
    )
    if not any(age for age, *_ in shared.values()):
        yield "Nobody's age is told: it is not known here, or too few share it."
    if not any(job for _, job, _ in shared.values()):
        yield "Nobody's employment is told: it is not known here, or too few share it."
    if not any(one.therapist for his in courses.values() for one in his):
        yield f"No therapist is told: each has fewer than {LEAST_OF_A_THERAPIST} of these people, or too few share one."


def _age(birth_year: int | None, begin: datetime | None) -> str:
    if birth_year is None or begin is None:
        return BLANK
    age = begin.year - birth_year
    if age < YOUNGEST:
        return f"under {YOUNGEST}"
    if age >= OLDEST:
        return f"{OLDEST} or over"
    low = YOUNGEST + (age - YOUNGEST) // BAND * BAND
    return f"{low} to {low + BAND - 1}"


def _employment(said: str | None) -> str:
    if not said:
        return BLANK
    word = said.strip().lower()
    return word if word in EMPLOYMENT else OTHER


# --- rows -------------------------------------------------------------------------------------------


def _episode_rows(courses: Mapping[str, list[_Course]]) -> Sequence[Row]:
    """Weeks and numbers of sessions in bands of eleven people."""
    every = [(who, number, one) for who, his in courses.items() for number, one in enumerate(his, start=1)]
    sessions = banded({who: {one.sessions for one in his} for who, his in courses.items()}, SESSIONS)
    first = banded({who: {one.first_week for one in his} for who, his in courses.items()}, WEEKS)
    last = banded({who: {one.last_week for one in his} for who, his in courses.items()}, WEEKS)
    return [
        {
            "person": who,
            "episode": number,
            "therapist": one.therapist,
            "first_week": first(one.first_week),
            "last_week": last(one.last_week),
            "sessions": sessions(one.sessions),
            "ending": one.ending[0],
            "ending_by": one.ending[1],
        }
        for who, number, one in every
    ]


def _checkins(kept: Tables, called: Mapping[str, str], begins: Mapping[str, datetime]) -> Iterator[Row]:
    """Those in which something was answered. Which were sent and not answered is told to no researcher."""
    answered = kept["checkins"].filter(pl.col("answered_at").is_not_null())
    answered = answered.filter(pl.any_horizontal(pl.col(list(ANSWERS)).is_not_null()))
    for row in answered.sort("client_id", "answered_at", "appointment_id", "sent_at").iter_rows(named=True):
        who = called[row["client_id"]]
        week = _week(row["answered_at"], begins.get(who))
        if week is not None and week >= 0:
            yield {"person": who, "week": week, **{name: row[name] for name in ANSWERS}}


def _scores(
    kept: Tables, called: Mapping[str, str], begins: Mapping[str, datetime], notes: list[str], finest: Finest
) -> Sequence[Row]:
    """Totals of published measures."""
    found: list[Row] = []
    for measure in sorted(MEASURES):
        taken = kept["scores"].filter(pl.col("measure") == measure).sort("client_id", "taken_at")
        rows: list[Row] = []
        for row in taken.iter_rows(named=True):
            who = called[row["client_id"]]
            week = _week(row["taken_at"], begins.get(who))
            if week is not None and week >= 0:
                rows.append({"person": who, "week": week, "measure": measure, "score": f"{row['score']:g}"})
        if rows:
            found += _few(rows, f"{measure} scores", notes, finest)
    return found


def _few(rows: Iterable[Row], what: str, notes: list[str], finest: Finest) -> Sequence[Row]:
    """Of each person as many as at least eleven people have, the first ones; weeks in bands of eleven people."""
    his: dict[str, list[Row]] = {}
    for row in rows:
        his.setdefault(str(row["person"]), []).append(row)
    most = reached(len(one) for one in his.values())
    if any(len(one) > most for one in his.values()):
        notes.append(f"Fewer than {LEAST} people have more {what} than {most}: further ones are left out.")
    kept = {who: one[:most] for who, one in his.items() if most}
    for who, one in kept.items():
        finest[who].extend({**row, "week": _place(WEEKS, _whole(row["week"]))} for row in one)
    week = banded({who: {_whole(row["week"]) for row in one} for who, one in kept.items()}, WEEKS)
    return [{**row, "week": week(_whole(row["week"]))} for one in kept.values() for row in one]


def _whole(cell: Cell) -> int:
    return int(cell or 0)


def _sorted(rows: Sequence[Row]) -> Sequence[Row]:
    """By person, whose id says nothing; what is one person's stays in its order."""
    return sorted(rows, key=lambda row: str(row["person"]))

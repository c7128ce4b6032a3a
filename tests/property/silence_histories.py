"""Random small practices with everything the silence model looks at: check-ins, wishes, scores, people."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from hypothesis import strategies as st
from tests.property.histories import Row, Rows, maybe, moments, near, practices

from holdfast.tables.away import Away
from holdfast.tables.schema import AXES, TABLES, YesNo

RATED = ("understood", "on_target", "worth_it", "could_say", "attend_next")
CHANGES = ("leave it as it is", "Leave it as it is ", "rather not say here", "slower", "more of a plan", " ")


@st.composite
def full_practices(draw: st.DrawFn, *, max_clients: int = 4) -> Rows:
    """A practice of ``histories`` whose people answer and tell about themselves."""
    practice = draw(practices(max_clients=max_clients))
    rows = practice["appointments"]
    names = sorted({row["client_id"] for row in rows})
    asked = [draw(_answers(row)) for row in practice["checkins"]]
    for row in rows:
        if draw(st.integers(0, 3)):
            asked.append(draw(_answers(draw(_around(row)))))
    practice["checkins"] = _one_each("checkins", asked)
    practice["clients"] = [draw(_people(name)) for name in names]
    practice["therapists"] = [draw(_therapists(name)) for name in ("t1", "t2", "t3")]
    scored = [draw(_scores(name, row)) for row in rows for name in [row["client_id"]] if draw(st.booleans())]
    practice["scores"] = _one_each("scores", scored)
    return practice


@st.composite
def _around(draw: st.DrawFn, row: Row) -> Row:
    """A check-in just after an appointment, or a question the day before it."""
    sent_at = row["starts_at"] + draw(st.sampled_from((timedelta(hours=2), timedelta(hours=2), timedelta(days=-1))))
    answered = draw(
        st.sampled_from((None, timedelta(hours=1), timedelta(hours=1), timedelta(days=1), timedelta(days=3)))
    )
    return {
        "client_id": row["client_id"],
        "appointment_id": row["appointment_id"],
        "sent_at": sent_at,
        "answered_at": answered and sent_at + answered,
    }


@st.composite
def _answers(draw: st.DrawFn, row: Row) -> Row:
    if row["answered_at"] is None:
        return row
    told: Row = {name: draw(maybe(st.integers(0, 10))) for name in RATED}
    told |= {axis: draw(maybe(st.integers(-3, 3))) for axis in AXES}
    return row | told | {"talked_down": draw(maybe(st.integers(0, 3))), "change": draw(maybe(st.sampled_from(CHANGES)))}


@st.composite
def _people(draw: st.DrawFn, name: str) -> Row:
    yes_no = maybe(st.sampled_from(list(YesNo)).map(str))
    return {
        "client_id": name,
        "gender": draw(st.sampled_from((None, "man", "Male", "woman", "non-binary", " "))),
        "birth_year": draw(maybe(st.sampled_from((1950, 1966, 1967, 1981, 1982, 1996, 1997, 2001)))),
        "employment": draw(st.sampled_from((None, "employed", "Unemployed", "student", "retired", "carer"))),
        "masculinity": draw(maybe(st.integers(1, 5))),
        "prior_therapy": draw(yes_no),
        "prior_dropout": draw(yes_no),
        **{f"prefers_{axis}": draw(maybe(st.integers(-3, 3))) for axis in AXES},
    }


@st.composite
def _therapists(draw: st.DrawFn, name: str) -> Row:
    return {"therapist_id": name, **{f"style_{axis}": draw(maybe(st.integers(-3, 3))) for axis in AXES}}


@st.composite
def _scores(draw: st.DrawFn, name: str, row: Row) -> Row:
    measure = draw(st.sampled_from(("phq9", "gad7", "core10", "who5")))
    return {
        "client_id": name,
        "measure": measure,
        "taken_at": draw(near(row["starts_at"], -40, 3)),
        "score": float(draw(st.integers(0, 20))),
    }


def _one_each(name: str, rows: list[Row]) -> list[Row]:
    """Each key once, as the schema asks."""
    return list({tuple(row[column] for column in TABLES[name].key): row for row in rows}.values())


@st.composite
def absences(draw: st.DrawFn) -> Away:
    """A leave, or days on which all was closed."""
    first = draw(moments()).date()
    last = first + timedelta(draw(st.integers(0, 60)))
    told_at = draw(st.none() | near(datetime.combine(first, time())))
    return Away(draw(st.none() | st.sampled_from(("t1", "t2"))), first, last, told_at)

"""Worlds with a name: each makes one thing hard that is hard in real practices, and says which.

They are practices of twenty new clients a month, seen after two years, unless that is the point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from holdfast.simulate.world import NEVER, Asking, Burst, Effects, Habits, Rates, Records, World
from holdfast.tables.schema import InitiatedBy

_ALWAYS = Asking(since=date(2020, 1, 1))
_PLAIN = World(clients=480, months=24, share_couples=0.0, asking=_ALWAYS)
_TIDY = Records(
    endings=1.0,
    switches=1.0,
    silent=0.0,
    never_started=1.0,
    careless_therapists=0.0,
    unmarked=0.0,
    defaulting_therapists=0.0,
    unknown_initiator=0.0,
)
_NOBODY_WRITES = Records(endings=0.0, switches=0.0, silent=0.0, never_started=0.0, careless_endings=0.0)
_NOBODY_SAYS = Rates(
    told=0.0,
    told_if_unhappy=0.0,
    switched=0.0,
    switched_if_unhappy=0.0,
    referred=0.0,
    other=0.0,
    planned_when_due=0.0,
)
_ONLY_COMING = replace(
    _NOBODY_SAYS,
    never_started=0.0,
    client_cancelled=0.0,
    late_cancelled=0.0,
    no_show=0.0,
    provider_cancelled=0.0,
    rescheduled=0.0,
    two_on_a_day=0.0,
    paused=0.0,
)
_REVERSED = Effects(
    first_session=-1.0,
    second_session=-0.5,
    third_session=0.0,
    pace_mismatch=0.0,
    approach_mismatch=0.0,
    low_understood=0.0,
    understood_fell=0.0,
    checkin_unanswered=-0.8,
    nothing_booked=-0.8,
    prior_dropout=-0.5,
    young=-0.5,
    unemployed=-0.6,
)
_FAIR = {"effects": Effects.none(), "therapist_sd": 0.0, "base": -2.6}


def _flu(first: date, by: InitiatedBy, share: float) -> Burst:
    return Burst(first, days=7, share=share, by=by)


def _unmarked(share: float) -> Records:
    return Records(unmarked=share, careless_therapists=0.0, defaulting_therapists=0.0)


def _of(about: str, **knobs: Any) -> World:
    return replace(_PLAIN, about=about, **knobs)


def _how_people_are() -> dict[str, World]:
    return {
        "plain": _of("As the demo, and everyone is asked from the first day."),
        "clear": _of(
            "Everything that matters is said, honestly, and written down; silent exits never.",
            records=_TIDY,
            asking=replace(_ALWAYS, politeness=0.0, answer_rate=0.9),
            tells_all=True,
        ),
        "polite": _of("Every answer is at the ceiling, whatever he felt.", asking=replace(_ALWAYS, politeness=1.0)),
        "frank": _of("Nobody is polite.", asking=replace(_ALWAYS, politeness=0.0)),
        "fading": _of(
            "Those about to go stop answering.",
            asking=replace(_ALWAYS, answer_fall=3.0),
            effects=Effects(checkin_unanswered=1.6),
        ),
        "asked-before": _of(
            "Before every appointment he is asked whether he will come.", asking=replace(_ALWAYS, before=1.0)
        ),
        "unasked": _of("There are no check-ins at all.", asking=Asking(since=NEVER)),
        "fair": _of("Nothing makes any difference: no effects, all therapists alike.", **_FAIR),
        "alike": _of("Effects as always, but all therapists are alike.", therapist_sd=0.0),
        "unlike": _of("Therapists differ very much.", therapist_sd=1.0),
        "frail": _of("Clients differ very much in what nobody knows about them.", client_sd=1.0, base=-4.6),
        "men-leave": _of("Men leave more than twice as often.", effects=Effects(man=0.8), base=-4.6),
        "women-leave": _of("Women leave more than twice as often.", effects=Effects(man=-0.8), share_men=0.4),
        "reversed": _of(
            "Much is the other way round than published: the first session is the safest, "
            "feeling understood is irrelevant, whoever does not answer stays.",
            effects=_REVERSED,
            base=-2.0,
        ),
        "better-leave": _of(
            "Those who feel better leave.",
            effects=Effects(better=1.5),
            symptom_sd=0.08,
            share_scored=1.0,
            scored_every=1,
        ),
        "worse-leave": _of(
            "Those who feel worse leave.", effects=Effects(worse=1.5), symptom_sd=0.08, share_scored=1.0, scored_every=1
        ),
        "repairs-work": _of(
            "Ruptures are often talked over, and then he stays.",
            effects=Effects(repaired=-2.0, understood_fell=1.5),
            rates=Rates(talked_over=0.7),
        ),
        "warnings": _of(
            "Widening gaps, late cancellations and missed sessions announce it.",
            effects=Effects(widening=1.0, late_cancelled=0.9, no_show=1.2, provider_cancelled=0.6),
            base=-4.4,
        ),
        "drifting": _of("Year by year more leave.", drift=0.7, base=-4.6),
    }


def _how_people_come() -> dict[str, World]:
    return {
        "weekly": _of("Everyone comes weekly.", habits=Habits(rhythms=(1.0, 0.0, 0.0))),
        "monthly": _of("Most come monthly.", habits=Habits(rhythms=(0.0, 0.2, 0.8))),
        "irregular": _of(
            "Gaps are uneven, and some stay away for months without a word and then come back.",
            habits=Habits(irregular=0.5),
            rates=Rates(long_return=0.04),
        ),
        "holidays": _of(
            "Long closures in summer and winter, and therapists on leave for three weeks twice a year.",
            closures=(((12, 15), (1, 8)), ((7, 20), (8, 31))),
            leave_days=21,
        ),
        "by-phone": _of("Nobody books in the room.", habits=Habits(books=(0.0, 0.0, 1.0), nothing_ahead=1.0)),
        "drop-in": _of(
            "Nobody books, cancels, or says goodbye: people just come.",
            habits=Habits(drop_in=True),
            rates=_ONLY_COMING,
            records=replace(_TIDY, silent=0.0),
            asking=Asking(since=NEVER),
            staff_turnover=False,
            n_therapists=10,
        ),
        "flu": _of(
            "In two weeks half of all clients cancel at short notice.",
            bursts=tuple(_flu(day, InitiatedBy.CLIENT, 0.5) for day in (date(2025, 11, 10), date(2026, 8, 3))),
        ),
        "snow": _of(
            "In two weeks the practice cancels nearly everything.",
            bursts=tuple(_flu(day, InitiatedBy.PROVIDER, 0.9) for day in (date(2025, 11, 10), date(2026, 8, 3))),
        ),
        "courteous": _of("Who has left always cancels in time.", rates=Rates(traces=(0.0, 1.0, 0.0))),
        "everyone-returns": _of("Nobody leaves without a word.", base=-12.0, therapist_sd=0.0),
        "nobody-returns": _of("Nobody ever comes back after a first session.", base=12.0, therapist_sd=0.0),
    }


def _how_it_is_written_down() -> dict[str, World]:
    return {
        "unrecorded": _of("Clients do end openly, and nobody ever writes it down.", records=_NOBODY_WRITES),
        "no-goodbyes": _of(
            "Nobody ever ends openly.",
            rates=_NOBODY_SAYS,
            records=_NOBODY_WRITES,
            staff_turnover=False,
            n_therapists=10,
        ),
        "silent-recorded": _of("Every silent exit is recorded in the end.", records=Records(silent=1.0)),
        "silent-unrecorded": _of("No silent exit is ever recorded.", records=Records(silent=0.0)),
        "unmarked-some": _of("Three in ten appointments are never marked.", records=_unmarked(0.3)),
        "unmarked-most": _of("Seven in ten appointments are never marked.", records=_unmarked(0.7)),
        "unmarked-all": _of("No appointment is ever marked.", records=_unmarked(1.0)),
        "defaulted": _of(
            "The system writes attended by itself, so that missed sessions stand as kept.",
            records=Records(careless_therapists=0.0, defaulting_therapists=1.0, defaulted=1.0, hidden_no_shows=1.0),
        ),
        "no-booked-at": _of("The export does not say when anything was booked.", records=Records(booked_at=False)),
        "vanishing": _of("Most cancellations are missing from the export.", records=Records(vanishing=0.8)),
    }


def _how_large_it_is() -> dict[str, World]:
    return {
        "tiny": _of("Two therapists and thirty clients.", clients=30, months=12, n_therapists=2),
        "young": _of("Three months old.", clients=60, months=3, n_therapists=5),
        "single": _of("One therapist.", clients=80, n_therapists=1),
        "large": _of("Sixty new clients a month.", clients=1440),
    }


WORLDS: Mapping[str, World] = MappingProxyType(
    {
        name: replace(world, name=f"Simulated practice: {name}")
        for worlds in (_how_people_are(), _how_people_come(), _how_it_is_written_down(), _how_large_it_is())
        for name, world in worlds.items()
    }
)

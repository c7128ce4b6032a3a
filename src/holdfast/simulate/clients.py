"""Who comes: what is true about each client, and how much of it he tells the practice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from holdfast.simulate.dice import Dice, log_odds
from holdfast.simulate.therapists import CONCERNS
from holdfast.simulate.world import World
from holdfast.tables.schema import AXES

WEEKLY, FORTNIGHTLY, MONTHLY = 7, 14, 28
BY_THE_SERIES, ONE_AT_A_TIME, BY_PHONE = "by the series", "one at a time", "by phone"
_SEASON = (1.25, 1.05, 1.0, 0.95, 1.0, 0.95, 0.9, 0.65, 1.2, 1.15, 1.05, 0.6)  # demand by month


@dataclass(slots=True)
class Person:
    """A client as he is. What the tables show of it is decided in ``rows``."""

    id: str
    asked_at: datetime
    gender: str
    birth_year: int
    employment: str
    masculinity: int | None
    prior_therapy: bool
    prior_dropout: bool
    referral_source: str
    prefers: Mapping[str, int]
    wants_therapist_gender: str
    concerns: tuple[str, ...]
    says: frozenset[str]  # which of these he told
    rhythm: int
    books: str
    hour: int  # minutes after midnight that suit him
    answering: float  # log-odds of answering a check-in
    came_for: int  # sessions until he and the therapist would say: enough
    severity: float  # 0 to 1, falls with the sessions
    scored: bool
    modality: str
    fee: int
    effect: float = 0.0  # of what nobody knows about him, on the log-odds of a silent exit
    trend: float = 0.0  # of his symptoms beside everybody's, on the logarithm, per session

    @property
    def is_young(self) -> bool:
        return self.asked_at.year - self.birth_year < 30


def person(world: World, dice: Dice, index: int, asked_at: datetime) -> Person:
    """Draw one client."""
    gender = dice.pick(
        ("man", "woman", "non-binary"),
        (world.share_men, 1 - world.share_men - world.share_non_binary, world.share_non_binary),
    )
    employment = dice.pick(
        ("employed", "self-employed", "unemployed", "student", "retired"), (0.60, 0.13, 0.12, 0.09, 0.06)
    )
    prior_therapy = dice.chance(0.45)
    rhythm = dice.pick((WEEKLY, FORTNIGHTLY, MONTHLY), world.habits.rhythms)
    return Person(
        id=f"C{index + 1:04d}",
        asked_at=asked_at,
        gender=gender,
        birth_year=asked_at.year - _age(dice, employment),
        employment=employment,
        masculinity=dice.pick((1, 2, 3, 4, 5), (0.08, 0.2, 0.34, 0.27, 0.11)) if gender == "man" else None,
        prior_therapy=prior_therapy,
        prior_dropout=prior_therapy and dice.chance(0.42),
        referral_source=dice.pick(("self", "gp", "employer", "partner", "friend"), (0.45, 0.2, 0.12, 0.13, 0.1)),
        prefers=_wishes(dice, gender),
        wants_therapist_gender=dice.pick(("", "woman", "man"), (0.7, 0.17, 0.13)),
        concerns=tuple(sorted(dice.shuffled(CONCERNS)[: dice.whole(1, 3)])),
        says=_told(dice, everything=world.tells_all),
        rhythm=rhythm,
        books=dice.pick((BY_THE_SERIES, ONE_AT_A_TIME, BY_PHONE), world.habits.books),
        hour=60 * (dice.whole(16, 18) if "employed" in employment and dice.chance(0.6) else dice.whole(9, 16)),
        answering=log_odds(world.asking.answer_rate) + dice.normal(0.2, 1.0),
        came_for=_length(dice, rhythm),
        severity=dice.between(0.25, 0.8),
        scored=dice.chance(world.share_scored),
        modality=dice.pick(("in_person", "video", "phone"), (0.66, 0.27, 0.07)),
        fee=dice.pick((45, 60, 75, 85), (0.15, 0.25, 0.4, 0.2)),
    )


def partner(world: World, dice: Dice, index: int, lead: Person) -> Person:
    """Draw the other half of a couple: another person, but one diary and one way of booking."""
    other = person(world, dice, index, lead.asked_at)
    other.rhythm, other.books, other.modality = lead.rhythm, lead.books, lead.modality
    other.hour, other.came_for = lead.hour, lead.came_for
    lead.fee = other.fee = 55
    if dice.chance(0.9):
        other.gender = "woman" if lead.gender == "man" else "man"
        other.masculinity = None
    return other


def unseen(world: World, dice: Dice, one: Person) -> Person:
    """Give a client what nobody will know about him, where the world has such things."""
    if world.client_sd or world.symptom_sd:
        one.effect, one.trend = dice.normal(0, world.client_sd), dice.normal(0, world.symptom_sd)
    return one


def arrivals(world: World, seed: int) -> list[datetime]:
    """Draw when each client first asked, in order: fewer in August and December, more in January and September."""
    dice = Dice(seed, 2)
    span = (world.clock_now.date() - world.opened).days
    days = [world.opened + timedelta(days=step) for step in range(span)]
    weights = [_SEASON[day.month - 1] * (0.3 if day.weekday() > 4 else 1.0) for day in days]
    total, running, edges = math.fsum(weights), 0.0, []
    for weight in weights:
        running += weight
        edges.append(running / total)
    found: list[datetime] = []
    position = 0
    for number in range(world.clients):
        place = (number + dice.unit()) / world.clients
        while edges[position] <= place and position < span - 1:
            position += 1
        found.append(datetime.combine(days[position], time(dice.whole(8, 20), dice.whole(0, 59))))
    return sorted(found)


def _age(dice: Dice, employment: str) -> int:
    match employment:
        case "student":
            return dice.whole(18, 27)
        case "retired":
            return dice.whole(60, 78)
        case _:
            return max(19, min(66, round(dice.normal(39, 10))))


def _wishes(dice: Dice, gender: str) -> dict[str, int]:
    """What he would like on each axis. Men lean a little to doing and to plain words; each one is asked."""
    lean = {"approach": 0.5, "language": -0.9, "tone": 0.3} if gender == "man" else {"approach": -0.2}
    return {axis: max(-3, min(3, round(dice.normal(lean.get(axis, 0.0), 1.4)))) for axis in AXES}


def _told(dice: Dice, *, everything: bool) -> frozenset[str]:
    shares = (
        ("gender", 0.985),
        ("birth_year", 0.95),
        ("employment", 0.88),
        ("masculinity", 0.35),
        ("prior_therapy", 0.9),
        ("prior_dropout", 0.85),
        ("referral_source", 0.93),
        ("prefers", 0.62),
        ("wants_therapist_gender", 0.8),
        ("concerns", 0.9),
    )
    return frozenset(name for name, share in shares if dice.chance(share) or everything)


def _length(dice: Dice, rhythm: int) -> int:
    """How many sessions he came for; fewer when they are far apart, and for some no end in sight."""
    if dice.chance(0.12):
        return 60
    middle = {WEEKLY: 13, FORTNIGHTLY: 10, MONTHLY: 7}[rhythm]
    return max(3, round(dice.normal(middle, 4.5)))

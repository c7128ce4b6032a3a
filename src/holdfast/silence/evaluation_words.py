"""An evaluation in plain sentences and figures: what was found, how it was judged, and what it cannot say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from holdfast.insight.figures import base, share
from holdfast.insight.result import TOO_FEW, Amount
from holdfast.silence.baselines import ALIKE, BOOSTING, COX, LOGISTIC, QUIET, RULE
from holdfast.silence.evaluation import MODEL, Alerts, Caught, Evaluation, Method, Question, Score, Scored
from holdfast.silence.evaluation_verdict import beyond_chance, groups_verdict, parts_verdict

LEFT, LAST = "left", "last"  # the two questions
OVERDUE = "overdue"
TITLES = {LEFT: "Has he left? Asked on an evening", LAST: "Was it his last? Asked on the evening of a session"}
COLUMNS = {
    "gender": "Men and women",
    "age": "Age",
    "employment": "Employment",
    "caseload": "By therapist",
    "standing": "How far he has come",
}
PLAIN = {  # what a method does, before what it is called
    ALIKE: "the same chance for everyone",
    RULE: "a rule on low or falling scores",
    QUIET: "the days of silence alone",
    LOGISTIC: "a weighted sum of the same signals (logistic regression)",
    BOOSTING: "many small decision trees on the same signals (gradient boosting)",
    COX: "the time until he comes again, from the same signals (Cox regression)",
}


# --- figures ----------------------------------------------------------------------------------------


def figure(found: Amount, places: int = 2, *, signed: bool = False) -> str:
    """Write "0.91 (0.89 to 0.93)", or why there is no number."""
    if found.estimate is None or found.low is None or found.high is None:
        return found.why_not or TOO_FEW
    value, low, high = (_decimal(one, places, signed) for one in (found.estimate, found.low, found.high))
    return f"{value} ({low} to {high})"


def _decimal(value: float, places: int, signed: bool) -> str:
    text = f"{abs(value):.{places}f}"
    if float(text) == 0:
        return text
    sign = "−" if value < 0 else "+" if signed else ""
    return f"{sign}{text}"


def of_100(found: Amount) -> str:
    """Write an AUC as "91 times in 100 (89 to 93)"."""
    if found.estimate is None or found.low is None or found.high is None:
        return found.why_not or TOO_FEW
    value, low, high = (round(100 * one) for one in (found.estimate, found.low, found.high))
    return f"{value} times in 100 ({low} to {high})"


def count(number: int, many: str, one: str | None = None) -> str:
    return f"{number:,} {one if number == 1 and one else many}"


# --- which method is which --------------------------------------------------------------------------


def of_method(scored: Scored, method: str) -> Score | None:
    return next((score for score in scored.scores if score.method == method), None)


def best_other(scored: Scored) -> Score | None:
    """The other method with the best log score on these rows."""
    others = [score for score in scored.scores if score.method != MODEL and score.log_score.estimate is not None]
    return min(others, key=lambda score: score.log_score.estimate or 0.0, default=None)


def plainly(key: str, methods: Iterable[Method]) -> str:
    """What a method does, for a sentence; its name if it is none of ours."""
    return PLAIN.get(key) or name_of(methods, key)


def sentence(text: str) -> str:
    """The same with a capital at the beginning, and every other letter as it is."""
    return text[:1].upper() + text[1:]


def name_of(methods: Iterable[Method], key: str) -> str:
    return next((method.name for method in methods if method.key == key), key)


# --- the questions ----------------------------------------------------------------------------------


def lead(question: Question, methods: Sequence[Method]) -> list[str]:
    """What was found, in two or three sentences."""
    if question.overall.why_not:
        return [_asked(question), f"That is {TOO_FEW}: there are fewer than ten of either outcome."]
    model, other = of_method(question.overall, MODEL), best_other(question.overall)
    if model is None:
        return [_asked(question)]
    found = [_asked(question), _order(model), _expected(question.overall, model), _boldness(question, model)]
    found += where_it_was_off(question)
    return found if other is None else [*found, beside(other, plainly(other.method, methods))]


def where_it_was_off(question: Question) -> list[str]:
    """The part and the group that were furthest off, if any range leaves out what was said."""
    return [told for told in (parts_verdict(question), groups_verdict(question)) if told is not None]


def _asked(question: Question) -> str:
    when = "times on an evening" if question.key == LEFT else "times on the evening of a session"
    who = count(question.clients, "clients", "client")
    undecided = f" {question.undecided:,} more are undecided, and left out." if question.undecided else ""
    what = "he had left" if question.key == LEFT else "it was his last"
    return f"Asked {question.rows:,} {when}, of {who}: {question.left:,} times {what}.{undecided}"


def _order(model: Score) -> str:
    return (
        "Shown one who had left and one who had not, the model gave the higher chance to the right one "
        f"{of_100(model.auc)}; a coin would 50 times."
    )


def _expected(scored: Scored, model: Score) -> str:
    ratio = model.ratio
    each = f": {_decimal(ratio.estimate, 2, False)} for each one expected" if ratio.estimate is not None else ""
    return f"It expected {model.expected or 0:,.0f} to have left, and {scored.left:,} had{each}{_range(ratio)}."


def _boldness(question: Question, model: Score) -> str:
    """What the slope says; where a part is off beyond chance, that it speaks of the whole only."""
    told = _slope(model)
    return f"On the whole, {told[:1].lower()}{told[1:]}" if beyond_chance(question) else told


def _range(found: Amount, places: int = 2) -> str:
    if found.low is None or found.high is None:
        return ""
    return f" ({_decimal(found.low, places, False)} to {_decimal(found.high, places, False)})"


def _slope(model: Score) -> str:
    slope = model.slope
    if slope.estimate is None or slope.low is None or slope.high is None:
        return "Whether its chances are too bold or too timid cannot be told."
    value, low, high = (_decimal(one, 2, False) for one in (slope.estimate, slope.low, slope.high))
    told = f"slope {value}, {low} to {high}; 1 is right"
    if slope.low <= 1 <= slope.high:
        return f"Its chances are neither clearly too bold nor too timid ({told})."
    what = "too bold, high ones too high and low ones too low" if slope.estimate < 1 else "too near the middle"
    return f"Its chances are {what} ({told})."


def beside(other: Score, name: str) -> str:
    """Compare with the best of the others, saying so if chance alone could have made the difference."""
    apart = other.beyond
    if apart.estimate is None or apart.low is None or apart.high is None:
        return f"The best of the other methods: {name}."
    by = f"{_decimal(abs(apart.estimate), 3, False)}, {_ends(apart)}"
    if apart.low > 0:
        return f"No other method came as close to what happened. The nearest was {name} (log score worse by {by})."
    if apart.high < 0:
        return f"{sentence(name)} came closer to what happened than the model (log score better by {by})."
    by = f"{_decimal(apart.estimate, 3, True)}, {_decimal(apart.low, 3, True)} to {_decimal(apart.high, 3, True)}"
    return f"{sentence(name)} did as well: the difference is within chance (log score {by})."


def _ends(apart: Amount) -> str:
    """The ends of a range that does not hold nought, without their sign, the smaller first."""
    low, high = sorted(abs(one) for one in (apart.low or 0.0, apart.high or 0.0))
    return f"{low:.3f} to {high:.3f}"


# --- alerts -----------------------------------------------------------------------------------------


def alerts_lead(alerts: Alerts) -> list[str]:
    model = next((way for way in alerts.ways if way.method == MODEL), None)
    if model is None or not alerts.exits:
        return ["In this time nobody is known to have left without a word, so there is nothing that could be caught."]
    sooner = model.days_sooner
    early = (
        f" The middle one was flagged {_days(sooner)} before a rule of 60 days would have noticed."
        if sooner.estimate is not None
        else ""
    )
    weeks = count(alerts.weeks, "weeks", "week")
    return [
        f"Replayed week by week, {weeks}: {figure(model.per_therapist_week)} new flags for each therapist and week. Of "
        f"the flags whose outcome is known, {base(model.record)} had left: {share(model.record)}.",
        f"Of the silent exits in that time, {base(model.caught)} were flagged before they were 60 days old: "
        f"{share(model.caught)}.{early}",
        *_beside_the_list(alerts),
    ]


def _beside_the_list(alerts: Alerts) -> list[str]:
    """The plain overdue list as it would have been for the same weeks: a flag has to be worth more than that."""
    way = next((way for way in alerts.ways if way.method == OVERDUE), None)
    if way is None:
        return []
    sooner = f", the middle one {_days(way.days_sooner)} before" if way.days_sooner.estimate is not None else ""
    return [
        f"The plain overdue list, which needs no model, would have shown {base(way.caught)} of them{sooner}, with "
        f"{figure(way.per_therapist_week)} new on it for each therapist and week."
    ]


def _days(found: Amount) -> str:
    if found.estimate is None or found.low is None or found.high is None:
        return ""
    return f"{found.estimate:.0f} days ({found.low:.0f} to {found.high:.0f})"


def brief_days(found: Amount) -> str:
    """Write "38 (31 to 44)"."""
    return figure(found, 0)


def caught(way: Caught) -> str:
    return f"{base(way.caught)}, {share(way.caught)}"


# --- headline and notes -----------------------------------------------------------------------------


def headline(evaluation: Evaluation) -> list[str]:
    """The two or three sentences that come first."""
    left = next((one for one in evaluation.questions if one.key == LEFT), None)
    model = of_method(left.overall, MODEL) if left else None
    if left is None or model is None:
        return ["Too few to tell how good the model is here: it takes ten silent exits, and ten who stayed."]
    off = parts_verdict(left) if beyond_chance(left) else None
    found = [_first(left, model), *([off] if off else []), _order(model)]
    other = best_other(left.overall)
    if other is not None:
        found.append(beside(other, plainly(other.method, evaluation.methods)))
    return found + (alerts_lead(evaluation.alerts)[1:2] if evaluation.alerts else [])


def _first(question: Question, model: Score) -> str:
    asked = f"Asked {question.rows:,} times whether a client had silently left"
    return f"{asked}, the model expected {model.expected:,.0f} to have, and {question.left:,} had."


def notes(evaluation: Evaluation) -> list[str]:
    """How it was judged, and what that cannot say."""
    first, last = evaluation.origins[0].at, evaluation.origins[-1].at
    return [
        f"Rolling origin: {count(len(evaluation.origins), 'times', 'time')} from {first.day} {first:%B %Y} to "
        f"{last.day} {last:%B %Y} everything was fitted on what was known then, asked, and compared with what "
        "happened afterwards. Nothing known later went in.",
        f"What happened: {evaluation.rule}. That is a rule too: someone counted as gone may still come back.",
        "AUC: of one who had left and one who had not, how often the right one was given the higher chance; 0.5 is a "
        "coin. Log score and Brier score: how far the chances were from what came; smaller is better.",
        "Every other method learned from the silences settled by that day, and got the same signals, the time quiet, "
        "and what is booked. The rules became chances through a logistic regression on that one thing.",
        "Ranges are 95 % intervals from a bootstrap of clients: the same client is asked about on several evenings. "
        f"With fewer than ten of either outcome nothing is said: {TOO_FEW}. The ranges of what came in each part count "
        "every evening by itself, and are a little too narrow.",
        "Many groups are looked at. One in twenty ranges misses the truth by chance alone. The bootstrap was drawn "
        f"with seed {evaluation.seed}.",
    ]


def muted_words(alerts: Alerts) -> str:
    return (
        " ".join(alerts.muted) if alerts.muted else "Flags are on for everyone: no group's chances are out of bounds."
    )


def summary(scored: Scored) -> str:
    """Write "1,204 times, 388 clients"."""
    return f"{count(scored.rows, 'times', 'time')}, {count(scored.clients, 'clients', 'client')}"

"""An evaluation in a terminal: sentences first, then the calibration as bars, then the tables behind them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from holdfast.insight import figures
from holdfast.insight.result import Amount
from holdfast.insight.terminal import Page
from holdfast.insight.words import percent
from holdfast.silence import evaluation_words as words
from holdfast.silence.baselines import BOOSTING, LOGISTIC, QUIET
from holdfast.silence.evaluation import MODEL, Alerts, Bin, Caught, Discrimination, Evaluation, Method, Question, Scored
from holdfast.silence.evaluation_svg import nice

BAR = 30  # columns for a bar of a hundred per cent
ROOMY = 104  # columns from which on every number has its range
BESIDE_A_BAR = 48  # columns that what was said and came takes
WIDE = 90  # columns from which on other methods have their place beside the model
LEAST = (7, 1)  # columns of the groups to leave out without room: the other method, then the times asked
BESIDE = (MODEL, QUIET, LOGISTIC, BOOSTING)  # over time; the report has them all


def show(evaluation: Evaluation, console: Console) -> None:
    """Print the evaluation for a person to read."""
    page = Page(console)
    _headline(page, evaluation)
    for question in evaluation.questions:
        _question(page, question, evaluation.methods)
    if evaluation.alerts is not None:
        _alerts(page, evaluation.alerts)
    _origins(page, evaluation)
    page.heading("How this was judged")
    for note in evaluation.notes:
        page.say(note, bullet="- ")


def _headline(page: Page, evaluation: Evaluation) -> None:
    title = f"{evaluation.practice} · the model on its own past" if evaluation.practice else "The model on its own past"
    page.gap()
    page.say(f"{title}, as known on {evaluation.at.day} {evaluation.at:%B %Y}", "dim")
    page.gap()
    for sentence in evaluation.headline:
        page.say(sentence, "bold")
        page.gap()


# --- a question -------------------------------------------------------------------------------------


def _question(page: Page, question: Question, methods: Sequence[Method]) -> None:
    page.heading(words.TITLES[question.key])
    for sentence in words.lead(question, methods):
        page.say(sentence)
    if question.overall.why_not:
        return
    page.gap()
    _calibration(page, question.curves.get(MODEL, []))
    _methods(page, question.overall, methods)
    _over_time(page, "AUC by how long he had been quiet", "Rhythms quiet", question.by_quiet, methods)
    _over_time(page, "AUC for who will have left, looking ahead", "", question.ahead, methods)
    _groups(page, question, methods)


def _calibration(page: Page, bins: Sequence[Bin]) -> None:
    """What was said, and what came, as bars: the mark stands where it was expected to end."""
    top = nice(max([*(one.share.high or 0 for one in bins), *(one.expected for one in bins)], default=1.0))
    longest = max((len(figures.base(one.share)) for one in bins), default=0)
    room = min(BAR, max(page.width - BESIDE_A_BAR - longest, 8))
    page.say("What was said, and what came", "bold")
    page.say(f"A whole bar would be {percent(top)}; the mark stands where it was expected to end.", "dim")
    page.gap()
    for found in bins:
        said, came = percent(found.expected), figures.share(found.share)
        line = f"  said {said:>10}  came {came:<20} "
        base = page.plain(f" {figures.base(found.share)}")
        page.line(Text.assemble(page.plain(line), _marked(page, found, room / top, room), base))
    page.gap()


def _marked(page: Page, found: Bin, scale: float, room: int) -> Text:
    signs = page.signs
    low, high = round(scale * (found.share.low or 0)), round(scale * (found.share.high or 0))
    cells = [signs.full if place < low else signs.perhaps if place < high else " " for place in range(room + 1)]
    cells[min(round(scale * found.expected), room)] = "|"
    return Text("".join(cells), style="cyan")


def _methods(page: Page, scored: Scored, methods: Sequence[Method]) -> None:
    page.say(f"Beside what a person could use instead ({scored.left:,} had left)", "bold")
    page.gap()
    names = {method.key: method.name for method in methods}
    roomy = page.width >= ROOMY
    heads = ["Method", "AUC (95 %)", "Log score", "Worse than\nthe model by"]
    rows = [
        [
            names[one.method],
            words.figure(one.auc),
            words.figure(one.log_score, 3) if roomy else _bare(one.log_score, 3),
            _beyond(one.method, one.beyond),
        ]
        for one in scored.scores
    ]
    page.table(heads, rows)
    page.gap()
    heads = ["Method", "Brier", "Expected", "Slope\n(1 is right)", "Intercept\n(0 is right)"]
    rows = [
        [
            names[one.method],
            _bare(one.brier, 3),
            f"{one.expected or 0:,.0f}",
            words.figure(one.slope),
            words.figure(one.intercept) if roomy else _bare(one.intercept, 2),
        ]
        for one in scored.scores
    ]
    page.table(heads, rows)
    page.gap()


def _beyond(method: str, found: Amount) -> str:
    return "" if method == MODEL else words.figure(found, 3, signed=True)


def _bare(found: Amount, places: int) -> str:
    return found.why_not or "" if found.estimate is None else f"{found.estimate:.{places}f}".replace("-", "−")


def _over_time(page: Page, title: str, head: str, parts: Sequence[Discrimination], methods: Sequence[Method]) -> None:
    if not parts:
        return
    page.say(title, "bold")
    page.gap()
    names = {method.key: method.name for method in methods}
    shown = BESIDE if page.width >= WIDE else BESIDE[:1]
    heads = [head, "Asked", "Had left", *(_two_lines(names[key]) for key in shown)]
    rows = [[part.label, f"{part.rows:,}", f"{part.left:,}", *_aucs(part, shown)] for part in parts]
    page.table(heads, rows)
    page.gap()


def _aucs(part: Discrimination, keys: Sequence[str]) -> list[str]:
    if len(keys) == 1:
        return [words.figure(part.auc[keys[0]])]
    return [words.figure(part.auc[key]) if key == MODEL else _bare(part.auc[key], 2) for key in keys]


def _two_lines(name: str) -> str:
    return name.replace(" ", "\n", 1)


def _groups(page: Page, question: Question, methods: Sequence[Method]) -> None:
    other = words.best_other(question.overall)
    key = other.method if other is not None else None
    name = words.name_of(methods, key) if key else ""
    page.say("Group by group", "bold")
    page.gap()
    heads = ["Group", "Asked", "Clients", "Had\nleft", "Expected", "For each one\nexpected", "AUC", _two_lines(name)]
    rows = {column: [_group(one, key) for one in question.groups if one.column == column] for column in words.COLUMNS}
    kept = _that_fit(page, [heads, *(row for some in rows.values() for row in some)])
    for column, title in words.COLUMNS.items():
        if rows[column]:
            page.say(title, "dim")
            page.table(*_only(kept, heads, rows[column]))
            page.gap()


def _that_fit(page: Page, rows: Sequence[Sequence[str]]) -> list[int]:
    """The columns for which there is room, so that no word and no number is cut."""
    widths = [max(len(line) for cell in column for line in cell.split("\n")) for column in zip(*rows, strict=True)]
    kept = list(range(len(widths)))
    for place in LEAST:
        if sum(widths[one] + 2 for one in kept) > page.width:
            kept.remove(place)
    return kept


def _only(
    kept: Sequence[int], heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[list[str], list[list[str]]]:
    return [heads[place] for place in kept], [[row[place] for place in kept] for row in rows]


def _group(scored: Scored, other: str | None) -> list[str]:
    start = [scored.label, f"{scored.rows:,}", f"{scored.clients:,}"]
    model = words.of_method(scored, MODEL)
    if model is None:
        return [*start, f"{scored.left:,}", "", scored.why_not or "", "", ""]
    beside = words.of_method(scored, other) if other else None
    return [
        *start,
        f"{scored.left:,}",
        f"{model.expected or 0:,.0f}",
        words.figure(model.ratio),
        _bare(model.auc, 2),
        _bare(beside.auc, 2) if beside else "",
    ]


# --- alerts, origins --------------------------------------------------------------------------------


def _alerts(page: Page, alerts: Alerts) -> None:
    page.heading("When to speak: the flags, replayed week by week")
    for sentence in words.alerts_lead(alerts):
        page.say(sentence)
    page.gap()
    for way in alerts.ways:
        _way(page, way)
    page.say(f"The budget: {alerts.budget}.", "dim")
    page.say(words.muted_words(alerts))


def _way(page: Page, way: Caught) -> None:
    """One way of choosing: a few lines under its name, which a narrow terminal has room for."""
    page.say(way.name, "bold")
    page.say(f"{way.flags:,} flags, {words.figure(way.per_therapist_week)} for each therapist and week", indent=4)
    page.say(f"had left: {figures.base(way.record)}, {figures.share(way.record)}", indent=4)
    page.say(f"exits caught: {words.caught(way)}", indent=4)
    page.say(f"days before a 60-day rule, the middle one: {words.brief_days(way.days_sooner)}", indent=4)
    page.gap()


def _origins(page: Page, evaluation: Evaluation) -> None:
    page.heading("What was known at each origin")
    page.table(
        ["Evening", "Sessions", "Endings\nlearned from", "Open\nepisodes", "The model stood on"],
        [
            [
                f"{one.at.day} {one.at:%b %Y}",
                f"{one.sessions:,}",
                f"{one.endings:,.0f}",
                f"{one.open_episodes:,}",
                "mostly studies" if one.mostly_published else "its own endings",
            ]
            for one in evaluation.origins
        ],
    )

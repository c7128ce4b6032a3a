"""The leak in a terminal: sentences first, then the funnel as bars, then the numbers behind them.

Every kind of loss has its own sign, so that nothing depends on colour. Where the terminal's encoding
cannot write blocks and typographic signs, plain letters stand in for them.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from holdfast.insight import bars, figures, sections
from holdfast.insight.result import Breakdown, Group, Leak, Point, Step
from holdfast.insight.words import DEFINITION_WORDS, people

WIDEST, WIDEST_TEXT = 110, 84
STEP_COLUMN, CAME_COLUMN = 16, 38
BESIDE = 100  # columns from which on a bar stands beside its name


_TOGETHER = "\ue000"  # stands for a space at which a line may not break
PLAIN = str.maketrans(
    {"–": "-", "−": "-", "’": "'", "“": '"', "”": '"', "…": "...", "·": "-", "\u00a0": " ", "χ": "chi", "²": "2"}
)


def show(leak: Leak, console: Console) -> None:
    """Print the leak for a person to read."""
    page = Page(console)
    _headline(page, leak)
    few = sections.too_few(leak)
    if few is not None:
        page.say(few)
    else:
        _figures(page, leak)
    _counted(page, leak)


def _figures(page: Page, leak: Leak) -> None:
    _lost(page, leak)
    _ended(page, leak.groups[0])
    _staying(page, leak.groups[0])
    for breakdown in leak.breakdowns:
        _groups(page, breakdown)
    _definitions(page, leak.groups[0])


class Page:
    """A console, and what it can write."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.letters_only = console.options.ascii_only or console.legacy_windows
        self.signs = bars.LETTERS if self.letters_only else bars.BLOCKS
        self.width = min(console.width, WIDEST)

    def plain(self, words: str) -> str:
        """Write words with what the console's encoding has."""
        words = "\n".join(figures.clean(line) for line in words.split("\n")).replace("\u00a0", " ")
        if not self.letters_only:
            return words
        encoding = self.console.encoding or "ascii"
        return words.translate(PLAIN).encode(encoding, "replace").decode(encoding)

    def say(self, words: str, style: str = "", indent: int = 2, bullet: str = "") -> None:
        """Write a paragraph; the lines after the first stand under it."""
        width = min(self.width - indent, WIDEST_TEXT) - len(bullet)
        together = _TOGETHER.join(self.plain(part) for part in words.replace(" %", "\u00a0%").split("\u00a0"))
        lines = Text(together).wrap(self.console, width)
        for place, line in enumerate(lines):
            line.rstrip()
            before = bullet if place == 0 else " " * len(bullet)
            self.line(Text(" " * indent + before + line.plain.replace(_TOGETHER, " "), style=style))

    def heading(self, words: str) -> None:
        self.gap()
        self.say(words, "bold", indent=0)
        self.gap()

    def gap(self) -> None:
        self.console.print()

    def line(self, text: Text) -> None:
        self.console.print(text, highlight=False, no_wrap=True, overflow="crop", crop=True)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table without lines: words to the left, numbers to the right."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for place, head in enumerate(heads):
            right = place > 0
            table.add_column(self.plain(head), justify="right" if right else "left", no_wrap=right, overflow="fold")
        for row in rows:
            table.add_row(*(Text(self.plain(cell)) for cell in row))
        self.console.print(Padding(table, (0, 0, 0, 2), expand=False), width=self.width, highlight=False)


def _headline(page: Page, leak: Leak) -> None:
    title = f"{leak.practice} · as" if leak.practice else "As"
    page.gap()
    page.say(f"{title} known on {leak.at.day} {leak.at:%B %Y, %H:%M}", "dim")
    page.gap()
    for sentence in leak.headline:
        page.say(sentence, "bold")
        page.gap()


# --- where people are lost --------------------------------------------------------------------------


def _lost(page: Page, leak: Leak) -> None:
    page.heading("Where people are lost")
    _key(page, leak.shared)
    beside = sections.beside(leak)
    for group in [leak.groups[0], *beside]:
        page.gap()
        page.say(_who(group), "bold")
        if sections.nothing_shown(group):
            page.say("Not shown: too few people.")
            continue
        whole = next((step.of for step in group.funnel if step.of), 0)
        for step in group.funnel:
            _step(page, step, whole)
    if len(leak.groups) > 1 and not beside:
        page.gap()
        page.say(f"Everyone counted here is one of these {people(leak.groups[0])}.")


def _who(group: Group) -> str:
    found = sections.base(group)
    if not found:
        return sections.name(group)
    return found if group.label == people(group) else f"{sections.name(group)}: {found}"


def _key(page: Page, shared: bool) -> None:
    words = {
        "came": "came",
        "silent": "left without a word",
        "never": "never came",
        "spoken": "ended another way",
        "waiting": "may still come, or not marked" if shared else "may still come",
        "unmarked": "not marked: nobody knows",
    }
    line = Text("  ")
    for kind, said in words.items():
        if kind == "unmarked" and shared:
            continue
        item = Text.assemble((getattr(page.signs, kind) * 2, bars.STYLES[kind]), f" {said}   ")
        if len(line) + len(item) > page.width + 3:
            line.rstrip()
            page.line(line)
            line = Text("  ")
        line.append(item)
    line.rstrip()
    page.line(line)


def _step(page: Page, step: Step, whole: int) -> None:
    """A name, a bar as long as all who booked, and beneath it what became of those who did not come."""
    name, came = step.name.capitalize(), _came(step)
    beside = page.width >= BESIDE
    room = page.width - 4 - (STEP_COLUMN + CAME_COLUMN if beside else 0)
    bar = bars.bar(page.signs, step, whole, room)
    page.gap()
    if beside:
        bar.append(" " * (room - len(bar)))
        page.line(Text.assemble("  ", name.ljust(STEP_COLUMN), bar, "  ", page.plain(came)))
    else:
        page.line(Text(page.plain(f"  {name.ljust(STEP_COLUMN)}{came}")))
        page.line(Text.assemble("  ", bar))
    words = _gone(step)
    if words:
        page.say(words, "", indent=2 + STEP_COLUMN if beside else 2)


def _came(step: Step) -> str:
    found = figures.base(step.share)
    if step.share is not None and step.share.estimate is not None:
        return f"{found:<14}  {figures.share(step.share)}"
    return found


def _gone(step: Step) -> str:
    gone = figures.lost(step)
    if step.reached is None:
        return figures.WHY_NOT_SHOWN
    if gone.hidden:
        if step.of is None:
            return figures.OTHERS_NOT_SHOWN
        return f"{step.of - step.reached:,} others: how they left is not shown"
    parts = (
        (gone.silent, "left without a word"),
        (gone.never_started, "never came"),
        (gone.spoken_of, "ended another way"),
        (gone.waiting, "may still come"),
        (gone.unmarked, "not marked"),
    )
    return " · ".join(f"{figures.number(count)} {words}" for count, words in parts if count)


# --- how it ended, how long people stay -------------------------------------------------------------


def _ended(page: Page, group: Group) -> None:
    page.heading(f"How it ended: {people(group)}")
    page.say(sections.ended(group))
    page.gap()
    rows = [
        [figures.ending(item.ending), figures.base(item.share), figures.share(item.share)]
        for item in figures.lost_first(group.endings)
    ]
    page.table(["Ending", "Courses", "Share (95 %)"], [*rows, ["still open", figures.number(group.open), ""]])
    known = [item for item in figures.lost_first(group.endings) if item.count and item.recorded is not None]
    if known:
        page.gap()
        by = [[figures.number(count) for count in (item.recorded, item.inferred, item.by_rule)] for item in known]
        rows = [[figures.ending(item.ending), *counts] for item, counts in zip(known, by, strict=True)]
        page.table(["Who says so", "On record", "Worked out", "By the rule"], rows)


def _staying(page: Page, group: Group) -> None:
    page.heading(f"How long people stay: {people(group)}")
    page.say(sections.staying(group))
    if not group.staying_sessions.points:
        return
    page.gap()
    room = max(min(page.width, WIDEST_TEXT) - 44, 10)
    for point in figures.points_at(group.staying_sessions, figures.READ_AT_SESSIONS):
        after = f"  after {point.time:>2g} session{'' if point.time == 1 else 's':<1}  {figures.share(point):<16}  "
        page.line(Text.assemble(page.plain(after), bars.range_bar(page.signs, point, room)))
    page.gap()
    _small_curve(page, group.staying_sessions.points)
    page.gap()
    page.say(sections.mean_sessions(group))
    page.say(f"Of {group.staying_sessions.of:,} courses whose first step can be told by now.", "dim")


def _small_curve(page: Page, points: Sequence[Point]) -> None:
    top = len(page.signs.heights) - 1
    each = 2 if page.width >= 2 * len(points) + 24 else 1
    line = "".join(page.signs.heights[round(point.estimate * top)] * each for point in points)
    marks = "".join(f"{point.time:<{5 * each}g}" for point in points if point.time % 5 == 0)
    words = "share still coming, in tenths" if page.letters_only else "share still coming"
    page.line(Text.assemble("  ", (line, "cyan"), f"  {words}"))
    page.line(Text(f"  {marks.rstrip()} sessions", style="dim"))


# --- groups, definitions, and how it was counted ----------------------------------------------------


def _groups(page: Page, breakdown: Breakdown) -> None:
    page.heading(f"Groups beside each other, by {sections.column(breakdown)}")
    page.say(sections.groups(breakdown))
    page.gap()
    rows = [
        [
            sections.name(group),
            figures.number(group.episodes),
            figures.silent_by_fifth(group),
            figures.amount(group.restricted_mean_sessions),
        ]
        for group in breakdown.groups
    ]
    first = breakdown.groups[0].restricted_to if breakdown.groups else 10
    page.table(["Group", "Courses", "Without a word\nby session 5", f"Sessions,\nof the first {first}"], rows)
    for what, comparisons in sections.differences(breakdown).items():
        page.gap()
        page.say(f"Differences in: {what}")
        page.table(
            ["First minus second", "Difference (95 %)"],
            [[sections.compared(one), figures.difference(one)] for one in comparisons],
        )
    for words in (sections.two_questions(breakdown), *map(sections.overall, breakdown.tests)):
        if words:
            page.gap()
            page.say(words)


def _definitions(page: Page, group: Group) -> None:
    names = DEFINITION_WORDS
    page.heading("What others call dropout")
    page.say(sections.definitions(group))
    for item in group.dropout:
        page.say(f"{names[item.definition]}: {item.words}.", bullet="- ")
    page.gap()
    rows = [
        [
            names[item.definition],
            figures.share(item.share),
            figures.base(item.share),
            figures.number(item.cannot_tell),
        ]
        for item in group.dropout
    ]
    page.table(["Meaning", "Share (95 %)", "Of", "Cannot tell"], rows)
    page.gap()
    page.say(sections.disagreement(group))
    if any(item.share.estimate is not None for item in group.disagreement):
        pairs = [(f"{names[item.first]} / {names[item.second].lower()}", item.share) for item in group.disagreement]
        page.gap()
        rows = [[pair, figures.share(share), figures.base(share)] for pair, share in pairs]
        page.table(["They differ", "Share (95 %)", "Of"], rows)


def _counted(page: Page, leak: Leak) -> None:
    page.heading("How good the data are")
    page.say(sections.evidence(leak))
    for line in sections.surer(leak):
        page.say(line, bullet="- ")
    page.heading("How this was counted")
    for note in leak.notes:
        page.say(note, bullet="- ")
    page.say(f"Holdfast {leak.holdfast_version}.", bullet="- ")

"""The parts of the practice's figures, in every state: what is shown, what is too small to be, and what is not yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from holdfast.insight import svg
from holdfast.insight.result import Share, Step
from holdfast_site.audit.refused import Lately
from holdfast_site.gallery.parts import NOW, Part, State
from holdfast_site.handover.receiving import Unreceived
from holdfast_site.insight.drawn import Drawn, Row
from holdfast_site.insight.selectors import Backup, Open
from holdfast_site.insight.small import few, part, words


@dataclass(frozen=True, slots=True)
class Switches:
    """How long it took to be handed over, and of how many that is the middle."""

    switch_days: int | None
    switches: int | None


def _open(matters: int, nobodys: int) -> dict[str, object]:
    return {"open": Open(matters, part(nobodys, matters), 9), "matters": words(matters)}


OPEN = Part(
    "open",
    "What is open",
    [
        State("Nothing", "insight/_open.html", _open(0, 0)),
        State("Few", "insight/_open.html", _open(4, 1)),
        State("Many, some of them nobody's", "insight/_open.html", _open(41, 12)),
        State("Many, and all of them nobody's", "insight/_open.html", _open(41, 41)),
        State("Many, and each has somebody", "insight/_open.html", _open(41, 0)),
    ],
)
BACKUPS = Part(
    "backups",
    "Backups",
    [
        State("Made today", "insight/_backup.html", {"backup": Backup(NOW, 0)}),
        State("Old", "insight/_backup.html", {"backup": Backup(NOW - timedelta(days=9), 9)}),
        State("None yet", "insight/_backup.html", {"backup": Backup(None, None)}),
    ],
)
UNRECEIVED = Part(
    "unreceived",
    "What may reach nobody",
    [State(one.value.capitalize(), "insight/_unreceived.html", {"unreceived": one}) for one in Unreceived],
)
ASKED = Part(
    "asked",
    "Are people asked?",
    [
        State("Shown", "insight/_asked.html", {"asked": part(120, 200), "few": few()}),
        State("Nobody was asked", "insight/_asked.html", {"asked": part(0, 0), "few": few()}),
        State("The rest would give it away", "insight/_asked.html", {"asked": part(195, 200), "few": few()}),
        State("Too few to tell", "insight/_asked.html", {"asked": part(2, 7), "few": few()}),
    ],
)
REFUSED = Part(
    "refused",
    "Asked for and not shown",
    [
        State("Nothing", "insight/_refused.html", {"refused": Lately(0, 0, False)}),
        State("Once, by somebody", "insight/_refused.html", {"refused": Lately(1, 1, False)}),
        State("Much within an hour", "insight/_refused.html", {"refused": Lately(42, 2, True)}),
    ],
)
SWITCHED = Part(
    "switched",
    "How long until somebody else",
    [
        State("Shown", "insight/_switches.html", {"week": Switches(12, 14), "few": few()}),
        State("Nobody yet", "insight/_switches.html", {"week": Switches(None, 0), "few": few()}),
        State("Too few to tell", "insight/_switches.html", {"week": Switches(None, None), "few": few()}),
    ],
)
ROWS = [
    Row("First session", "208 of 260", "80 % (75 to 84)"),
    Row("Second session", "not shown", "too few to tell"),
]
STEPS = [
    Step(
        name="first session",
        session=1,
        reached=208,
        of=260,
        share=Share(count=208, of=260, estimate=0.8, low=0.75, high=0.84),
        lost={"silent": 31, "never_started": 15},
        waiting=6,
    ),
    Step(name="second session", session=2, reached=150, of=208, share=Share(count=150, of=208), lost={"silent": None}),
]
FUNNEL = svg.funnel(STEPS, name="funnel-0", title="Everybody, until the second session", desc="Made up.")
EVERYBODY = Drawn("Everybody", "260 courses of 240 people.", FUNNEL, ROWS, [], "", "")
FEW_PEOPLE = replace(EVERYBODY, name="Under 25", base="10 or fewer people.", funnel=None)
LOST = Part(
    "lost",
    "Where people are lost",
    [
        State("A drawing, with what may not be shown", "insight/_group.html", {"one": EVERYBODY}),
        State("Too few people", "insight/_group.html", {"one": FEW_PEOPLE}),
        State(
            "The numbers beside a drawing",
            "insight/_rows.html",
            {"rows": ROWS, "caption": "Who came, of those who reached the step before", "head": "Step"},
        ),
    ],
)

PARTS: Sequence[Part] = (OPEN, BACKUPS, UNRECEIVED, ASKED, REFUSED, SWITCHED, LOST)

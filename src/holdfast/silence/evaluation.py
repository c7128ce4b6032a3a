"""An evaluation as data: what the JSON holds, the report draws and the terminal prints.

These classes are the published schema (``holdfast schema evaluation``). Within one ``schema_version`` fields are
only ever added. An amount without enough people behind it has no estimate, and says so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from holdfast.errors import UsageError
from holdfast.insight.result import Amount, Share
from holdfast.insight.schema import DIALECT, open_schema

SCHEMA_VERSION = "1"
MODEL = "model"
EVERYONE = "everyone"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Method(_Part):
    """One way to give a chance: the model, or something a person could use instead."""

    key: str
    name: str
    words: str  # how it works, in a sentence


class Score(_Part):
    """How good one method's chances were on one set of rows. Intervals are 95 %, by client.

    ``beyond`` is this method's log score minus the model's on the same rows: above 0, the model was better.
    """

    method: str
    auc: Amount  # chance that one who had left was given the higher chance; 0.5 is a coin
    log_score: Amount  # smaller is better
    brier: Amount  # smaller is better
    intercept: Amount  # 0 is right
    slope: Amount  # 1 is right
    expected: float | None  # how many were expected to have left
    ratio: Amount  # observed to expected; 1 is right
    beyond: Amount
    auc_beyond: Amount  # the model's AUC minus this one's: above 0, the model was better


class Scored(_Part):
    """One set of rows with every method's score."""

    column: str  # "gender"; "everyone" for all rows
    label: str
    rows: int
    clients: int
    left: int
    why_not: str | None = None  # too few to tell
    scores: list[Score] = Field(default_factory=list)


class Discrimination(_Part):
    """How well each method told apart, at one time: after so long a silence, or for so long ahead."""

    label: str
    rows: int
    clients: int
    left: int
    auc: dict[str, Amount]


class Bin(_Part):
    """Rows that were given about the same chance: what was said, and what came."""

    expected: float
    share: Share
    clients: int | None = None  # how many different ones: some are in it more than once


class Question(_Part):
    """One question, asked on many evenings, with its answers beside what happened afterwards."""

    key: str
    words: str
    rows: int
    clients: int
    left: int
    stayed: int
    undecided: int
    overall: Scored
    groups: list[Scored]
    by_quiet: list[Discrimination] = Field(default_factory=list)
    ahead: list[Discrimination] = Field(default_factory=list)
    curves: dict[str, list[Bin]] = Field(default_factory=dict)


class Origin(_Part):
    """One day on which the model was fitted on what was known then."""

    at: datetime
    sessions: int
    endings: float  # that the model could learn from, silent ones by their chance
    mostly_published: bool
    open_episodes: int
    labelled: int  # silences settled by then, from which the baselines learned
    labelled_left: int


class Caught(_Part):
    """What one way of flagging would have cost and found, week by week, with the same budget."""

    method: str
    name: str
    flags: int
    per_therapist_week: Amount
    record: Share  # of the flags whose outcome is known: he had left
    undecided: int
    caught: Share  # of the silent exits in that time: flagged before the 60-day rule would have noticed
    days_sooner: Amount  # than the 60-day rule, the middle of those caught


class Alerts(_Part):
    """The policy replayed week by week over the evaluation's time."""

    first: datetime
    last: datetime
    weeks: int
    therapist_weeks: int
    exits: int
    budget: str
    ways: list[Caught]
    muted: list[str]


class Evaluation(_Part):
    """How good the model has been here, beside what a person could use instead."""

    schema_version: str = SCHEMA_VERSION
    holdfast_version: str
    practice: str | None
    at: datetime
    seed: int
    rule: str
    window_days: int
    methods: list[Method]
    origins: list[Origin]
    questions: list[Question]
    alerts: Alerts | None
    headline: list[str]
    notes: list[str]

    @classmethod
    def read(cls, text: str) -> Evaluation:
        """Read what ``--json`` wrote.

        Raises
        ------
        UsageError
            If it is not an evaluation, or one of another version.
        """
        try:
            found = cls.model_validate_json(text)
        except ValueError as error:
            raise UsageError("This is not an evaluation. Make one: holdfast evaluate DIR --json FILE") from error
        if found.schema_version != SCHEMA_VERSION:
            raise UsageError(
                f"This evaluation has version {found.schema_version}; this Holdfast reads {SCHEMA_VERSION}. "
                f"Make it again: holdfast evaluate DIR --json FILE"
            )
        return found


def evaluation_schema() -> dict[str, Any]:
    """Return the JSON schema of what ``holdfast evaluate --json`` writes; it accepts fields added later."""
    found: dict[str, Any] = open_schema(Evaluation.model_json_schema(mode="serialization"))
    found["properties"]["schema_version"]["const"] = SCHEMA_VERSION
    return {
        "$schema": DIALECT,
        "$id": f"urn:holdfast:schema:evaluation:{SCHEMA_VERSION}",
        "version": SCHEMA_VERSION,
        **found,
    }

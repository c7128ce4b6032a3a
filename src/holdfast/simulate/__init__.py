"""Practices whose truth is known: for the demo, for tests, and for judging a model."""

from holdfast.simulate.demo import SimulatedPractice, demo_practice, simulate, write
from holdfast.simulate.fates import Fate, Fates, Where, gone_unsaid, left_by
from holdfast.simulate.truth import EpisodeTruth, SessionTruth
from holdfast.simulate.world import (
    DEMO,
    DEMO_NOW,
    DEMO_SEED,
    Asking,
    Burst,
    Effects,
    Habits,
    Rates,
    Records,
    World,
)
from holdfast.simulate.worlds import WORLDS

__all__ = [
    "DEMO",
    "DEMO_NOW",
    "DEMO_SEED",
    "WORLDS",
    "Asking",
    "Burst",
    "Effects",
    "EpisodeTruth",
    "Fate",
    "Fates",
    "Habits",
    "Rates",
    "Records",
    "SessionTruth",
    "SimulatedPractice",
    "Where",
    "World",
    "demo_practice",
    "gone_unsaid",
    "left_by",
    "simulate",
    "write",
]

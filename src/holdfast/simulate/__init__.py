"""Practices whose truth is known: for the demo, for tests, and for judging a model."""

from holdfast.simulate.demo import SimulatedPractice, demo_practice, write
from holdfast.simulate.truth import EpisodeTruth, SessionTruth
from holdfast.simulate.world import DEMO, DEMO_NOW, DEMO_SEED, Asking, Effects, Rates, Records, World

__all__ = [
    "DEMO",
    "DEMO_NOW",
    "DEMO_SEED",
    "Asking",
    "Effects",
    "EpisodeTruth",
    "Rates",
    "Records",
    "SessionTruth",
    "SimulatedPractice",
    "World",
    "demo_practice",
    "write",
]

"""A file for a study: who is in it, what is left of what is known of them, and what the file says of itself."""

from holdfast.study.cells import LEAST, LEAST_OF_A_THERAPIST
from holdfast.study.deidentified import Deidentified, deidentified
from holdfast.study.packed import About, packed
from holdfast.study.release import next_release

__all__ = ["LEAST", "LEAST_OF_A_THERAPIST", "About", "Deidentified", "deidentified", "next_release", "packed"]

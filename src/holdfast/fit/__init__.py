"""How a session felt: what the check-in's answers are called, and when one has fallen."""

from holdfast.fit.answers import FALL as FALL
from holdfast.fit.answers import TITLES as TITLES

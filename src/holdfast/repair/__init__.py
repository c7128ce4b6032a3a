"""What could be said or done about a reason, and what followed when it was."""

from holdfast.repair.followed import Followed, Tally, followed, tally
from holdfast.repair.suggestions import SUGGESTIONS, Side, Suggestion, suggestions_for

__all__ = ["SUGGESTIONS", "Followed", "Side", "Suggestion", "Tally", "followed", "suggestions_for", "tally"]

"""A log that says where something went wrong, and never for whom or with what words in it.

Addresses hold the links of check-ins, and the text of an error may hold what somebody wrote: neither is logged.
"""

from __future__ import annotations

import logging
import traceback


class QuietFormatter(logging.Formatter):
    """Level, kind of error and the lines of code it passed through."""

    def format(self, record: logging.LogRecord) -> str:
        where = f"{record.name}:{record.lineno}"
        if not record.exc_info or record.exc_info[0] is None:
            return f"{record.levelname} {where}"
        kind, _, trace = record.exc_info
        steps = (f"  {step.filename}:{step.lineno} {step.name}" for step in traceback.extract_tb(trace))
        return "\n".join([f"{record.levelname} {where} {kind.__name__}", *steps])

"""Every signal, declared once. Adding one is one declaration and its test."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.silence.signals.kept import KEPT
from holdfast.silence.signals.person import PERSON
from holdfast.silence.signals.said import SAID
from holdfast.silence.signals.signal import PENDING, UNASKED, UNKNOWN, Known, Signal

SIGNALS: Mapping[str, Signal] = {signal.name: signal for signal in (*KEPT, *SAID, *PERSON)}

__all__ = ["PENDING", "SIGNALS", "UNASKED", "UNKNOWN", "Known", "Signal"]

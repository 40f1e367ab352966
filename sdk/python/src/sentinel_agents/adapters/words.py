"""What a held agent says to the host and to the model, and what adapters read of answers."""

from typing import Any, Optional

from ..hold import SentinelHold


def notice(hold: SentinelHold) -> str:
    """For the host and the thread: the run ended here."""
    return f"Stopped by Sentinel: {hold.reason}."


def refusal(hold: SentinelHold) -> str:
    """For the model, as the answer of the tool that was not run."""
    reason = hold.reason if hold.reason.endswith(".") else f"{hold.reason}."
    return f"Not run: {reason}" + ("" if not hold.ends_run else " It may be tried again later.")


def count(x: Any) -> Optional[float]:
    """A number of tokens; None for what is none."""
    return x if isinstance(x, (int, float)) and not isinstance(x, bool) and x >= 0 else None


def text(*candidates: Any) -> Optional[str]:
    """The first that is a text with something in it."""
    return next((c for c in candidates if isinstance(c, str) and c), None)

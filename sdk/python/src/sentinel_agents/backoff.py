"""How long to wait before the next attempt. All in seconds."""

import random
from email.utils import parsedate_to_datetime
from typing import Callable, Optional

#: Longest wait that a Retry-After may ask for: a server's mistake must not silence an agent for a day.
_MAX_RETRY_AFTER_S = 300.0


def backoff(attempt: int, least: float, most: float, luck: Callable[[], float] = random.random) -> float:
    """Exponential back-off with full jitter (Brooker 2015, "Exponential Backoff And Jitter"), never below a tenth of `least`."""
    ceiling = min(most, least * 2.0 ** min(attempt, 30))
    return max(least / 10, luck() * ceiling)


def retry_after(header: Optional[str], now: float) -> Optional[float]:
    """A Retry-After header (seconds, or an HTTP date) as seconds from `now` (epoch); None when absent or unreadable."""
    if header is None or not header.strip():
        return None
    try:
        wait = float(header)
    except ValueError:
        try:
            wait = parsedate_to_datetime(header).timestamp() - now
        except (TypeError, ValueError, IndexError, OverflowError):
            return None
    return min(max(wait, 0.0), _MAX_RETRY_AFTER_S) if wait == wait else None

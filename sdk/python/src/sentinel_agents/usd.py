"""Sums of money are kept in whole billionths of a dollar, as Sentinel keeps them: a budget that is met exactly is used up at
that call."""

import math
from typing import Optional

_NANO = 1_000_000_000


def nano_of(usd: float) -> int:
    """Half a billionth counts as a whole one, as on the server. What is no number counts as nothing."""
    dollars = float(usd)
    return math.floor(dollars * _NANO + 0.5) if math.isfinite(dollars) else 0


def plus_usd(total: Optional[float], usd: Optional[float]) -> Optional[float]:
    """Adds USD to a sum that may not be known, without what adding fractions leaves."""
    return total if usd is None else (nano_of(total or 0) + nano_of(usd)) / _NANO


def reached_usd(used: float, *limit: float) -> bool:
    """Whether USD have reached a limit, given in parts. One below a billionth counts as that much."""
    return nano_of(used) >= max(1, sum(map(nano_of, limit)))

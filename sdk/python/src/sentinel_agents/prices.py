"""What a call costs, where the host says what tokens cost."""

from dataclasses import dataclass
from typing import Optional

_PER = 1_000_000


@dataclass(frozen=True)
class Price:
    """USD per million tokens. A part that is left out is charged as plain input."""

    input: float
    output: float
    cached_input: Optional[float] = None
    cache_write: Optional[float] = None


def cost_of(
    price: Optional[Price],
    input_tokens: Optional[float],
    output_tokens: Optional[float],
    cached: Optional[float] = None,
    written: Optional[float] = None,
) -> Optional[float]:
    """USD for one call; None without a price or a token count. Input tokens include the cached and the written ones."""
    if price is None or input_tokens is None or output_tokens is None:
        return None
    cached = min(cached or 0, input_tokens)
    written = min(written or 0, input_tokens - cached)
    total = (input_tokens - cached - written) * price.input + output_tokens * price.output
    total += cached * (price.input if price.cached_input is None else price.cached_input)
    total += written * (price.input if price.cache_write is None else price.cache_write)
    return total / _PER

"""System prompts that were in use, kept so that the agent can go back to one."""

from dataclasses import dataclass
from typing import Any, Optional


@dataclass(frozen=True)
class HeldPrompt:
    hash: str
    version: Optional[str]
    prompt: Any


class HeldPrompts:
    """The last `limit` distinct prompts by hash, newest use last. Not safe for threads: its guard locks."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: dict[str, HeldPrompt] = {}

    def see(self, hash: str, version: Optional[str], prompt: Any) -> bool:
        """Whether the set of hashes changed. A hash held already keeps its first text: that is what worked."""
        known = self._held.pop(hash, None)
        self._held[hash] = known or HeldPrompt(hash, version, prompt)
        while len(self._held) > self._limit:
            del self._held[next(iter(self._held))]
        return known is None

    def get(self, hash: str) -> Optional[HeldPrompt]:
        return self._held.get(hash)

    def hashes(self) -> list[str]:
        return list(self._held)

"""The newest directive and its lease."""

from typing import Callable, Optional, Union

from .wire import Budget, Directive

#: What holds without a directive: nothing, or no work at all.
FREE = "free"
CLOSED = "closed"
InForce = Union[Directive, str]


class DirectiveState:
    """Any answer that carries a directive of ours, newer or not, is contact and renews the lease by the newest one's
    `lease_seconds`. After it `when_unreachable` ("open" or "closed") holds, except that `retired` never lapses: a
    successor may be at work. `now` is monotonic seconds. Not safe for threads: its guard locks."""

    def __init__(self, when_unreachable: str, now: Callable[[], float]) -> None:
        if when_unreachable not in ("open", "closed"):
            raise ValueError('when_unreachable must be "open" or "closed"')
        self._otherwise = FREE if when_unreachable == "open" else CLOSED
        self._now = now
        self.latest: Optional[Directive] = None
        #: Of each run, and of each tree. They outlive the lease: what a run may use does not grow because nobody can be asked.
        self.budgets: tuple[Budget, ...] = ()
        self.tree_budgets: tuple[Budget, ...] = ()
        self._lease_ends = 0.0

    def receive(self, directive: Directive) -> bool:
        """Whether it is newer than the one held."""
        newer = self.latest is None or directive.version > self.latest.version
        if newer:
            self.latest = directive
        # Budgets are no part of a version: any answer brings those of now.
        self.budgets, self.tree_budgets = directive.budgets, directive.tree_budgets
        self._lease_ends = self._now() + (self.latest or directive).lease_seconds
        return newer

    def in_force(self) -> InForce:
        latest = self.latest
        if latest and (latest.status == "retired" or self._now() < self._lease_ends):
            return latest
        return self._otherwise

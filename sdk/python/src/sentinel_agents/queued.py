"""Tasks that a quarantine keeps from starting, and what the host decides on them."""

from dataclasses import dataclass
from typing import Any, Callable, Optional, Sequence, Union

from .quiet import quietly
from .wire import Directive, Event

#: `keep`: it waits for the release, within the pause budget, and stays in the host's queue after that; `drop`: it is not
#: done; `reassign`: another agent does it.
DECISIONS = ("keep", "drop", "reassign")
#: A decision; with `reassign` also as a pair with the agent that has the task now, which is else the directive's.
Decided = Union[str, tuple[str, str]]
#: Decisions that one hand-over reports; a longer queue is the host's to sum up.
MAX_HANDED_OVER = 1000


@dataclass(frozen=True)
class QueuedTask:
    """A task that did not start: how the agent is stopped, why, and who takes over, where one was named."""

    task_id: Optional[str]
    level: str
    reason: str
    hand_over_to: Optional[str]


@dataclass(frozen=True)
class HandOver:
    """What a host is told once when its tasks are to be handed over. `queued`: those that wait at the gate of this process."""

    to: Optional[str]
    reason: str
    queued: Sequence[QueuedTask]


class Waiting:
    """One task at the gate. `decision` is None before the host was asked; "none" where it did not say."""

    def __init__(self, task_id: Optional[str]) -> None:
        self.task_id = task_id
        self.decision: Optional[str] = None

    def waits(self, directive: Directive) -> bool:
        """Whether it waits on under this quarantine."""
        if self.decision == "keep":
            return True
        return directive.level == "hold_new" and self.decision not in ("drop", "reassign")


class Queue:
    """Not safe for threads, but for the calls of the host's hooks: its guard locks."""

    def __init__(
        self,
        on_queued: Optional[Callable[[QueuedTask], Decided]],
        on_hand_over: "Optional[Callable[[HandOver], Optional[Sequence[tuple[str, Decided]]]]]",
        report: Callable[[Event], None],
    ) -> None:
        self._on_queued = on_queued
        self._on_hand_over = on_hand_over
        self._report = report
        self.waiting: "set[Waiting]" = set()

    def asks(self, task: Waiting) -> bool:
        """Whether the host is to be asked about it."""
        return self._on_queued is not None and task.decision is None

    def ask(self, task: Waiting, directive: Directive) -> None:
        """Asks the host, without a lock: it is the host's code."""
        task.decision = "none"
        with quietly():
            said = self._on_queued(_about(task, directive)) if self._on_queued else None
            task.decision = self._record(task.task_id, said, directive) or "none"

    def hand_over(self, directive: Directive, waiting: Sequence[Waiting]) -> None:
        """Tells the host, and records what it did with its tasks, those of its own queue as well."""
        if self._on_hand_over is None:
            return
        queued = [_about(task, directive) for task in waiting]
        with quietly():
            handed = self._on_hand_over(HandOver(directive.hand_over_to, directive.reason, queued)) or ()
            for task_id, said in list(handed)[:MAX_HANDED_OVER]:
                decided = self._record(task_id, said, directive)
                for task in waiting:
                    if decided and task.task_id == task_id:
                        task.decision = decided

    def _record(self, task_id: Optional[str], said: Any, directive: Directive) -> Optional[str]:
        decision, to = said if isinstance(said, tuple) else (said, directive.hand_over_to)
        if decision not in DECISIONS:
            return None
        attributes = {"level": directive.level, "to": to if decision == "reassign" else None}
        known = {name: value for name, value in attributes.items() if value}
        self._report({"kind": "queued_task", "task_id": task_id, "outcome": decision, "attributes": known})
        return str(decision)


def _about(task: Waiting, directive: Directive) -> QueuedTask:
    return QueuedTask(task.task_id, directive.level or "drain", directive.reason, directive.hand_over_to)

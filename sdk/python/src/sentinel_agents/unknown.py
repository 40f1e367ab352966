"""Tool calls that were cut off, so it is unknown whether they took effect."""

from typing import Optional

from .runs import Run

#: Threads remembered; a process that cuts off more than this many forgets the oldest.
MAX_THREADS = 1000


def _thread_of(run: Optional[Run]) -> str:
    """As the host named it, else its task, else its root. Calls outside of runs share one."""
    return (run.thread_id or run.task_id or run.root_run_id) if run is not None else ""


class UnknownOutcomes:
    """By thread. A call is made again in its thread only with the idempotency key that it was made with before, by which
    its receiver knows it again. Not safe for threads: its guard locks."""

    def __init__(self) -> None:
        self._threads: "dict[str, dict[str, Optional[str]]]" = {}

    def note(self, run: Optional[Run], action: str, key: Optional[str]) -> None:
        self._threads.setdefault(_thread_of(run), {})[action] = key
        while len(self._threads) > MAX_THREADS:
            del self._threads[next(iter(self._threads))]

    def forbids(self, run: Optional[Run], action: str, key: Optional[str]) -> bool:
        actions = self._threads.get(_thread_of(run), {})
        return action in actions and (key is None or actions[action] != key)

"""Runs: what an agent does for one request, and its totals."""

import math
import uuid
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from typing import Any, Callable, Optional, Union

from .trees import Place, Tree, Trees
from .usd import plus_usd
from .wire import Event

#: Runs kept open at most; a host that never ends its runs loses the totals of the oldest.
MAX_OPEN_RUNS = 1000


@dataclass(eq=False)
class Run:
    """Totals so far. Sums are None until the first known value: unknown is not 0."""

    started_at: float
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    root_run_id: str = ""
    parent_run_id: Optional[str] = None
    task_id: Optional[str] = None
    last_seen_at: float = 0.0
    #: Seconds spent waiting at the gate: not the agent's own time.
    waited: float = 0.0
    in_flight: int = 0
    #: Calls that have not ended.
    open_calls: set[Any] = field(default_factory=set)
    model_calls: int = 0
    tool_calls: int = 0
    refused_tool_calls: int = 0
    input_tokens: Optional[float] = None
    output_tokens: Optional[float] = None
    tokens: Optional[float] = None
    cost: Optional[float] = None
    #: Failures in a row: of the model, and of each tool. The next attempt reports them as its retries.
    model_failures: int = 0
    tool_failures: dict[str, int] = field(default_factory=dict)
    #: Calls made by action; finished ones with another result start the count again.
    identical: dict[str, int] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    told_of: set[str] = field(default_factory=set)
    #: Set when something other than the agent decided how this run ends.
    outcome: Optional[str] = None
    error_type: Optional[str] = None
    #: Why it must not go on, even if the gate has opened again meanwhile: the word, and the reason.
    condemned: Optional[tuple[str, str]] = None
    #: The graph step at which a framework will end it, where that is known.
    last_step: Optional[int] = None
    #: How and when it will end, unless it goes on.
    ending: Optional[tuple[str, float]] = None
    #: The conversation that it belongs to, where the host has such.
    thread_id: Optional[str] = None
    #: In its tree; None for a run that its guard did not begin.
    place: Optional[Place] = None

    def __post_init__(self) -> None:
        self.root_run_id = self.root_run_id or self.parent_run_id or self.run_id
        self.last_seen_at = self.started_at

    def ids(self) -> Event:
        return {
            "run_id": self.run_id,
            "root_run_id": self.root_run_id,
            "parent_run_id": self.parent_run_id,
            "task_id": self.task_id,
        }

    def finished(self, action: str, result: str) -> None:
        """Notes the result of a call, for the count of identical ones."""
        if self.results.get(action, result) != result:
            self.identical[action] = 1
            self.told_of.discard(action)
        self.results[action] = result

    def end_event(self, outcome: str, now: float) -> Event:
        """Its totals as its last event. Success is said only of runs that ended by themselves."""
        return {
            "kind": "run_end",
            "outcome": outcome,
            "success": {"success": True, "error": False}.get(outcome),
            "error_type": self.error_type if outcome == "error" else None,
            "latency_ms": max(0.0, now - self.started_at - self.waited) * 1000,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "token_count": self.tokens,
            "cost": self.cost,
            "tool_calls": self.tool_calls,
            "attributes": {"model_calls": self.model_calls, "refused_tool_calls": self.refused_tool_calls},
        }


_here: "ContextVar[Optional[Run]]" = ContextVar("sentinel_run", default=None)


def current_run() -> Optional[Run]:
    """The run that this code works for. New threads do not inherit it: hand them the run."""
    return _here.get()


def enter_run(run: Run) -> "Token[Optional[Run]]":
    return _here.set(run)


def leave_run(token: "Token[Optional[Run]]") -> None:
    """Quietly where another context ends the run than began it, as generators of some frameworks do."""
    try:
        _here.reset(token)
    except ValueError:
        pass


def plus(total: Optional[float], x: Optional[float]) -> Optional[float]:
    """Adds what is known to a sum that may not be."""
    return total if x is None else (total or 0) + x


def _amount(x: Optional[float]) -> Optional[float]:
    """What a host gives that is no amount (NaN, negative) is unknown: one such call must not keep a budget from being reached."""
    return x if x is not None and math.isfinite(x) and x >= 0 else None


def add(
    to: Union[Run, Tree],
    *,
    input_tokens: Optional[float] = None,
    output_tokens: Optional[float] = None,
    tokens: Optional[float] = None,
    cost: Optional[float] = None,
) -> None:
    """Counts what a call has used."""
    to.input_tokens = plus(to.input_tokens, _amount(input_tokens))
    to.output_tokens = plus(to.output_tokens, _amount(output_tokens))
    to.tokens = plus(to.tokens, _amount(tokens))
    to.cost = plus_usd(to.cost, _amount(cost))


class Runs:
    """The open runs of one agent instance, with their places in the trees that it shares with others. Not safe for threads:
    its guard locks."""

    def __init__(self, now: Callable[[], float], trees: Trees) -> None:
        self._now = now
        self._trees = trees
        self._open: dict[str, Run] = {}

    def start(
        self,
        run_id: Optional[str] = None,
        parent_run_id: Optional[str] = None,
        root_run_id: Optional[str] = None,
        task_id: Optional[str] = None,
        thread_id: Optional[str] = None,
    ) -> Run:
        at, run_id = self._now(), run_id or str(uuid.uuid4())
        place = self._trees.join(run_id, parent_run_id, root_run_id, at)
        run = Run(at, run_id, place.tree.root_run_id, parent_run_id, task_id)
        run.thread_id, run.place = thread_id, place
        self._open[run.run_id] = run
        while len(self._open) > MAX_OPEN_RUNS:
            del self._open[next(iter(self._open))]
        return run

    def get(self, run_id: str) -> Optional[Run]:
        return self._open.get(run_id)

    def end(self, run: Run) -> bool:
        """Whether it was open."""
        return self._open.pop(run.run_id, None) is not None

    def all(self) -> list[Run]:
        return list(self._open.values())

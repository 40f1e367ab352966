"""Limits that hold inside the process, whether Sentinel can be reached or not."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from .hold import SentinelHold
from .runs import Run, plus

if TYPE_CHECKING:
    from .wire import Budget, Directive


@dataclass(frozen=True)
class Limits:
    """Of one run; None is no limit. Where the directive caps calls too, the lower number holds.

    `identical_calls`: the same tool with the same arguments and the same result, in one run. 8 is more than any sound
    retry policy makes and few enough to stop a loop early. A result that differs (a job that is polled and moves on)
    starts the count again.
    `cost` in USD and `tokens` are checked before each model call, so that one call may go beyond them.
    """

    identical_calls: Optional[int] = 8
    model_calls: Optional[int] = None
    tool_calls: Optional[int] = None
    tokens: Optional[int] = None
    cost: Optional[float] = None

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"Limits.{name} must be more than 0, or None for no limit")


def _lower(a: Optional[int], b: Optional[int]) -> Optional[int]:
    return b if a is None else a if b is None else min(a, b)


def model_hold(limits: Limits, directive: "Optional[Directive]", run: Run) -> Optional[SentinelHold]:
    """Why this run may make no further model call; None if it may."""
    calls = _lower(limits.model_calls, directive.max_model_calls if directive else None)
    if calls is not None and run.model_calls >= calls:
        return SentinelHold("capped", f"this agent may make {calls} model calls per run")
    if limits.tokens is not None and (run.tokens or 0) >= limits.tokens:
        return SentinelHold("capped", f"this run has used up its {limits.tokens} tokens")
    if limits.cost is not None and (run.cost or 0) >= limits.cost:
        return SentinelHold("capped", f"this run has used up its {limits.cost:g} USD")
    return None


def tool_hold(
    limits: Limits, directive: "Optional[Directive]", run: Run, tool: str, action: str
) -> Optional[SentinelHold]:
    """Why this run may not make this tool call; None if it may. The model is told first; one that asks for a call
    in a loop once more ends its run."""
    if directive and tool in directive.revoked_tools:
        return SentinelHold("revoked", f"the tool {tool} has been revoked. Work without it.", ends_run=False)
    calls = _lower(limits.tool_calls, directive.max_tool_calls if directive else None)
    if calls is not None and run.tool_calls >= calls:
        why = f"this run has used up its {calls} tool calls. Answer with what you have."
        return SentinelHold("capped", why, ends_run=False)
    count = run.identical.get(action, 0)
    if limits.identical_calls is not None and count >= limits.identical_calls:
        again = action in run.told_of
        run.told_of.add(action)
        what = f"{limits.identical_calls} identical calls of {tool}"
        if again:
            return SentinelHold("loop", f"{what} in this run, and it was requested again")
        why = f"{what} in this run gave the same result. Do something else, or answer with what you have."
        return SentinelHold("loop", why, ends_run=False)
    return None


@dataclass(frozen=True)
class UsedUp:
    """A budget that a run has used up, and what its next call meets."""

    budget: "Budget"
    hold: SentinelHold


_BUDGETED = {
    "usd": "${:.2f}",
    "tokens": "{:.15g} tokens",
    "model_calls": "{:.15g} model calls",
    "tool_calls": "{:.15g} tool calls",
    "wall_seconds": "{:.15g} s",
}


def _used(measure: str, run: Run, now: float) -> Optional[float]:
    """What a run has used; None is unknown, and never 0."""
    if measure == "usd":
        return run.cost
    if measure == "tokens":
        # A host may tell one side, or a total alone.
        known = [n for n in (plus(run.input_tokens, run.output_tokens), run.tokens) if n is not None]
        return max(known, default=None)
    return {"model_calls": run.model_calls, "tool_calls": run.tool_calls}.get(measure, now - run.started_at)


def used_up(budgets: "tuple[Budget, ...]", run: Run, kind: str, now: float) -> Optional[UsedUp]:
    """The budget that stops the next call of a run, if one does. `kind`: `model_call` or `tool_call`; a limit on calls
    of one kind lets the other kind go on. `now` is monotonic seconds."""
    for budget in budgets:
        if budget.measure in ("model_calls", "tool_calls") and budget.measure != f"{kind}s":
            continue
        limit = budget.limit + budget.more.get(run.run_id, 0)
        used = _used(budget.measure, run, now)
        if used is None or used < limit:
            continue
        reason = f"this run has used up its budget of {_BUDGETED[budget.measure].format(limit)}"
        return UsedUp(budget, SentinelHold("capped", reason, ends_run=budget.measure != "tool_calls"))
    return None

"""Limits that hold inside the process, whether Sentinel can be reached or not."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional, Union

from .hold import SentinelHold
from .runs import Run, plus
from .trees import Place, Tree
from .usd import reached_usd

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
    if limits.cost is not None and reached_usd(run.cost or 0, limits.cost):
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
    """A budget that a run, or its tree, has used up, and what its next call meets."""

    budget: "Budget"
    hold: SentinelHold


_BUDGETED = {
    "usd": "${:.2f}",
    "tokens": "{:.15g} tokens",
    "model_calls": "{:.15g} model calls",
    "tool_calls": "{:.15g} tool calls",
    "wall_seconds": "{:.15g} s",
    "depth": "{:.15g} levels",
    "descendants": "{:.15g} descendants",
}


def _reaches(measure: str, used: Union[Run, Tree], limit: float, more: float, now: float) -> bool:
    """Whether so much was used; what is unknown is not 0, and reaches nothing."""
    if measure == "usd":
        return used.cost is not None and reached_usd(used.cost, limit, more)
    if measure == "tokens":
        # A host may tell one side, or a total alone.
        known = [n for n in (plus(used.input_tokens, used.output_tokens), used.tokens) if n is not None]
        return max(known, default=-1.0) >= limit + more
    counts = {"model_calls": used.model_calls, "tool_calls": used.tool_calls}
    return counts.get(measure, now - used.started_at) >= limit + more


def used_up(
    budgets: "tuple[Budget, ...]", run: Run, kind: str, now: float, trees: "tuple[Budget, ...]" = ()
) -> Optional[UsedUp]:
    """The budget that stops the next call of a run, if one does: its own first, then its tree's (`trees`). `kind`:
    `model_call` or `tool_call`; a limit on calls of one kind lets the other kind go on. `now` is monotonic seconds."""
    for budget in budgets:
        more = budget.more.get(run.run_id, 0)
        if _concerns(budget, kind) and _reaches(budget.measure, run, budget.limit, more, now):
            return _used_up(budget, "this run", budget.limit + more)
    if run.place is None:
        return None
    tree = run.place.tree
    for budget in trees:
        if budget.measure in _SHAPES or not _concerns(budget, kind):
            continue
        more = budget.more.get(tree.root_run_id, 0)
        if _reaches(budget.measure, tree, budget.limit, more, now):
            return _used_up(budget, _whole(tree), budget.limit + more)
    return too_many(trees, run.place)


#: What limits which runs a tree may have, not what they use.
_SHAPES = ("depth", "descendants")


def too_many(trees: "tuple[Budget, ...]", place: Place) -> Optional[UsedUp]:
    """The budget that a run in this place goes beyond before it has made a call: too deep in its tree, or one too many."""
    for budget in trees:
        limit = budget.limit + budget.more.get(place.tree.root_run_id, 0)
        at = {"depth": place.depth, "descendants": place.ordinal}.get(budget.measure, 0)
        if at > limit:
            return _used_up(budget, _whole(place.tree), limit)
    return None


def _concerns(budget: "Budget", kind: str) -> bool:
    return budget.measure not in ("model_calls", "tool_calls") or budget.measure == f"{kind}s"


def _whole(tree: Tree) -> str:
    return f"run {tree.root_run_id} with all its descendants"


def _used_up(budget: "Budget", whose: str, limit: float) -> UsedUp:
    reason = f"{whose} has used up its budget of {_BUDGETED[budget.measure].format(limit)}"
    return UsedUp(budget, SentinelHold("capped", reason, ends_run=budget.measure != "tool_calls"))

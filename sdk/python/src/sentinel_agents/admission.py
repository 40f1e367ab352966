"""Whether a call may go ahead: decided and counted in one step."""

from typing import Any, Awaitable, Callable, Optional, TypeVar, Union

from .calls import Call, ModelCall, ToolCall
from .enforcement import Enforcement
from .gate import PAUSED
from .hold import SentinelHold
from .limits import UsedUp, model_hold, tool_hold, used_up
from .runs import Run
from .settings import GuardSettings

C = TypeVar("C", ModelCall, ToolCall)
T = TypeVar("T")
#: True when open.
Decision = Union[SentinelHold, bool]


class Admission:
    enforce: bool
    settings: GuardSettings
    enforcement: Enforcement
    now: Callable[[], float]

    @property
    def _lock(self) -> Any:
        return self.enforcement.gate.changed

    def pass_gate(self, run: Optional[Run] = None, call: Optional[Call] = None) -> None:
        """Waits for the standing directive (the first time), while paused, and while a person is asked for more of a
        budget that `call` needs. Raises SentinelHold where it is closed."""
        if not self.enforce:
            return
        began, gate = self.now(), self.enforcement.gate
        if not self.enforcement.known:
            gate.wait(self._is_known, self.settings.start_budget_ms / 1000)
            self.enforcement.known = True
        decide: Callable[[], Optional[Decision]] = lambda: self._decision(run, call)
        self._passed(run, call, began, gate.wait(decide, self.settings.pause_budget_ms / 1000))

    async def pass_gate_async(self, run: Optional[Run] = None, call: Optional[Call] = None) -> None:
        if not self.enforce:
            return
        began, gate = self.now(), self.enforcement.gate
        if not self.enforcement.known:
            await gate.wait_async(self._is_known, self.settings.start_budget_ms / 1000)
            self.enforcement.known = True
        decide: Callable[[], Optional[Decision]] = lambda: self._decision(run, call)
        answer = await gate.wait_async(decide, self.settings.pause_budget_ms / 1000)
        self._passed(run, call, began, answer)

    def admit(self, call: C) -> C:
        while True:
            self.pass_gate(call.run, call)
            if self._enter(call):
                return call

    async def admit_async(self, call: C) -> C:
        while True:
            await self.pass_gate_async(call.run, call)
            if self._enter(call):
                return call

    async def race(self, call: Call, work: Awaitable[T]) -> T:
        """Awaits the work of an admitted call; cancels it, and raises SentinelHold, once it has to end and has not."""
        return await self.enforcement.gate.race(call.ticket, work) if self.enforce and call.ticket else await work

    def _is_known(self) -> Optional[bool]:
        return self.enforcement.known or None

    def _decision(self, run: Optional[Run], call: Optional[Call]) -> Optional[Decision]:
        """None while paused, or while a person is asked for more of a budget."""
        found = self.enforcement.gate.look()
        if found == PAUSED:
            return None
        if isinstance(found, SentinelHold):
            return found
        if run is not None and run.condemned:
            return SentinelHold(*run.condemned)
        over = self._over(call)
        if over is None:
            return True
        return over.hold if over.budget.at_limit == "stop" else None

    def _over(self, call: Optional[Call]) -> Optional[UsedUp]:
        """The budget that this call's run has used up. A call outside of a run has none: budgets here are of runs."""
        if call is None or call.run is None:
            return None
        return used_up(self.enforcement.state.budgets, call.run, call.kind, self.now())

    def _passed(self, run: Optional[Run], call: Optional[Call], began: float, answer: Optional[Decision]) -> None:
        with self._lock:
            if run is not None:
                run.waited += self.now() - began
                run.last_seen_at = self.now()
                run.ending = None
            if answer is None:
                over = None if self.enforcement.gate.look() == PAUSED else self._over(call)
                paused = SentinelHold("paused", "this agent is paused for longer than its run may wait")
                answer = over.hold if over else paused
            if not isinstance(answer, SentinelHold):
                return
            if call is not None and answer.kind == "capped":
                call.refused(answer)
            elif run is not None:
                run.outcome = run.outcome or "stopped"
        raise answer

    def _enter(self, call: C) -> bool:
        """Past the gate, unless a limit is reached: decided and counted in one step. False where it closed, or other
        calls used up the budget, a moment ago: then it has to be passed again."""
        with self._lock:
            if self.enforce:
                if self._decision(call.run, call) is not True:
                    return False
                hold = self._limit(call)
                if hold is not None:
                    call.refused(hold)
                    raise hold
            call.enter(self.enforcement.gate.enter(call.tool if isinstance(call, ToolCall) else None))
        return True

    def _limit(self, call: Call) -> Optional[SentinelHold]:
        # A call outside of a run is bound by the directive alone: no run's count is its own.
        run, limits = call.run or Run(0.0), self.settings.limits
        directive = self.enforcement.in_force()
        if isinstance(call, ToolCall):
            return tool_hold(limits, directive, run, call.tool, call.action)
        return model_hold(limits, directive, run)

    def leave(self, call: Any) -> None:
        """A call has ended."""
        with self._lock:
            if call.ticket is None or not self.enforcement.gate.leave(call.ticket):
                return
            if call.run is not None:
                call.run.in_flight -= 1
                call.run.open_calls.discard(call)
                call.run.last_seen_at = self.now()
        if self.enforce:
            self.enforcement.confirm()

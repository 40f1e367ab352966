"""Whether a call may go ahead: decided and counted in one step."""

from typing import Any, Awaitable, Callable, Optional, TypeVar, Union

from .calls import Call, ModelCall, ToolCall
from .enforcement import Enforcement
from .gate import PAUSED
from .hold import SentinelHold
from .limits import model_hold, tool_hold
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

    def pass_gate(self, run: Optional[Run] = None) -> None:
        """Waits for the standing directive (the first time) and while paused. Raises SentinelHold where it is closed."""
        if not self.enforce:
            return
        began, gate = self.now(), self.enforcement.gate
        if not self.enforcement.known:
            gate.wait(self._is_known, self.settings.start_budget_ms / 1000)
            self.enforcement.known = True
        decide: Callable[[], Optional[Decision]] = lambda: self._decision(run)
        self._passed(run, began, gate.wait(decide, self.settings.pause_budget_ms / 1000))

    async def pass_gate_async(self, run: Optional[Run] = None) -> None:
        if not self.enforce:
            return
        began, gate = self.now(), self.enforcement.gate
        if not self.enforcement.known:
            await gate.wait_async(self._is_known, self.settings.start_budget_ms / 1000)
            self.enforcement.known = True
        decide: Callable[[], Optional[Decision]] = lambda: self._decision(run)
        answer = await gate.wait_async(decide, self.settings.pause_budget_ms / 1000)
        self._passed(run, began, answer)

    def admit(self, call: C) -> C:
        self.pass_gate(call.run)
        return self._enter(call)

    async def admit_async(self, call: C) -> C:
        await self.pass_gate_async(call.run)
        return self._enter(call)

    async def race(self, call: Call, work: Awaitable[T]) -> T:
        """Awaits the work of an admitted call; cancels it, and raises SentinelHold, once it has to end and has not."""
        return await self.enforcement.gate.race(call.ticket, work) if self.enforce and call.ticket else await work

    def _is_known(self) -> Optional[bool]:
        return self.enforcement.known or None

    def _decision(self, run: Optional[Run]) -> Optional[Decision]:
        """None while paused."""
        found = self.enforcement.gate.look()
        if found == PAUSED:
            return None
        if isinstance(found, SentinelHold):
            return found
        return SentinelHold(*run.condemned) if run is not None and run.condemned else True

    def _passed(self, run: Optional[Run], began: float, answer: Optional[Decision]) -> None:
        if run is not None:
            with self._lock:
                run.waited += self.now() - began
                run.last_seen_at = self.now()
                run.ending = None
        if answer is None:
            answer = SentinelHold("paused", "this agent is paused for longer than its run may wait")
        if isinstance(answer, SentinelHold):
            if run is not None:
                run.outcome = run.outcome or "stopped"
            raise answer

    def _enter(self, call: C) -> C:
        """Past the gate, unless it closed a moment ago or a limit is reached: decided and counted in one step."""
        with self._lock:
            if self.enforce:
                found = self._decision(call.run)
                hold = found if isinstance(found, SentinelHold) else self._limit(call)
                if hold is not None:
                    call.refused(hold)
                    raise hold
            call.enter(self.enforcement.gate.enter(call.tool if isinstance(call, ToolCall) else None))
        return call

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

"""Whether a call may go ahead: decided and counted in one step."""

from contextlib import contextmanager
from typing import Any, Awaitable, Callable, Iterator, Mapping, Optional, TypeVar, Union

from .calls import Call, ModelCall, ToolCall
from .enforcement import Enforcement
from .gate import PAUSED
from .hold import SentinelHold
from .limits import UsedUp, model_hold, too_many, tool_hold, used_up
from .queued import Waiting
from .runs import Run, current_run
from .settings import GuardSettings
from .trees import Trees

C = TypeVar("C", ModelCall, ToolCall)
T = TypeVar("T")
#: The host has yet to say what becomes of a task.
ASK = "ask"
#: Ids of a run that has yet to begin, as `begin_run` takes them.
Start = Mapping[str, Optional[str]]
#: True when open.
Answer = Union[SentinelHold, bool, str]


class Admission:
    enforce: bool
    settings: GuardSettings
    enforcement: Enforcement
    trees: Trees
    now: Callable[[], float]

    @property
    def _lock(self) -> Any:
        return self.enforcement.gate.changed

    def pass_gate(
        self,
        run: Optional[Run] = None,
        call: Optional[Call] = None,
        *,
        task_id: Optional[str] = None,
        within: Optional[Run] = None,
        begin: Optional[Start] = None,
    ) -> None:
        """Waits for the standing directive (the first time), while paused, while a person is asked for more of a budget
        that `call` needs, and in a queue. Raises SentinelHold where it is closed.

        Without a run it asks for a task that has yet to start: `task_id`, as the host calls it. `within`: the run that it
        is part of. `begin`: the ids that its run will have, where it does not just become a child of the current one."""
        if not self.enforce:
            return
        began, gate = self.now(), self.enforcement.gate
        within = within or self._outer()
        begin = (begin or {}) if run is None and call is None else None
        if not self.enforcement.known:
            gate.wait(self._is_known, self.settings.start_budget_ms / 1000)
            self.enforcement.known = True
        until = self.now() + self.settings.pause_budget_ms / 1000
        with self._at_gate(run, call, task_id, within, begin) as (task, decide):
            answer = gate.wait(decide, until - self.now())
            while answer is ASK and task is not None:
                self._ask_host(task)
                answer = gate.wait(decide, until - self.now())
        self._passed(run, call, began, answer, within, begin)

    async def pass_gate_async(
        self,
        run: Optional[Run] = None,
        call: Optional[Call] = None,
        *,
        task_id: Optional[str] = None,
        within: Optional[Run] = None,
        begin: Optional[Start] = None,
    ) -> None:
        """The same for asyncio."""
        if not self.enforce:
            return
        began, gate = self.now(), self.enforcement.gate
        within = within or self._outer()
        begin = (begin or {}) if run is None and call is None else None
        if not self.enforcement.known:
            await gate.wait_async(self._is_known, self.settings.start_budget_ms / 1000)
            self.enforcement.known = True
        until = self.now() + self.settings.pause_budget_ms / 1000
        with self._at_gate(run, call, task_id, within, begin) as (task, decide):
            answer = await gate.wait_async(decide, until - self.now())
            while answer is ASK and task is not None:
                self._ask_host(task)
                answer = await gate.wait_async(decide, until - self.now())
        self._passed(run, call, began, answer, within, begin)

    def get_run(self, run_id: str) -> Optional[Run]:
        raise NotImplementedError

    def _outer(self) -> Optional[Run]:
        """The current run, if it is ours."""
        outer = current_run()
        return self.get_run(outer.run_id) if outer is not None else None

    @contextmanager
    def _at_gate(
        self,
        run: Optional[Run],
        call: Optional[Call],
        task_id: Optional[str],
        within: Optional[Run],
        begin: Optional[Start],
    ) -> "Iterator[tuple[Optional[Waiting], Callable[[], Optional[Answer]]]]":
        """The task that has yet to start, unless it is a call, or work of a run; and what decides on it."""
        task = Waiting(task_id) if run is None and call is None else None
        if task is not None:
            with self._lock:
                self.enforcement.queue.waiting.add(task)
        try:
            yield task, lambda: self._decision(run, call, within, task, begin)
        finally:
            if task is not None:
                with self._lock:
                    self.enforcement.queue.waiting.discard(task)

    def _ask_host(self, task: Waiting) -> None:
        directive = self.enforcement.in_force()
        if directive is not None:
            self.enforcement.queue.ask(task, directive)

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

    def _decision(
        self,
        run: Optional[Run],
        call: Optional[Call],
        within: Optional[Run] = None,
        task: Optional[Waiting] = None,
        begin: Optional[Start] = None,
    ) -> Optional[Answer]:
        """None while paused, while a person is asked for more of a budget, and in a queue; ASK where the host has yet to
        say what becomes of the task."""
        found = self.enforcement.gate.look(self.enforcement.under_way(run or within))
        if found == PAUSED:
            return None
        if isinstance(found, SentinelHold):
            return self._queued(found, task)
        if run is not None and run.condemned:
            return SentinelHold(*run.condemned)
        over = self._over(call, begin)
        if over is None:
            return True
        return over.hold if over.budget.at_limit == "stop" else None

    def _queued(self, hold: SentinelHold, task: Optional[Waiting]) -> Optional[Answer]:
        directive = self.enforcement.in_force()
        if hold.kind != "quarantined" or directive is None:
            return hold
        if task is None:
            return None if directive.level == "hold_new" else hold
        if self.enforcement.queue.asks(task):
            return ASK
        return None if task.waits(directive) else hold

    def inherit(self, start: Start) -> "dict[str, Optional[str]]":
        """A run inside another one is that run's child, whichever agent's that is."""
        known = {name: value for name, value in start.items() if value}
        outer = current_run()
        if outer is not None and "parent_run_id" not in known:
            return {"parent_run_id": outer.run_id, "root_run_id": outer.root_run_id, **known}
        return dict(known)

    def _over(self, call: Optional[Call], begin: Optional[Start] = None) -> Optional[UsedUp]:
        """The budget that this call's run, or its tree, has used up, or that keeps a run from joining its tree. A call outside of a
        run has none: budgets here are of runs."""
        state = self.enforcement.state
        with self.trees.lock:
            if begin is not None and state.tree_budgets:
                ids = self.inherit(begin)
                place = self.trees.look(ids.get("run_id"), ids.get("parent_run_id"), ids.get("root_run_id"))
                return None if place is None else too_many(state.tree_budgets, place)
            if call is None or call.run is None:
                return None
            return used_up(state.budgets, call.run, call.kind, self.now(), state.tree_budgets)

    def _passed(
        self,
        run: Optional[Run],
        call: Optional[Call],
        began: float,
        answer: Optional[Answer],
        within: Optional[Run] = None,
        begin: Optional[Start] = None,
    ) -> None:
        with self._lock:
            if run is not None:
                run.waited += self.now() - began
                run.last_seen_at = self.now()
                run.ending = None
                if run.place is not None:
                    self.trees.touch(run.run_id, run.place)
            if answer is None:
                found = self.enforcement.gate.look(self.enforcement.under_way(run or within))
                over = None if found == PAUSED else self._over(call, begin)
                paused = SentinelHold("paused", "this agent is paused for longer than its run may wait")
                answer = found if isinstance(found, SentinelHold) else over.hold if over else paused
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
            # Guards of several agents may share the run's tree.
            with self.trees.lock:
                if self.enforce:
                    if self._decision(call.run, call) is not True:
                        return False
                    hold = self._limit(call)
                    if hold is not None:
                        call.refused(hold)
                        raise hold
                call.take()
            call.enter(self.enforcement.gate.enter(call.tool if isinstance(call, ToolCall) else None))
        return True

    def _limit(self, call: Call) -> Optional[SentinelHold]:
        # A call outside of a run is bound by the directive alone: no run's count is its own.
        run, limits = call.run or Run(0.0), self.settings.limits
        directive = self.enforcement.in_force()
        if isinstance(call, ToolCall):
            if self.enforcement.unknown.forbids(call.run, call.action, call.idempotency_key):
                why = f"an earlier call of {call.tool} with these arguments was cut off, and whether it took effect is unknown"
                return SentinelHold("unknown_outcome", f"{why}. Do not repeat it.", ends_run=False)
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

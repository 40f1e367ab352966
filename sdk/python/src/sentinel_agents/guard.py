"""The part of the SDK that stands in the execution path of one agent instance: it obeys, counts and reports.

It knows no framework and no network: events go to `sink`, directives come through `receive`.
"""

import time
import uuid
from typing import Any, Callable, Mapping, Optional, Union

from .admission import Admission
from .calls import ModelCall, ToolCall
from .enforcement import Enforcement
from .forks import renew_in_children
from .hashing import hash_action
from .quiet import quietly
from .runs import Run, Runs, current_run
from .scope import RunScope
from .settings import GuardSettings
from .trees import trees_of
from .wire import SDK_VERSION, Directive, Event

#: As `begin_run` gives it, or `with guard.run() as run`; None is the current one.
AnyRun = Union[Run, RunScope, None]
Sink = Callable[[Event, bool], None]
#: How long a failed run may take to go on before its end is reported, s.
RECOVERY_S = 2.0
#: A run that nobody has touched for this long was left without a word, s.
ABANDONED_S = 900.0


def _run_of(run: AnyRun) -> Optional[Run]:
    return run.run if isinstance(run, RunScope) else run or current_run()


class Guard(Admission):
    """`sink(event, urgent)` takes every event. With `enforce=False` nothing is ever held; events are made all the same.

    `identity`: fields that every event has, such as `agent_type`. `awaits_directive`: whether the first run waits for
    one, within its start budget. `realm`: guards of the same one share the trees of runs, for budgets of trees. Safe for threads, asyncio and forks.
    """

    def __init__(
        self,
        agent_id: str,
        sink: Sink,
        *,
        identity: Optional[Mapping[str, Any]] = None,
        enforce: bool = True,
        settings: Optional[GuardSettings] = None,
        awaits_directive: bool = False,
        now: Callable[[], float] = time.monotonic,
        realm: str = "",
    ) -> None:
        if not isinstance(agent_id, str) or not agent_id.strip():
            raise ValueError("agent_id must be a non-empty string")
        self.agent_id = agent_id
        self.enforce = enforce
        self.settings = settings or GuardSettings()
        self.instance_id = str(uuid.uuid4())
        #: Told what the agent is (model, tools, prompts), as fields of a registration.
        self.describe: Callable[[Mapping[str, Any]], None] = lambda news: None
        self.now: Callable[[], float] = now
        self._identity = dict(identity or {})
        self._sink = sink
        self.trees = trees_of(realm)
        self._runs = Runs(now, self.trees)
        self._sequence = 0
        self.enforcement = Enforcement(self.settings, self._runs, now, self._send)
        self.enforcement.known = not (enforce and awaits_directive)
        renew_in_children(self)

    def __copy__(self) -> "Guard":
        """Frameworks copy what they are given; this stays the one instance that it is."""
        return self

    def __deepcopy__(self, memo: Any) -> "Guard":
        return self

    def __repr__(self) -> str:
        return f"<Guard agent_id={self.agent_id!r} enforce={self.enforce}>"

    # Runs

    def run(
        self,
        *,
        run_id: Optional[str] = None,
        parent_run_id: Optional[str] = None,
        root_run_id: Optional[str] = None,
        task_id: Optional[str] = None,
        thread_id: Optional[str] = None,
    ) -> RunScope:
        """`with guard.run() as run:`, or `async with`. Inside another run it is that run's child. `thread_id`: the
        conversation that it belongs to, in which a tool call that was cut off is not made again; else the task, else the
        root run."""
        ids = {"run_id": run_id, "parent_run_id": parent_run_id, "root_run_id": root_run_id, "task_id": task_id}
        return RunScope(self, {**ids, "thread_id": thread_id})

    def begin_run(self, **start: Optional[str]) -> Run:
        """Starts a run without asking; `start` may have `run_id`, `parent_run_id`, `root_run_id`, `task_id` and `thread_id`. Inside
        another run it is that run's child. End it with `end_run`."""
        with self._lock:
            run = self._runs.start(**self.inherit(start))
        self.report({"kind": "run_start"}, run)
        return run

    def get_run(self, run_id: str) -> Optional[Run]:
        with self._lock:
            return self._runs.get(run_id)

    def end_run(self, run: Run, outcome: str = "success", error: Optional[BaseException] = None) -> None:
        """Reports its totals, once. A run that was stopped or limited says so, unless it failed."""
        with self._lock:
            if not self._runs.end(run):
                return
            left = list(run.open_calls)
        for call in left:
            # Frameworks do not always say that a call failed: nothing may stay past the gate for ever.
            call.finish(error) if error is not None else call.abandon()
        if error is not None:
            run.error_type = type(error).__name__
        self.report(run.end_event(outcome if outcome == "error" else run.outcome or outcome, self.now()), run)

    def end_run_unless_it_goes_on(self, run: Run, outcome: str, error: Optional[BaseException] = None) -> None:
        """For frameworks that do not say how a run ends: whoever catches the error may try again."""
        with self._lock:
            run.error_type = type(error).__name__ if error is not None else run.error_type
            run.ending = (outcome, self.now() + RECOVERY_S)

    def refused_run(self) -> None:
        """A run was not started: told with the next heartbeat."""
        self.enforcement.refused_runs += 1

    # Calls

    def before_model(self, run: AnyRun = None, **about: Any) -> ModelCall:
        """Asks whether a model call may go ahead; waits while paused. Raises SentinelHold where it may not.

        Hand the answer to `after_model`, or use it as `with`. `about`: `model`, `provider`, `prompt` (the system
        prompt; send `call.prompt`, which is an earlier one after a rollback), `prompt_hash`, `prompt_version`,
        `tools_hash`, `temperature` (send `call.temperature`, which may be lower). `run`: else the current one."""
        return self.admit(ModelCall(self, _run_of(run), about))

    async def before_model_async(self, run: AnyRun = None, **about: Any) -> ModelCall:
        return await self.admit_async(ModelCall(self, _run_of(run), about))

    def after_model(self, call: ModelCall, *, error: Optional[BaseException] = None, **usage: Any) -> None:
        """Reports the call. `usage`: `input_tokens`, `output_tokens`, `cost` and other fields of an event."""
        call.finish(error, **usage)

    def before_tool(self, tool: str, args: Any = None, run: AnyRun = None, **about: Any) -> ToolCall:
        """The same for a tool call. `args` are hashed, never sent. `about` may have an `idempotency_key`."""
        return self.admit(self.tool_call_of(tool, args, _run_of(run), about))

    async def before_tool_async(self, tool: str, args: Any = None, run: AnyRun = None, **about: Any) -> ToolCall:
        return await self.admit_async(self.tool_call_of(tool, args, _run_of(run), about))

    def tool_call_of(self, tool: str, args: Any, run: Optional[Run], about: "dict[str, Any]") -> ToolCall:
        """A tool call that has yet to be admitted. `about` may have the `idempotency_key` that the setting would give."""
        about = dict(about)
        name = self.settings.idempotency_key
        if name is not None and about.get("idempotency_key") is None:
            with quietly():
                about["idempotency_key"] = name(tool, args)
        return ToolCall(self, run, tool, hash_action(tool, args), about)

    def note_unknown_outcome(self, run: Optional[Run], action: str, idempotency_key: Optional[str] = None) -> None:
        """A tool call of a run's thread was cut off in another process: see the setting `idempotency_key`. `action`: its
        `hash_action`."""
        with self._lock:
            self.enforcement.unknown.note(run, action, idempotency_key)

    def after_tool(
        self, call: ToolCall, result: Any = None, *, error: Optional[BaseException] = None, **more: Any
    ) -> None:
        """Reports the call. `result` is hashed, never sent."""
        if result is not None:
            call.result(result)
        call.finish(error, **more)

    # Directives and events

    def receive(self, directive: Directive) -> None:
        """Takes a directive of this agent."""
        if self.enforce:
            self.enforcement.receive(directive)

    def directive(self) -> Optional[Directive]:
        """The newest received; None before any."""
        return self.enforcement.state.latest

    def without_prompt_seat(self) -> None:
        """For a framework where the prompt cannot be replaced: a rollback is then answered with "cannot"."""
        if not self.enforcement.prompt_seat:
            return
        self.enforcement.prompt_seat = False
        self.describe({"held_prompts": []})
        latest = self.directive()
        if self.enforce and latest is not None and latest.rollback_to:
            self.enforcement.heartbeat(urgent=True)

    def memory_namespace(self) -> str:
        """The memory namespace to work in. A lapsed lease does not bring back a memory that was set aside."""
        latest = self.directive()
        return self.enforcement.namespace(latest.memory_epoch if latest else 0) or self.agent_id

    def report(self, event: Mapping[str, Any], run: Optional[Run] = None) -> None:
        """Makes one event of this agent. Never throws."""
        with quietly():
            self._send({**(run.ids() if run else {}), **event}, False)

    def _send(self, event: Event, urgent: bool) -> None:
        latest = self.enforcement.state.latest
        with self._lock:
            sequence, self._sequence = self._sequence, self._sequence + 1
            stamped = {
                "timestamp": round(time.time() * 1000),
                "agent_id": self.agent_id,
                "instance_id": self.instance_id,
                "sdk_version": SDK_VERSION,
                **self._identity,
                "directive_version": latest.version if latest else None,
                "directive_hash": latest.hash if latest else None,
                **{name: value for name, value in event.items() if value is not None},
                "sequence": sequence,
            }
            # Under the lock, so that events leave in the order of their sequence.
            self._sink(stamped, urgent)

    def tick(self) -> Optional[float]:
        """Ends runs that were left, tells calls whose grace is over. When it has to be called next, as `now()`."""
        now = self.now()
        with self._lock:
            due = self.enforcement.gate.stop_late()
            runs = self._runs.all()
        ended = [(r, r.ending[0]) for r in runs if r.ending is not None and r.ending[1] <= now]
        left = [r for r in runs if r.in_flight == 0 and now - r.last_seen_at > ABANDONED_S]
        for run, outcome in [*ended, *((run, "abandoned") for run in left)]:
            self.end_run(run, outcome)
        waiting = [r.ending[1] for r in runs if r.ending is not None and r.ending[1] > now]
        return min([*waiting, *([due] if due is not None else [])], default=None)

    def end_runs(self) -> None:
        """The host is closing: what is open ends."""
        for run in self._runs.all():
            self.end_run(run, run.ending[0] if run.ending else "cancelled")

    def after_fork(self) -> None:
        """In a child: another instance, with none of its parent's runs and calls."""
        self.instance_id = str(uuid.uuid4())
        self._sequence = 0
        self._runs = Runs(self.now, self.trees)
        self.enforcement.after_fork(self._runs)

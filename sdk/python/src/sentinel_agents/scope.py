"""`with sentinel.run() as run:`, and the calls within."""

import asyncio
from contextvars import Token
from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional

from .calls import ModelCall, ToolCall
from .hold import SentinelHold
from .runs import Run, enter_run, leave_run
from .seat import Seat

if TYPE_CHECKING:
    from .guard import Guard

_CANCELLED = (asyncio.CancelledError, KeyboardInterrupt, GeneratorExit, SystemExit)


class RunScope:
    """A run as a context manager, sync and async. Use it once. Raises SentinelHold where no run may start."""

    def __init__(self, guard: "Guard", start: dict[str, Optional[str]]) -> None:
        self._guard = guard
        self._start = start
        self._token: "Optional[Token[Optional[Run]]]" = None
        self._run: Optional[Run] = None

    @property
    def run(self) -> Run:
        """Its ids and totals. Raises RuntimeError before it has begun."""
        if self._run is None:
            raise RuntimeError("the run has not begun: use it as `with sentinel.run() as run:`")
        return self._run

    @property
    def run_id(self) -> str:
        return self.run.run_id

    def model_call(self, **about: Any) -> "Seat[ModelCall]":
        """`with run.model_call(model="…") as call: …; call.record(input_tokens=…, output_tokens=…)`, or `async with`.
        `about` as for `guard.before_model`. Raises SentinelHold before the call where it may not be made."""
        return Seat(self._guard, lambda: ModelCall(self._guard, self.run, dict(about)))

    def tool_call(self, tool: str, args: Any = None, **about: Any) -> "Seat[ToolCall]":
        """`with run.tool_call("lookup", args) as call: …; call.result(answer)`, or `async with`."""
        return Seat(self._guard, lambda: self._guard.tool_call_of(tool, args, self.run, about))

    def _within(self) -> Optional[Run]:
        """The run of ours that it will be part of, where that is not the current one."""
        return self._guard.get_run(self._start.get("parent_run_id") or "")

    def _begin(self) -> "RunScope":
        self._run = self._guard.begin_run(**self._start)
        self._token = enter_run(self._run)
        return self

    def end(self, error: Optional[BaseException] = None) -> None:
        """For frameworks where a run ends elsewhere than it began; `with` does it by itself."""
        if self._token is not None:
            leave_run(self._token)
            self._token = None
        if error is None:
            self._guard.end_run(self.run, "success")
        elif isinstance(error, SentinelHold):
            self._guard.end_run(
                self.run, "limited" if error.kind in ("capped", "loop", "revoked", "unknown_outcome") else "stopped"
            )
        elif isinstance(error, _CANCELLED):
            self._guard.end_run(self.run, "cancelled")
        else:
            self._guard.end_run(self.run, "error", error)

    def __enter__(self) -> "RunScope":
        try:
            self._guard.pass_gate(task_id=self._start.get("task_id"), within=self._within(), begin=self._start)
        except SentinelHold:
            self._guard.refused_run()
            raise
        return self._begin()

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.end(error)

    async def __aenter__(self) -> "RunScope":
        try:
            await self._guard.pass_gate_async(
                task_id=self._start.get("task_id"), within=self._within(), begin=self._start
            )
        except SentinelHold:
            self._guard.refused_run()
            raise
        return self._begin()

    async def __aexit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.end(error)

"""One model or tool call, from its admission to its report. Also a context manager, sync and async."""

import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional, TypeVar, Union

from .gate import Ticket
from .hashing import canonical_json, hash_text
from .hold import SentinelHold
from .prices import cost_of
from .quiet import quietly, read_error
from .runs import Run, add
from .wire import Event

if TYPE_CHECKING:
    from .guard import Guard

Self = TypeVar("Self", bound="_Call")


class _Call:
    kind = ""

    def __init__(self, guard: "Guard", run: Optional[Run]) -> None:
        self.guard = guard
        self.run = run
        self.ticket: Optional[Ticket] = None
        self._began = 0.0
        self._retries = 0
        self._told: Event = {}
        self._finished = False
        #: Whether it was cut off, so that nobody knows whether it took effect. Then it has been reported.
        self.outcome_unknown = False

    @property
    def stopping(self) -> bool:
        """Whether the call is to end now: its run has ended, and so has the grace."""
        return self.ticket is not None and self.ticket.stopping.is_set()

    def record(self, **fields: Any) -> None:
        """Adds fields of an event (`docs/api.md`) to what will be reported, such as `input_tokens` or `http_status`."""
        self._told.update(fields)

    def enter(self, ticket: Ticket) -> None:
        self.ticket = ticket
        ticket.on_stop = self._stop
        self._began = self.guard.now()
        if self.run is not None:
            self.run.in_flight += 1
            self.run.open_calls.add(self)

    def take(self) -> None:
        """Counts the call for its run and the run's tree."""
        if self.run is not None:
            self._count(self.run)

    def _stop(self) -> None:
        """It has to end now: its seat was called off."""
        with quietly():
            self._cut_off()
        on_cancel = self.guard.settings.on_cancel
        if on_cancel is None:
            return

        def tell() -> None:
            with quietly():
                on_cancel(self)

        threading.Thread(target=tell, name="sentinel-cancel", daemon=True).start()

    def _cut_off(self) -> None:
        """A model call changes nothing: how it ends is reported when it does."""

    def finish(self, error: Optional[BaseException] = None, **fields: Any) -> None:
        """Reports the call, once. A call that the host cancelled is not reported: it says nothing about the agent."""
        with self.guard.enforcement.gate.changed:
            if self._finished or self.ticket is None:
                return
            self._finished = True
        try:
            with quietly():
                self.record(**fields)
                if self.outcome_unknown:
                    return
                if error is None or isinstance(error, Exception):
                    self._report(error)
        finally:
            self.guard.leave(self)

    def abandon(self) -> None:
        """Ends the call without a report: nobody knows how it went."""
        self._finished = True
        self.guard.leave(self)

    def _report(self, error: Optional[Exception]) -> None:
        event: Event = {**self._timed(), "success": error is None}
        if error is not None:
            event["error_type"], event["http_status"] = read_error(error)
        event.update(self._about(error))
        event.update(self._told)
        with self.guard.enforcement.gate.changed:
            if self.run is not None:
                self._settle(self.run, event)
        self.guard.report(event, self.run)

    def _timed(self) -> Event:
        took = (self.guard.now() - self._began) * 1000
        return {"kind": self.kind, "latency_ms": took, "retries": self._retries}

    def refused(self, hold: SentinelHold) -> None:
        run = self.run
        if run is not None and hold.ends_run:
            limited = hold.kind in ("capped", "loop")
            run.outcome = run.outcome or ("limited" if limited else "stopped")
            run.condemned = run.condemned or ((hold.kind, hold.reason) if hold.kind == "loop" else None)

    def _count(self, run: Run) -> None:
        raise NotImplementedError

    def _settle(self, run: Run, event: Event) -> None:
        raise NotImplementedError

    def _about(self, error: Optional[Exception]) -> Event:
        raise NotImplementedError

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.finish(error)

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.finish(error)


class ModelCall(_Call):
    kind = "model_call"
    #: The system prompt and temperature to send: the host's own, unless the directive asks for others.
    prompt: Any
    temperature: Optional[float]

    def __init__(self, guard: "Guard", run: Optional[Run], about: dict[str, Any]) -> None:
        super().__init__(guard, run)
        self.prompt = about.pop("prompt", None)
        self.temperature = about.pop("temperature", None)
        #: Whether the directive lowered the temperature.
        self.lowered = False
        if self.prompt is not None:
            about.setdefault(
                "prompt_hash", hash_text(self.prompt if isinstance(self.prompt, str) else str(self.prompt))
            )
        if about.get("prompt_hash"):
            about.setdefault("prompt_version", guard.settings.prompt_version)
        self._told.update(about)

    def enter(self, ticket: Ticket) -> None:
        super().enter(ticket)
        with quietly():
            self._restrict()

    def _restrict(self) -> None:
        """Applies the prompt and the temperature that the directive asks for, and notes what is really sent."""
        enforcement = self.guard.enforcement
        own, version = self._told.get("prompt_hash"), self._told.get("prompt_version")
        news = {name: self._told.get(name) for name in ("model", "provider", "prompt_hash", "prompt_version")}
        if self.prompt is not None and isinstance(own, str):
            enforcement.prompts.see(own, version, self.prompt)
            news["held_prompts"] = enforcement.held_prompts()
        held = enforcement.rollback() if self.guard.enforce else None
        if held is not None and held.hash != own:
            self.prompt = held.prompt
            self._told.update(prompt_hash=held.hash, prompt_version=held.version)
        directive = enforcement.in_force() if self.guard.enforce else None
        if self.temperature is not None and directive is not None and directive.temperature is not None:
            self.lowered = directive.temperature < self.temperature
            self.temperature = min(self.temperature, directive.temperature)
        self.guard.describe(news)

    def _count(self, run: Run) -> None:
        self._retries = run.model_failures
        run.model_calls += 1
        if run.place is not None:
            run.place.tree.model_calls += 1

    def _about(self, error: Optional[Exception]) -> Event:
        told = self._told
        entered, made = told.get("input_tokens"), told.get("output_tokens")
        prices = self.guard.settings.prices
        price = prices.get(told.get("response_model") or "") or prices.get(told.get("model") or "")
        cost = cost_of(price, entered, made, told.get("cached_input_tokens"), told.get("cache_write_tokens"))
        return {"token_count": None if entered is None or made is None else entered + made, "cost": cost}

    def _settle(self, run: Run, event: Event) -> None:
        run.model_failures = 0 if event["success"] else run.model_failures + 1
        used = {name: event.get(name) for name in ("input_tokens", "output_tokens", "cost")}
        add(run, **used, tokens=event.get("token_count"))
        if run.place is not None:
            with self.guard.trees.lock:
                add(run.place.tree, **used, tokens=event.get("token_count"))
        if self.guard.enforce and event["success"] and event.get("cost") is None:
            self.guard.enforcement.unpriced()


class ToolCall(_Call):
    kind = "tool_call"

    def __init__(self, guard: "Guard", run: Optional[Run], tool: str, action: str, about: dict[str, Any]) -> None:
        super().__init__(guard, run)
        self.tool = tool
        self.action = action
        self.idempotency_key: Optional[str] = about.pop("idempotency_key", None)
        self._told.update(about)

    def result(self, result: Any) -> None:
        """What the tool gave back: its hash and size are reported, never the text."""
        with quietly():
            text = result if isinstance(result, str) else canonical_json(result)
            self.record(result_hash=hash_text(text), result_bytes=len(text.encode("utf-8", "surrogatepass")))

    def failed(self, error_type: str = "tool_error") -> None:
        """The tool answered, but with an error of its own."""
        self.record(success=False, error_type=error_type)

    def _cut_off(self) -> None:
        # What only reads can be read again.
        if self._finished or self.guard.settings.side_effects.get(self.tool) == "read":
            return
        self.outcome_unknown = True
        self.guard.enforcement.unknown.note(self.run, self.action, self.idempotency_key)
        self.guard.report({**self._timed(), **self._about(None), **self._told, "outcome": "unknown"}, self.run)

    def refused(self, hold: SentinelHold) -> None:
        super().refused(hold)
        if self.run is not None:
            self.run.refused_tool_calls += 1
            if hold.kind == "capped":
                self.run.outcome = "limited"

    def _count(self, run: Run) -> None:
        self._retries = run.tool_failures.get(self.tool, 0)
        run.tool_calls += 1
        if run.place is not None:
            run.place.tree.tool_calls += 1
        run.identical[self.action] = run.identical.get(self.action, 0) + 1

    def _about(self, error: Optional[Exception]) -> Event:
        side = self.guard.settings.side_effects.get(self.tool)
        return {"tool": self.tool, "action_hash": self.action, "side_effect": side}

    def _settle(self, run: Run, event: Event) -> None:
        run.tool_failures[self.tool] = 0 if event["success"] else self._retries + 1
        run.finished(self.action, str(event.get("result_hash") or event.get("error_type") or ""))


Call = Union[ModelCall, ToolCall]

"""CrewAI 1.x. Needs `crewai`, which comes from your own project.

    with watched(sentinel):
        crew.kickoff()

A held run raises SentinelHold; a tool that may not run returns the reason to the model. CrewAI's hooks are synchronous:
while the agent is paused they block their thread. There is no seat for the temperature, nor one that replaces the prompt,
so that a rollback is answered with "cannot". Tokens are what the LLM object counted between the hooks: agents that share
one LLM object and call it at the same time share them.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Iterator, Optional

from crewai.hooks import HookAborted, InterceptionPoint
from crewai.hooks.dispatch import get_scoped_hooks, scoped_hooks

from ..calls import ModelCall, ToolCall
from ..guard import Guard
from ..hashing import hash_text
from ..hold import SentinelHold
from ..quiet import quietly
from ..runs import Run
from ..scope import RunScope
from ..sentinel import Sentinel
from .words import count, refusal, text

_SOURCE = "sentinel"
#: How CrewAI begins the answer of a tool that raised an exception.
_TOOL_ERROR = "Error executing tool: "


@contextmanager
def watched(
    sentinel: Sentinel, *, task_id: Optional[str] = None, thread_id: Optional[str] = None
) -> "Iterator[RunScope]":
    """One run of this agent: every model and tool call of the crews and agents that are started within. `task_id` and
    `thread_id` as of `sentinel.run`."""
    sentinel.guard.without_prompt_seat()
    with sentinel.run(task_id=task_id, thread_id=thread_id) as run:
        seats = _Seats(sentinel.guard, run.run)
        ours = {
            InterceptionPoint.PRE_MODEL_CALL: seats.before_model,
            InterceptionPoint.POST_MODEL_CALL: seats.after_model,
            InterceptionPoint.PRE_TOOL_CALL: seats.before_tool,
            InterceptionPoint.POST_TOOL_CALL: seats.after_tool,
        }
        with scoped_hooks({point: [*get_scoped_hooks(point), hook] for point, hook in ours.items()}):
            try:
                yield run
            except HookAborted as aborted:
                if aborted.source != _SOURCE or seats.hold is None:
                    raise
                raise seats.hold from aborted
            seats.all_answered()


class _Seats:
    def __init__(self, guard: Guard, run: Run) -> None:
        self._guard = guard
        self._run = run
        #: By agent: CrewAI's steps do not share a context.
        self._models: "dict[int, tuple[ModelCall, Any, Any]]" = {}
        self._tool: "ContextVar[Optional[ToolCall | SentinelHold]]" = ContextVar("tool", default=None)
        self.hold: Optional[SentinelHold] = None

    def before_model(self, context: Any) -> None:
        self.answered(context.agent)
        prompt = None
        with quietly():
            said = [m.get("content") for m in context.messages if m.get("role") == "system"]
            prompt = "\n".join(part for part in said if isinstance(part, str)) or None
        about = {
            "model": text(getattr(context.llm, "model", None)),
            "provider": text(getattr(context.llm, "provider", None)),
            "prompt_hash": hash_text(prompt) if prompt else None,
        }
        try:
            call = self._guard.before_model(self._run, **about)
        except SentinelHold as hold:
            self.hold = hold
            raise HookAborted(hold.reason, source=_SOURCE) from hold
        self._models[id(context.agent)] = (call, context.llm, _usage(context.llm))

    def after_model(self, context: Any) -> None:
        self.answered(context.agent)

    def all_answered(self) -> None:
        for agent in list(self._models):
            self._answered(agent)

    def answered(self, agent: Any) -> None:
        """The model has answered: the hook after it, or the next seat, since CrewAI has no hook after an answer that
        calls tools. Where it counted no tokens since, it failed."""
        self._answered(id(agent))

    def _answered(self, agent: int) -> None:
        open_call = self._models.pop(agent, None)
        if open_call is None:
            return
        call, llm, before = open_call
        with quietly():
            used = _usage(llm).delta_since(before)
            if not used.successful_requests and not used.total_tokens:
                call.record(success=False, error_type="model_error")
            else:
                call.record(
                    input_tokens=count(used.prompt_tokens),
                    output_tokens=count(used.completion_tokens),
                    cached_input_tokens=count(used.cached_prompt_tokens),
                )
        call.finish()

    def before_tool(self, context: Any) -> Optional[bool]:
        self.answered(context.agent)
        try:
            self._tool.set(self._guard.before_tool(context.tool_name, context.tool_input, self._run))
        except SentinelHold as hold:
            self._tool.set(hold)
            return False
        return None

    def after_tool(self, context: Any) -> Optional[str]:
        seat = self._tool.get()
        self._tool.set(None)
        if isinstance(seat, SentinelHold):
            return refusal(seat)
        if seat is not None:
            raw = context.raw_tool_result if context.raw_tool_result is not None else context.tool_result
            if isinstance(raw, str) and raw.startswith(_TOOL_ERROR):
                seat.failed()
            self._guard.after_tool(seat, raw)
        return None


def _usage(llm: Any) -> Any:
    return llm.get_token_usage_summary()

"""LangChain 1.x agents (`create_agent`), sync and async. Needs `langchain`, which comes from your own project.

    agent = create_agent(model, tools, middleware=[SentinelMiddleware(sentinel)])

Put it last in `middleware`: it then sees every attempt, and the prompt as it is really sent.
"""

import asyncio
from typing import Any, Awaitable, Callable, Optional

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse, hook_config
from langchain.agents.middleware.types import PrivateStateAttr, ToolCallRequest
from langgraph.config import get_config
from langgraph.errors import GraphBubbleUp
from typing_extensions import Annotated, NotRequired

from ..calls import Call, ModelCall, ToolCall
from ..hold import SentinelHold
from ..quiet import quietly
from ..runs import Run, enter_run, leave_run
from ..sentinel import Sentinel
from .langchain_messages import (
    cut_off,
    cut_off_in,
    describe_request,
    prepared,
    read_answer,
    read_tool,
    refused,
    stopped,
)

#: Nodes of other middleware that may run before ours, and so spend steps that we did not see.
_UNSEEN_STEPS = 6


class SentinelState(AgentState[Any]):
    """The run id travels in the graph's private state, so that an interrupted run is known again when it resumes."""

    sentinel_run: NotRequired[Annotated[str, PrivateStateAttr]]  # type: ignore[valid-type]


class SentinelMiddleware(AgentMiddleware[SentinelState, Any, Any]):
    """Monitors an agent and enforces Sentinel's directives. A held run ends with a message whose
    `response_metadata["sentinel"]` tells it from a model's answer; calls that were not made are answered with an error,
    so that the thread can go on after the release."""

    state_schema = SentinelState

    def __init__(self, sentinel: Sentinel) -> None:
        super().__init__()
        self.sentinel = sentinel
        self._guard = sentinel.guard

    @hook_config(can_jump_to=["end"])
    def before_agent(self, state: Any, runtime: Any) -> "Optional[dict[str, Any]]":
        try:
            self._guard.pass_gate(task_id=_configured("task_id"))
        except SentinelHold as hold:
            return self._refused(hold)
        return self._begin()

    @hook_config(can_jump_to=["end"])
    async def abefore_agent(self, state: Any, runtime: Any) -> "Optional[dict[str, Any]]":
        try:
            await self._guard.pass_gate_async(task_id=_configured("task_id"))
        except SentinelHold as hold:
            return self._refused(hold)
        return self._begin()

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> Any:
        run = self._run_of(request.state)
        try:
            call = self._guard.admit(self._model_call(run, request))
        except SentinelHold as hold:
            return stopped(hold)
        try:
            answer = handler(prepared(request, call))
        except BaseException as error:
            self._failed(run, call, error)
            raise
        self._answered(run, call, answer)
        return answer

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> Any:
        run = self._run_of(request.state)
        try:
            call = await self._guard.admit_async(self._model_call(run, request))
        except SentinelHold as hold:
            return stopped(hold)
        try:
            answer = await handler(prepared(request, call))
        except BaseException as error:
            self._failed(run, call, error)
            raise
        self._answered(run, call, answer)
        return answer

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Any]) -> Any:
        run = self._run_of(request.state)
        name, args = request.tool_call["name"], request.tool_call["args"]
        self._note_unknown_outcomes(run, request.state)
        try:
            call = self._guard.before_tool(name, args, run)
        except SentinelHold as hold:
            return refused(request, hold)
        here = enter_run(run)
        try:
            answer = handler(request)
        except BaseException as error:
            self._failed(run, call, error)
            raise
        finally:
            leave_run(here)
        self._answered(run, call, answer)
        return answer

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Any]]
    ) -> Any:
        run = self._run_of(request.state)
        name, args = request.tool_call["name"], request.tool_call["args"]
        self._note_unknown_outcomes(run, request.state)
        try:
            call = await self._guard.before_tool_async(name, args, run)
        except SentinelHold as hold:
            return refused(request, hold)
        here = enter_run(run)
        try:
            answer = await self._guard.race(call, handler(request))
        except BaseException as error:
            self._failed(run, call, error)
            if isinstance(error, SentinelHold) and call.stopping:
                return cut_off(request, call) if call.outcome_unknown else refused(request, error)
            raise
        finally:
            leave_run(here)
        self._answered(run, call, answer)
        return answer

    def after_agent(self, state: Any, runtime: Any) -> None:
        with quietly():
            run = self._guard.get_run(state.get("sentinel_run") or "")
            if run is not None:
                self._guard.end_run(run)

    async def aafter_agent(self, state: Any, runtime: Any) -> None:
        self.after_agent(state, runtime)

    def _begin(self) -> "dict[str, Any]":
        run = self._guard.begin_run(task_id=_configured("task_id"), thread_id=_configured("thread_id"))
        with quietly():
            config = get_config()
            run.last_step = config["metadata"]["langgraph_step"] + config["recursion_limit"] - 1
        return {"sentinel_run": run.run_id}

    def _refused(self, hold: SentinelHold) -> "dict[str, Any]":
        self._guard.refused_run()
        return {"jump_to": "end", "messages": [stopped(hold)], "sentinel_run": ""}

    def _run_of(self, state: Any) -> Run:
        """The run this state belongs to; one that another process began is taken up as it is."""
        run_id = state.get("sentinel_run") if isinstance(state, dict) else getattr(state, "sentinel_run", None)
        return self._guard.get_run(run_id or "") or self._guard.begin_run(
            run_id=run_id, thread_id=_configured("thread_id")
        )

    def _note_unknown_outcomes(self, run: Run, state: Any) -> None:
        """Calls of this thread that were cut off are known from its messages, whichever process made them."""
        with quietly():
            for action, key in cut_off_in(state):
                self._guard.note_unknown_outcome(run, action, key)

    def _model_call(self, run: Run, request: ModelRequest[Any]) -> ModelCall:
        about: "dict[str, Any]" = {}
        with quietly():
            about.update(describe_request(request))
        return ModelCall(self._guard, run, about)

    def _answered(self, run: Run, call: Call, answer: Any) -> None:
        with quietly():
            if isinstance(call, ToolCall):
                read_tool(call, answer)
            else:
                read_answer(call, answer)
        call.finish()
        self._expect_limit(run)

    def _failed(self, run: Run, call: Call, error: BaseException) -> None:
        if isinstance(error, GraphBubbleUp):
            # An interrupt is no failure: the run waits for a person.
            self._guard.leave(call)
            self._guard.end_run_unless_it_goes_on(run, "interrupted")
            return
        call.finish(error)
        cancelled = isinstance(error, (asyncio.CancelledError, KeyboardInterrupt))
        self._guard.end_run_unless_it_goes_on(run, "cancelled" if cancelled else "error", error)

    def _expect_limit(self, run: Run) -> None:
        """A run that meets LangGraph's recursion limit ends with an error that no hook sees. So near the limit each call
        is taken for the last one, unless the run goes on."""
        with quietly():
            step = get_config()["metadata"]["langgraph_step"]
            if run.last_step is not None and step >= run.last_step - _UNSEEN_STEPS:
                self._guard.end_run_unless_it_goes_on(run, "error")
                run.error_type = "GraphRecursionError"


def _configured(name: str) -> Optional[str]:
    """What the host set in `configurable`."""
    with quietly():
        value = get_config().get("configurable", {}).get(name)
        return value if isinstance(value, str) else None
    return None

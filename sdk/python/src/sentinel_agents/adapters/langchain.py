"""LangChain 1.x agents (`create_agent`), sync and async. Needs `langchain`, which comes from your own project.

    agent = create_agent(model, tools, middleware=[SentinelMiddleware(sentinel)])

Put it last in `middleware`: it then sees every attempt, and the prompt as it is really sent.
"""

import asyncio
from typing import Any, Awaitable, Callable, Optional

from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse, hook_config
from langchain.agents.middleware.types import PrivateStateAttr, ToolCallRequest
from langchain_core.messages import AIMessage, SystemMessage, ToolMessage
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.config import get_config
from langgraph.errors import GraphBubbleUp
from typing_extensions import Annotated, NotRequired

from ..calls import Call, ModelCall, ToolCall
from ..hashing import hash_tools
from ..hold import SentinelHold
from ..quiet import quietly
from ..runs import Run, enter_run, leave_run
from ..sentinel import Sentinel
from .words import count, notice, refusal, text

#: Nodes of other middleware that may run before ours, and so spend steps that we did not see.
_UNSEEN_STEPS = 6


class SentinelState(AgentState[Any]):
    """The run id travels in the graph's private state, so that an interrupted run is known again when it resumes."""

    sentinel_run: NotRequired[Annotated[str, PrivateStateAttr]]  # type: ignore[valid-type]


class SentinelMiddleware(AgentMiddleware[SentinelState, Any, Any]):
    """Watches an agent and obeys Sentinel's directives. A held run ends with a message whose
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
            self._guard.pass_gate()
        except SentinelHold as hold:
            return self._refused(hold)
        return self._begin()

    @hook_config(can_jump_to=["end"])
    async def abefore_agent(self, state: Any, runtime: Any) -> "Optional[dict[str, Any]]":
        try:
            await self._guard.pass_gate_async()
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
            return _notice(hold)
        try:
            answer = handler(_prepared(request, call))
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
            return _notice(hold)
        try:
            answer = await handler(_prepared(request, call))
        except BaseException as error:
            self._failed(run, call, error)
            raise
        self._answered(run, call, answer)
        return answer

    def wrap_tool_call(self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Any]) -> Any:
        run = self._run_of(request.state)
        name, args = request.tool_call["name"], request.tool_call["args"]
        try:
            call = self._guard.before_tool(name, args, run)
        except SentinelHold as hold:
            return _refusal(request, hold)
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
        try:
            call = await self._guard.before_tool_async(name, args, run)
        except SentinelHold as hold:
            return _refusal(request, hold)
        here = enter_run(run)
        try:
            answer = await self._guard.race(call, handler(request))
        except BaseException as error:
            self._failed(run, call, error)
            if isinstance(error, SentinelHold) and call.stopping:
                return _refusal(request, error)
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
        run = self._guard.begin_run()
        with quietly():
            config = get_config()
            run.last_step = config["metadata"]["langgraph_step"] + config["recursion_limit"] - 1
        return {"sentinel_run": run.run_id}

    def _refused(self, hold: SentinelHold) -> "dict[str, Any]":
        self._guard.refused_run()
        return {"jump_to": "end", "messages": [_notice(hold)], "sentinel_run": ""}

    def _run_of(self, state: Any) -> Run:
        """The run this state belongs to; one that another process began is taken up as it is."""
        run_id = state.get("sentinel_run") if isinstance(state, dict) else getattr(state, "sentinel_run", None)
        return self._guard.get_run(run_id or "") or self._guard.begin_run(run_id=run_id)

    def _model_call(self, run: Run, request: ModelRequest[Any]) -> ModelCall:
        about: "dict[str, Any]" = {}
        with quietly():
            about.update(_about(request))
        return ModelCall(self._guard, run, about)

    def _answered(self, run: Run, call: Call, answer: Any) -> None:
        with quietly():
            if isinstance(call, ToolCall):
                _read_tool(call, answer)
            else:
                _read_answer(call, answer)
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


def _about(request: ModelRequest[Any]) -> "dict[str, Any]":
    model: Any = request.model
    provider = None
    with quietly():
        provider = model._get_ls_params().get("ls_provider")
    tools = []
    for tool in request.tools:
        function = convert_to_openai_tool(tool).get("function", {})
        tools.append(
            {"name": str(function.get("name")), "description": function.get("description"), "schema": function}
        )
    return {
        "model": text(getattr(model, "model_name", None), getattr(model, "model", None)),
        "provider": text(provider),
        "prompt": request.system_prompt or None,
        "temperature": count(request.model_settings.get("temperature", getattr(model, "temperature", None))),
        "tools_hash": hash_tools(tools) if tools else None,
    }


def _prepared(request: ModelRequest[Any], call: ModelCall) -> ModelRequest[Any]:
    """With the prompt and temperature that the directive asks for."""
    with quietly():
        if call.prompt is not None and call.prompt != request.system_prompt:
            request = request.override(system_message=SystemMessage(content=call.prompt))
        if call.lowered:
            request = request.override(model_settings={**request.model_settings, "temperature": call.temperature})
    return request


def _read_answer(call: Call, answer: Any) -> None:
    message: Any = next((m for m in reversed(answer.result) if isinstance(m, AIMessage)), None)
    usage, meta = message.usage_metadata or {}, message.response_metadata or {}
    entered = usage.get("input_token_details") or {}
    call.record(
        response_model=text(meta.get("model_name"), meta.get("model")),
        finish_reason=text(meta.get("finish_reason"), meta.get("stop_reason"), meta.get("done_reason")),
        input_tokens=count(usage.get("input_tokens")),
        output_tokens=count(usage.get("output_tokens")),
        cached_input_tokens=count(entered.get("cache_read")),
        cache_write_tokens=count(entered.get("cache_creation")),
        reasoning_tokens=count((usage.get("output_token_details") or {}).get("reasoning")),
        tool_calls=len(message.tool_calls),
    )


def _read_tool(call: ToolCall, answer: Any) -> None:
    if isinstance(answer, ToolMessage):
        call.result(answer.content)
        if answer.status == "error":
            call.failed()


def _notice(hold: SentinelHold) -> AIMessage:
    told = {"stopped": True, "kind": hold.kind, "reason": hold.reason}
    return AIMessage(content=notice(hold), response_metadata={"sentinel": told})


def _refusal(request: ToolCallRequest, hold: SentinelHold) -> ToolMessage:
    return ToolMessage(
        content=refusal(hold),
        tool_call_id=request.tool_call["id"] or "",
        name=request.tool_call["name"],
        status="error",
        artifact={"sentinel": {"refused": True, "kind": hold.kind}},
    )

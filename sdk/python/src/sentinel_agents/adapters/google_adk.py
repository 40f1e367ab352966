"""Google ADK 2.x. Needs `google-adk`, which comes from your own project.

    runner = Runner(agent=agent, plugins=[SentinelPlugin(sentinel)], …)

A held run ends with a message whose `custom_metadata["sentinel"]` tells it from a model's answer; a tool that may not run
returns the reason to the model. Tools that the model's service runs (search, code execution) and live sessions have
no seat.
"""

from typing import Any, Optional

from google.adk.models.llm_response import LlmResponse
from google.adk.plugins.base_plugin import BasePlugin
from google.genai import types

from ..calls import Call, ModelCall
from ..hashing import hash_tools
from ..hold import SentinelHold
from ..quiet import quietly
from ..runs import Run
from ..sentinel import Sentinel
from .words import count, notice, refusal, text


class SentinelPlugin(BasePlugin):
    """Monitors the agents of a runner, as one agent, and enforces Sentinel's directives."""

    def __init__(self, sentinel: Sentinel) -> None:
        super().__init__(name="sentinel")
        self._guard = sentinel.guard
        self._runs: dict[str, Run] = {}
        self._calls: dict[tuple[str, ...], Call] = {}

    async def before_run_callback(self, *, invocation_context: Any) -> Optional[types.Content]:
        try:
            await self._guard.pass_gate_async()
        except SentinelHold as hold:
            self._guard.refused_run()
            return _content(hold)
        run = self._guard.begin_run(thread_id=invocation_context.session.id)
        self._runs[invocation_context.invocation_id] = run
        return None

    async def after_run_callback(self, *, invocation_context: Any) -> None:
        run = self._runs.pop(invocation_context.invocation_id, None)
        if run is not None:
            self._guard.end_run(run)

    async def on_run_error_callback(self, *, invocation_context: Any, error: Any, **_: Any) -> None:
        run = self._runs.pop(invocation_context.invocation_id, None)
        if run is not None:
            self._guard.end_run(run, "error", error)

    async def before_model_callback(self, *, callback_context: Any, llm_request: Any) -> Optional[LlmResponse]:
        about: dict[str, Any] = {}
        with quietly():
            about = _about(llm_request)
        try:
            call = await self._guard.before_model_async(self._runs.get(callback_context.invocation_id), **about)
        except SentinelHold as hold:
            told = {"stopped": True, "kind": hold.kind, "reason": hold.reason}
            return LlmResponse(content=_content(hold), custom_metadata={"sentinel": told})
        with quietly():
            if call.prompt is not None and call.prompt != llm_request.config.system_instruction:
                llm_request.config.system_instruction = call.prompt
            if call.lowered:
                llm_request.config.temperature = call.temperature
        self._calls[_of_model(callback_context)] = call
        return None

    async def after_model_callback(self, *, callback_context: Any, llm_response: Any) -> None:
        if llm_response.partial:
            return
        call = self._calls.pop(_of_model(callback_context), None)
        if isinstance(call, ModelCall):
            with quietly():
                _read(call, llm_response)
            call.finish()

    async def on_model_error_callback(self, *, callback_context: Any, llm_request: Any, error: Exception) -> None:
        call = self._calls.pop(_of_model(callback_context), None)
        if call is not None:
            call.finish(error)

    async def before_tool_callback(self, *, tool: Any, tool_args: Any, tool_context: Any) -> "Optional[dict[str, Any]]":
        try:
            run = self._runs.get(tool_context.invocation_id)
            call = await self._guard.before_tool_async(tool.name, tool_args, run)
        except SentinelHold as hold:
            return {"error": refusal(hold)}
        self._calls[_of_tool(tool_context)] = call
        return None

    async def after_tool_callback(self, *, tool: Any, tool_args: Any, tool_context: Any, result: Any) -> None:
        call = self._calls.pop(_of_tool(tool_context), None)
        if call is not None:
            self._guard.after_tool(call, result)  # type: ignore[arg-type]

    async def on_tool_error_callback(self, *, tool: Any, tool_args: Any, tool_context: Any, error: Any) -> None:
        call = self._calls.pop(_of_tool(tool_context), None)
        if call is not None:
            call.finish(error)


def _of_model(context: Any) -> tuple[str, ...]:
    """Agents of one invocation may be at work beside one another, in branches."""
    branch = getattr(getattr(context, "_invocation_context", None), "branch", None)
    return context.invocation_id, context.agent_name, branch or ""


def _of_tool(context: Any) -> tuple[str, ...]:
    return context.invocation_id, context.function_call_id or ""


def _content(hold: SentinelHold) -> types.Content:
    return types.Content(role="model", parts=[types.Part(text=notice(hold))])


def _about(request: Any) -> dict[str, Any]:
    config = request.config
    tools = [{"name": name, "description": tool.description} for name, tool in (request.tools_dict or {}).items()]
    return {
        "model": text(request.model),
        "prompt": text(config.system_instruction),
        "temperature": count(config.temperature),
        "tools_hash": hash_tools(tools) if tools else None,
    }


def _read(call: ModelCall, answer: Any) -> None:
    usage = answer.usage_metadata
    made, thought = count(usage.candidates_token_count), count(usage.thoughts_token_count)
    call.record(
        response_model=text(getattr(answer, "model_version", None)),
        finish_reason=text(getattr(answer.finish_reason, "value", None)),
        input_tokens=count(usage.prompt_token_count),
        # Gemini counts thoughts beside the candidates; both are output.
        output_tokens=None if made is None else made + (thought or 0),
        cached_input_tokens=count(usage.cached_content_token_count),
        reasoning_tokens=thought,
        tool_calls=sum(1 for part in answer.content.parts if part.function_call),
    )

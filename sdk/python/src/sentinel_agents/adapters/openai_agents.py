"""The OpenAI Agents SDK. Needs `openai-agents`, which comes from your own project.

    result = await run(sentinel, agent, "hello")             # Runner.run, watched and held

or, to call the Runner yourself (streaming too):

    agent = guarded(agent, sentinel)
    with sentinel.run():
        result = Runner.run_streamed(agent, "hello")
        async for event in result.stream_events(): ...

A held run raises SentinelHold. Calls of hosted tools and of MCP servers are made inside the SDK, where no seat is: the
model call after them is held. `RunConfig.model` replaces the agent's model, and so this guard: pass `guarded_model(…)`.
"""

import copy
import functools
from dataclasses import replace
from typing import Any, AsyncIterator, Awaitable, Callable, Optional

from agents import Agent, FunctionTool, Model, ModelResponse, Runner, RunResult
from agents.models.multi_provider import MultiProvider

from ..calls import ModelCall
from ..guard import Guard
from ..hashing import hash_tools
from ..hold import SentinelHold
from ..quiet import quietly
from ..sentinel import Sentinel
from .words import count, refusal, text


async def run(sentinel: Sentinel, agent: "Agent[Any]", input: Any, **more: Any) -> RunResult:
    """`Runner.run` as one run of this agent. Raises SentinelHold where it is held."""
    async with sentinel.run():
        return await Runner.run(guarded(agent, sentinel), input, **more)


def guarded(agent: "Agent[Any]", sentinel: Sentinel) -> "Agent[Any]":
    """A copy of the agent, and of those it hands over to, whose model and function tools ask Sentinel before each call.
    Handoffs made with `handoff(…)` stay as they are: hand them guarded agents."""
    return _guarded(agent, sentinel.guard, {})


def guarded_model(model: "Model | str | None", sentinel: Sentinel) -> Model:
    return _GuardedModel(model, sentinel.guard)


def _guarded(agent: "Agent[Any]", guard: Guard, known: "dict[int, Agent[Any]]") -> "Agent[Any]":
    if id(agent) in known or isinstance(agent.model, _GuardedModel):
        return known.get(id(agent), agent)
    tools = [_guarded_tool(tool, guard) if isinstance(tool, FunctionTool) else tool for tool in agent.tools]
    model = _GuardedModel(agent.model, guard)
    made = known[id(agent)] = agent.clone(tools=tools, model=model, model_settings=agent.model_settings)
    made.handoffs = [_guarded(other, guard, known) if isinstance(other, Agent) else other for other in agent.handoffs]
    return made


def _guarded_tool(tool: FunctionTool, guard: Guard) -> FunctionTool:
    """The same tool, whose invocation asks first. What the SDK makes of a tool's error stays as it is: where the SDK
    wraps the function to answer errors itself, the seat is inside of that, and so sees the error."""
    made = copy.copy(tool)
    invoke: Any = made.on_invoke_tool
    inner = getattr(invoke, "_invoke_tool_impl", None)
    if inner is None:
        made.on_invoke_tool = _seat(tool.name, invoke, guard)
    else:
        invoke = copy.copy(invoke)
        invoke._invoke_tool_impl = _seat(tool.name, inner, guard)
        made.on_invoke_tool = invoke
    return copy.copy(made)


def _seat(name: str, inner: Callable[[Any, str], Awaitable[Any]], guard: Guard) -> Callable[[Any, str], Awaitable[Any]]:
    @functools.wraps(inner)
    async def invoke(context: Any, arguments: str) -> Any:
        try:
            call = await guard.before_tool_async(name, arguments)
        except SentinelHold as hold:
            return refusal(hold)
        try:
            answer = await guard.race(call, inner(context, arguments))
        except BaseException as error:
            call.finish(error)
            if isinstance(error, SentinelHold) and call.stopping:
                return refusal(error)
            raise
        guard.after_tool(call, answer)
        return answer

    return invoke


class _GuardedModel(Model):
    def __init__(self, model: "Model | str | None", guard: Guard) -> None:
        self._given = model
        self._guard = guard

    @functools.cached_property
    def _model(self) -> Model:
        return self._given if isinstance(self._given, Model) else MultiProvider().get_model(self._given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def get_retry_advice(self, request: Any) -> Any:
        return self._model.get_retry_advice(request)

    async def close(self) -> None:
        await self._model.close()

    async def _cleanup_on_run_end(self, owner: object) -> None:
        await self._model._cleanup_on_run_end(owner)

    async def _admitted(self, instructions: Optional[str], settings: Any, tools: Any) -> ModelCall:
        about: dict[str, Any] = {}
        with quietly():
            about = _about(self._given, instructions, settings, tools)
        return await self._guard.before_model_async(**about)

    async def get_response(
        self, system_instructions: Any, input: Any, model_settings: Any, tools: Any, *rest: Any, **more: Any
    ) -> ModelResponse:
        call = await self._admitted(system_instructions, model_settings, tools)
        with call:
            settings = _cooled(call, model_settings)
            prompt = system_instructions if call.prompt is None else call.prompt
            answer = await self._model.get_response(prompt, input, settings, tools, *rest, **more)
            with quietly():
                _read(call, answer.usage, answer.output)
            return answer

    async def stream_response(
        self, system_instructions: Any, input: Any, model_settings: Any, tools: Any, *rest: Any, **more: Any
    ) -> AsyncIterator[Any]:
        call = await self._admitted(system_instructions, model_settings, tools)
        with call:
            settings = _cooled(call, model_settings)
            prompt = system_instructions if call.prompt is None else call.prompt
            async for event in self._model.stream_response(prompt, input, settings, tools, *rest, **more):
                if event.type == "response.completed":
                    with quietly():
                        _read(call, event.response.usage, event.response.output)
                yield event


def _about(model: Any, instructions: Optional[str], settings: Any, tools: Any) -> dict[str, Any]:
    named = [t for t in tools if isinstance(t, FunctionTool)]
    parts = [{"name": t.name, "description": t.description, "schema": t.params_json_schema} for t in named]
    return {
        "model": text(model, getattr(model, "model", None)),
        "prompt": instructions or None,
        "temperature": count(settings.temperature),
        "tools_hash": hash_tools(parts) if parts else None,
    }


def _cooled(call: ModelCall, settings: Any) -> Any:
    return replace(settings, temperature=call.temperature) if call.lowered else settings


def _read(call: ModelCall, usage: Any, output: Any) -> None:
    call.record(
        input_tokens=count(usage.input_tokens),
        output_tokens=count(usage.output_tokens),
        cached_input_tokens=count(getattr(usage.input_tokens_details, "cached_tokens", None)),
        reasoning_tokens=count(getattr(usage.output_tokens_details, "reasoning_tokens", None)),
        tool_calls=sum(1 for item in output if getattr(item, "type", None) == "function_call"),
    )

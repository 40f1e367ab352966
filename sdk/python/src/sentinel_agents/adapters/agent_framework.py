"""Microsoft Agent Framework 1.x. Needs `agent-framework-core`, which comes from your own project.

    agent = Agent(client=client, tools=[…], middleware=[sentinel_middleware(sentinel)])

Put it last. A held run raises SentinelHold; a tool that may not run returns the reason to the model. Clients whose
service runs the tools itself (hosted agents) have no seat for them.
"""

from typing import Any, Awaitable, Callable

from agent_framework import (
    AgentContext,
    AgentMiddleware,
    ChatContext,
    ChatMiddleware,
    FunctionInvocationContext,
    FunctionMiddleware,
    MiddlewareBundle,
)

from ..calls import ModelCall
from ..guard import Guard
from ..hashing import hash_text, hash_tools
from ..hold import SentinelHold
from ..quiet import quietly
from ..sentinel import Sentinel
from .words import count, refusal, text

Next = Callable[[], Awaitable[None]]


def sentinel_middleware(sentinel: Sentinel) -> MiddlewareBundle:
    """All three seats: the run, its model calls and its tool calls."""
    sentinel.guard.without_prompt_seat()
    return MiddlewareBundle([_Runs(sentinel.guard), _Models(sentinel.guard), _Tools(sentinel.guard)])


class _Runs(AgentMiddleware):
    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def process(self, context: AgentContext, call_next: Next) -> None:
        scope = self._guard.run()
        if not context.stream:
            async with scope:
                await call_next()
            return
        # The run ends with its stream, which is consumed after this returns.
        await scope.__aenter__()

        def cleanup() -> None:
            scope.end(None)

        context.stream_cleanup_hooks.append(cleanup)
        try:
            await call_next()
        except BaseException as error:
            scope.end(error)
            raise


class _Models(ChatMiddleware):
    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def process(self, context: ChatContext, call_next: Next) -> None:
        about: dict[str, Any] = {}
        with quietly():
            about = _about(context)
        call = await self._guard.before_model_async(**about)
        if call.lowered:
            context.options = {**(context.options or {}), "temperature": call.temperature}
        if context.stream:

            def read(answer: Any) -> Any:
                with quietly():
                    _read(call, answer)
                call.finish()
                return answer

            context.stream_result_hooks.append(read)
        try:
            await call_next()
        except BaseException as error:
            call.finish(error)
            raise
        if not context.stream:
            with quietly():
                _read(call, context.result)
            call.finish()


class _Tools(FunctionMiddleware):
    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def process(self, context: FunctionInvocationContext, call_next: Next) -> None:
        arguments = context.arguments
        known = arguments.model_dump() if hasattr(arguments, "model_dump") else dict(arguments)
        try:
            call = await self._guard.before_tool_async(context.function.name, known)
        except SentinelHold as hold:
            context.result = refusal(hold)
            return
        try:
            await self._guard.race(call, call_next())
        except BaseException as error:
            call.finish(error)
            if not (isinstance(error, SentinelHold) and call.stopping):
                raise
            context.result = refusal(error)
            return
        self._guard.after_tool(call, _texts(context.result))


def _texts(result: Any) -> Any:
    """A tool's result as the framework holds it: a list of contents, or what the tool gave back."""
    return [getattr(item, "text", None) or str(item) for item in result] if isinstance(result, list) else result


def _about(context: ChatContext) -> dict[str, Any]:
    options: Any = context.options or {}
    client: Any = context.client
    system = [m.text for m in context.messages if str(m.role) == "system"]
    prompt = "\n".join([*system, options.get("instructions") or ""]).strip()
    parts: list[dict[str, Any]] = []
    for tool in options.get("tools") or []:
        parts.append({"name": str(getattr(tool, "name", "")), "description": getattr(tool, "description", None)})
    return {
        "model": text(options.get("model"), options.get("model_id"), getattr(client, "model", None)),
        "provider": text(getattr(client, "OTEL_PROVIDER_NAME", None)),
        "prompt_hash": hash_text(prompt) if prompt else None,
        "temperature": count(options.get("temperature")),
        "tools_hash": hash_tools(parts) if parts else None,
    }


def _read(call: ModelCall, answer: Any) -> None:
    usage = answer.usage_details or {}
    contents = [content for message in answer.messages for content in message.contents]
    call.record(
        response_model=text(getattr(answer, "model", None), getattr(answer, "model_id", None)),
        finish_reason=text(answer.finish_reason),
        input_tokens=count(usage.get("input_token_count")),
        output_tokens=count(usage.get("output_token_count")),
        cached_input_tokens=count(usage.get("cache_read_input_token_count")),
        cache_write_tokens=count(usage.get("cache_creation_input_token_count")),
        reasoning_tokens=count(usage.get("reasoning_output_token_count")),
        tool_calls=sum(1 for content in contents if content.type == "function_call"),
    )

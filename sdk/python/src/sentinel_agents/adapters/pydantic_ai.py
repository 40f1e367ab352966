"""Pydantic AI 2.x. Needs `pydantic-ai`, which comes from your own project.

    agent = Agent(model, capabilities=[SentinelCapability(sentinel)])

A held run raises SentinelHold; a tool that may not run returns the reason to the model. There is no seat that replaces
instructions for one request, so that a rollback of the prompt is answered with "cannot".
"""

from dataclasses import dataclass, replace
from typing import Any, Optional

from pydantic_ai.capabilities import AbstractCapability, CapabilityOrdering
from pydantic_ai.messages import ModelRequest, SystemPromptPart

from ..calls import ModelCall
from ..hashing import hash_text, hash_tools
from ..hold import SentinelHold
from ..quiet import quietly
from ..sentinel import Sentinel
from .words import count, refusal, text


@dataclass
class SentinelCapability(AbstractCapability[Any]):
    """Monitors an agent and enforces Sentinel's directives."""

    sentinel: Sentinel

    def __post_init__(self) -> None:
        self.sentinel.guard.without_prompt_seat()

    def get_ordering(self) -> CapabilityOrdering:
        """Innermost, so that it sees requests as they are really sent."""
        return CapabilityOrdering(position="innermost")

    async def wrap_run(self, ctx: Any, *, handler: Any) -> Any:
        async with self.sentinel.run():
            return await handler()

    async def wrap_model_request(self, ctx: Any, *, request_context: Any, handler: Any) -> Any:
        about: dict[str, Any] = {}
        with quietly():
            about = _about(request_context)
        call = await self.sentinel.guard.before_model_async(**about)
        with call:
            if call.lowered:
                settings = {**(request_context.model_settings or {}), "temperature": call.temperature}
                request_context = replace(request_context, model_settings=settings)
            answer = await handler(request_context)
            with quietly():
                _read(call, answer)
            return answer

    async def wrap_tool_execute(self, ctx: Any, *, call: Any, tool_def: Any, args: Any, handler: Any) -> Any:
        guard = self.sentinel.guard
        try:
            seat = await guard.before_tool_async(call.tool_name, args)
        except SentinelHold as hold:
            return refusal(hold)
        try:
            answer = await guard.race(seat, handler(args))
        except BaseException as error:
            seat.finish(error)
            if isinstance(error, SentinelHold) and seat.stopping:
                return refusal(error)
            raise
        guard.after_tool(seat, answer)
        return answer


def _about(context: Any) -> dict[str, Any]:
    parameters = context.model_request_parameters
    parts = [
        {"name": tool.name, "description": tool.description, "schema": tool.parameters_json_schema}
        for tool in parameters.function_tools
    ]
    prompt = _prompt(context.messages)
    return {
        "model": text(context.model.model_name),
        "provider": text(context.model.system),
        "prompt_hash": hash_text(prompt) if prompt else None,
        "temperature": count((context.model_settings or {}).get("temperature")),
        "tools_hash": hash_tools(parts) if parts else None,
    }


def _prompt(messages: list[Any]) -> Optional[str]:
    """Instructions and system prompts, as the first request has them."""
    first = next((m for m in messages if isinstance(m, ModelRequest)), None)
    if first is None:
        return None
    said = [part.content for part in first.parts if isinstance(part, SystemPromptPart)]
    return "\n".join([*said, first.instructions or ""]).strip() or None


def _read(call: ModelCall, answer: Any) -> None:
    usage = answer.usage
    call.record(
        response_model=text(answer.model_name),
        finish_reason=text(answer.finish_reason),
        input_tokens=count(usage.input_tokens),
        output_tokens=count(usage.output_tokens),
        cached_input_tokens=count(usage.cache_read_tokens),
        cache_write_tokens=count(usage.cache_write_tokens),
        tool_calls=sum(1 for part in answer.parts if part.part_kind == "tool-call"),
    )

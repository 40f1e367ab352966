"""What the LangChain adapter reads of requests and answers, and the messages that it writes."""

from typing import Any, Optional

from langchain.agents.middleware import ModelRequest
from langchain.agents.middleware.types import ToolCallRequest
from langchain_core.messages import AIMessage, SystemMessage, ToolMessage
from langchain_core.utils.function_calling import convert_to_openai_tool

from ..calls import Call, ModelCall, ToolCall
from ..hashing import hash_tools
from ..hold import SentinelHold
from ..quiet import quietly
from .words import count, notice, refusal, text


def describe_request(request: ModelRequest[Any]) -> "dict[str, Any]":
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


def prepared(request: ModelRequest[Any], call: ModelCall) -> ModelRequest[Any]:
    """With the prompt and temperature that the directive asks for."""
    with quietly():
        if call.prompt is not None and call.prompt != request.system_prompt:
            request = request.override(system_message=SystemMessage(content=call.prompt))
        if call.lowered:
            request = request.override(model_settings={**request.model_settings, "temperature": call.temperature})
    return request


def read_answer(call: Call, answer: Any) -> None:
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


def read_tool(call: ToolCall, answer: Any) -> None:
    if isinstance(answer, ToolMessage):
        call.result(answer.content)
        if answer.status == "error":
            call.failed()


def stopped(hold: SentinelHold) -> AIMessage:
    told = {"stopped": True, "kind": hold.kind, "reason": hold.reason}
    return AIMessage(content=notice(hold), response_metadata={"sentinel": told})


def refused(request: ToolCallRequest, hold: SentinelHold) -> ToolMessage:
    return ToolMessage(
        content=refusal(hold),
        tool_call_id=request.tool_call["id"] or "",
        name=request.tool_call["name"],
        status="error",
        artifact={"sentinel": {"refused": True, "kind": hold.kind}},
    )


def cut_off(request: ToolCallRequest, call: ToolCall) -> ToolMessage:
    told = {"outcome": "unknown", "action": call.action, "idempotency_key": call.idempotency_key}
    return ToolMessage(
        content="Cut off: the run was stopped while this tool was running. Whether it took effect is unknown.",
        tool_call_id=request.tool_call["id"] or "",
        name=request.tool_call["name"],
        status="error",
        artifact={"sentinel": told},
    )


def cut_off_in(state: Any) -> "list[tuple[str, Optional[str]]]":
    """Action and idempotency key of each call of a thread that was cut off."""
    found = []
    for message in state.get("messages", ()) if isinstance(state, dict) else ():
        artifact = message.artifact if isinstance(message, ToolMessage) else None
        told = artifact.get("sentinel") if isinstance(artifact, dict) else None
        if isinstance(told, dict) and told.get("outcome") == "unknown" and isinstance(told.get("action"), str):
            found.append((told["action"], told.get("idempotency_key")))
    return found

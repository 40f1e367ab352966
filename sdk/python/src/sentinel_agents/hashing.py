"""Identities of prompts, tools, calls and results: hashes leave the process, texts do not."""

import hashlib
import json
from typing import Any, Iterable, Mapping

#: Hex digits kept of a SHA-256: 64 bits, so that among a million prompts a clash is a one-in-ten-million chance.
_DIGITS = 16


def hash_text(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, so that equal values have equal text; what JSON cannot hold is named by its type."""
    try:
        return json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=lambda x: f"<{type(x).__name__}>"
        )
    except (TypeError, ValueError, RecursionError):
        return f"<{type(value).__name__}>"


def hash_value(value: Any) -> str:
    return hash_text(canonical_json(value))


def hash_action(tool: str, args: Any) -> str:
    """One tool call as an identity: the same tool with the same arguments, whatever their order. Arguments that are
    JSON text already, as models write them, are read first."""
    if isinstance(args, str):
        try:
            args = json.loads(args)
        except (ValueError, RecursionError):
            pass
    return hash_value([tool, args])


def hash_tools(tools: Iterable[Mapping[str, Any]]) -> str:
    """The tool set as an identity: `name`, `description` and `schema` of each, whatever their order."""
    parts = [[tool["name"], tool.get("description"), tool.get("schema")] for tool in tools]
    return hash_value(sorted(parts, key=lambda part: str(part[0])))

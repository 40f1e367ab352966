"""What travels between an agent and Sentinel: events out, directives in.

An event is a mapping with the field names of `docs/api.md`. What is unknown is left out, never reported as 0.
Times are in ms, costs in USD.
"""

import json
import math
import numbers
import unicodedata
from dataclasses import dataclass
from typing import Any, Mapping, Optional

from .version import VERSION

SDK_VERSION = f"py-{VERSION}"

Event = dict[str, Any]

STATUSES = ("run", "paused", "quarantined", "retired")
#: How a quarantine stops the agent. `hold_new`: runs in progress go on, new ones wait; `drain`: calls in flight finish,
#: nothing further starts; `hand_over`: the same, and queued tasks are passed on; `kill`: calls in flight are to end at once.
HOLD_LEVELS = ("hold_new", "drain", "hand_over", "kill")
BUDGET_MEASURES = ("usd", "tokens", "model_calls", "tool_calls", "wall_seconds")
TREE_BUDGET_MEASURES = (*BUDGET_MEASURES, "depth", "descendants")
#: Longest id or name that Sentinel accepts.
NAME_MAX = 200
#: Characters that nobody can see: control, format, private use, lone surrogates, line and paragraph separators.
_UNSEEN = frozenset(("Cc", "Cf", "Co", "Cs", "Zl", "Zp"))


@dataclass(frozen=True)
class Budget:
    """What a run, or a tree, may use of something. `at_limit` is `pause_and_ask` or `stop`; `more`: what was allowed on top
    of the limit, by run id; of trees by the root's."""

    id: str
    measure: str
    limit: float
    at_limit: str
    more: Mapping[str, float]


@dataclass(frozen=True)
class Directive:
    """The desired state of an agent. `version` only grows."""

    agent_id: str
    version: int
    hash: str
    status: str
    rollback_to: Optional[str]
    revoked_tools: frozenset[str]
    max_model_calls: Optional[int]
    max_tool_calls: Optional[int]
    temperature: Optional[float]
    memory_epoch: int
    successor: Optional[str]
    reason: str
    lease_seconds: int
    #: What each run may use. They are no part of version and hash, and hold when the lease has ended.
    budgets: tuple[Budget, ...]
    #: None unless quarantined. A level that this SDK does not know drains.
    level: Optional[str] = None
    #: At level `hand_over`: the agent that takes over queued tasks, where one was named.
    hand_over_to: Optional[str] = None
    #: Like `budgets`: what each run with all its descendants may use together.
    tree_budgets: tuple[Budget, ...] = ()


def _is_count(x: object) -> bool:
    return isinstance(x, int) and not isinstance(x, bool) and x >= 0


def _cap(x: Any) -> Optional[int]:
    return int(x) if _is_count(x) and x > 0 else None


def read_directive(x: object) -> Optional[Directive]:
    """A directive from an answer. None where something is missing that enforcement needs: a half-understood directive
    is worse than the one already in force."""
    if not isinstance(x, dict):
        return None
    autonomy, tools, prompt = x.get("autonomy"), x.get("revoked_tools"), x.get("prompt")
    lease = x.get("lease_seconds")
    well_formed = (
        isinstance(x.get("agent_id"), str)
        and isinstance(x.get("hash"), str)
        and x.get("status") in STATUSES
        and all(_is_count(x.get(name)) for name in ("version", "memory_epoch", "lease_seconds"))
        and lease != 0
        and isinstance(autonomy, dict)
        and isinstance(tools, list)
        and all(isinstance(tool, str) for tool in tools)
        and (prompt is None or (isinstance(prompt, dict) and isinstance(prompt.get("rollback_to"), str)))
    )
    if not well_formed or not isinstance(autonomy, dict) or not isinstance(tools, list):
        return None
    level, heir = x.get("level"), x.get("hand_over_to")
    temperature, successor, reason = autonomy.get("temperature"), x.get("successor"), x.get("reason")
    return Directive(
        agent_id=x["agent_id"],
        version=x["version"],
        hash=x["hash"],
        status=x["status"],
        rollback_to=prompt["rollback_to"] if isinstance(prompt, dict) else None,
        revoked_tools=frozenset(tools),
        max_model_calls=_cap(autonomy.get("max_model_calls")),
        max_tool_calls=_cap(autonomy.get("max_tool_calls")),
        temperature=float(temperature) if isinstance(temperature, (int, float)) else None,
        memory_epoch=x["memory_epoch"],
        successor=successor if isinstance(successor, str) and successor else None,
        reason=reason if isinstance(reason, str) else "",
        lease_seconds=x["lease_seconds"],
        budgets=_budgets(x.get("budgets"), BUDGET_MEASURES),
        tree_budgets=_budgets(x.get("tree_budgets"), TREE_BUDGET_MEASURES),
        level=(level if level in HOLD_LEVELS else "drain") if x["status"] == "quarantined" else None,
        hand_over_to=heir if isinstance(heir, str) and heir else None,
    )


def _is_amount(x: object) -> bool:
    return isinstance(x, (int, float)) and not isinstance(x, bool) and math.isfinite(x) and x > 0


def _budgets(x: object, measures: "tuple[str, ...]") -> tuple[Budget, ...]:
    """Those that can be held. An older server sends none; one of a measure that this SDK does not know is left to the server."""
    read = []
    for one in x if isinstance(x, list) else []:
        if not isinstance(one, dict) or not isinstance(one.get("id"), str) or not _is_amount(one.get("limit")):
            continue
        if one.get("measure") not in measures:
            continue
        granted = one.get("more")
        more = {run: n for run, n in granted.items() if _is_amount(n)} if isinstance(granted, dict) else {}
        at_limit = "stop" if one.get("at_limit") == "stop" else "pause_and_ask"
        read.append(Budget(one["id"], one["measure"], one["limit"], at_limit, more))
    return tuple(read)


def ingest_directives(answer: object) -> list[Directive]:
    """The directives that an ingest answer carries, one for each agent that it understood."""
    agents = answer.get("agents") if isinstance(answer, dict) else None
    standings = agents.values() if isinstance(agents, dict) else ()
    read = [read_directive(standing.get("directive")) for standing in standings if isinstance(standing, dict)]
    return [directive for directive in read if directive]


def rejections(answer: object) -> list[str]:
    """The server's reasons in an ingest answer, one for each event that it did not take."""
    rejected = answer.get("rejected") if isinstance(answer, dict) else None
    if not isinstance(rejected, list):
        return []
    return [f"{r.get('field')}: {r.get('reason')}" if isinstance(r, dict) else "rejected" for r in rejected]


def parse_json(text: bytes) -> Any:
    """None where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def clean_name(text: str) -> Optional[str]:
    """A name that Sentinel accepts: nothing unseen in it, in Unicode's composed form, not too long; None if nothing is left."""
    if len(text) <= NAME_MAX and text.isascii() and text.isprintable():
        return text.strip() or None
    # The limit counts UTF-16 units, of which a character beyond the basic plane takes two.
    text = text[: NAME_MAX * 2]
    shown = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Zs") else c for c in text)
    text = "".join(c for c in shown if unicodedata.category(c) not in _UNSEEN and not 0xFE00 <= ord(c) <= 0xFE0F)
    text = unicodedata.normalize("NFC", text).strip()[:NAME_MAX]
    while len(text.encode("utf-16-le")) > NAME_MAX * 2:
        text = text[:-1]
    return text.strip() or None


def _clean(value: Any) -> Any:
    """A value as JSON can hold it; None, which is left out, for a number that is none."""
    if isinstance(value, str):
        return clean_name(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real) or hasattr(value, "as_tuple"):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, Mapping):
        return {clean_name(str(k)) or "_": _clean(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [item for item in map(_clean, value) if item is not None]
    raise TypeError(f"an event cannot hold {type(value).__name__}")


def encode_event(event: Mapping[str, Any]) -> Optional[bytes]:
    """The event as JSON, without what is unknown; None where it cannot be written."""
    try:
        cleaned = {name: value if name == "timestamp" else _clean(value) for name, value in event.items()}
        known = {name: value for name, value in cleaned.items() if value is not None}
        return json.dumps(known, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError, OverflowError):
        return None

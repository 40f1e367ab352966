"""What a host may set. Times in ms, as in every SDK of Sentinel."""

from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Optional, Sequence

from .limits import Limits
from .prices import Price
from .queued import Decided, HandOver, QueuedTask

#: The server takes no more.
MAX_HELD_PROMPTS = 20


@dataclass(frozen=True)
class GuardSettings:
    """How a guard enforces."""

    limits: Limits = Limits()
    #: What holds once the lease ended and Sentinel cannot be reached: "open" runs freely, "closed" stops.
    when_unreachable: str = "open"
    #: How long the first run or call waits for the standing directive.
    start_budget_ms: float = 3_000
    #: How long a run waits before it is held, while paused or while a person is asked for more of its budget.
    pause_budget_ms: float = 60_000
    #: How long a running tool call may take to finish once its run has to end; then `call.stopping` is set.
    tool_grace_ms: float = 30_000
    heartbeat_ms: float = 10_000
    #: Seconds that one long-poll is held.
    poll_seconds: float = 25
    #: System prompts held for a rollback, at most 20.
    held_prompts: int = 10
    #: System prompts the agent may be told to go back to, beside those it has used itself.
    known_prompts: Sequence[str] = ()
    #: Names the memory namespace of an epoch. Without it a memory reset is answered with "cannot".
    memory: Optional[Callable[[int], str]] = None
    #: Starts a successor under a new agent id, in a thread of its own. Without it a clone is answered with "cannot".
    clone: Optional[Callable[[str], None]] = None
    #: USD per million tokens, by model name. Without a price the cost is unknown, and no budget in USD can count it.
    prices: Mapping[str, Price] = field(default_factory=dict)
    #: What a tool call does to the world ("read", "write" or "external"), by tool name.
    side_effects: Mapping[str, str] = field(default_factory=dict)
    #: The declared version of the system prompt: a new one is a declared change.
    prompt_version: Optional[str] = None
    #: Names a tool call for its receiver, so that it takes effect once however often it is made. A call that was cut off is
    #: made again in its thread only with the key that it had. Tools declared to "read" need none.
    idempotency_key: Optional[Callable[[str, Any], Optional[str]]] = None
    #: Asked once about each task that a quarantine keeps from starting, in the thread that wants to start it: "keep",
    #: "drop", "reassign" or `("reassign", agent_id)`. Without it, at `hold_new` tasks wait, and else they are refused.
    on_queued: Optional[Callable[[QueuedTask], Decided]] = None
    #: Told once when the level becomes `hand_over`, in a thread of its own. What it returns, pairs of a task's id and a
    #: decision as above, is recorded, of tasks in the host's own queue as well.
    on_hand_over: Optional[Callable[[HandOver], Optional[Sequence[tuple[str, Decided]]]]] = None
    #: Told of each call in flight that has to end now, in a thread of its own: the place to close a connection or to end a
    #: child process. `race` cancels coroutines by itself.
    on_cancel: "Optional[Callable[[Any], None]]" = None


@dataclass(frozen=True)
class Delivery:
    """How events travel."""

    #: How long events gather before they are sent.
    flush_ms: float = 1_000
    #: Events kept while Sentinel cannot be reached; beyond it the oldest go and are counted.
    buffer_size: int = 5_000
    #: For one request.
    timeout_ms: float = 10_000
    #: Bodies from this many bytes on are gzipped.
    gzip_over: int = 2_048
    #: First and longest wait between attempts.
    retry_min_ms: float = 500
    retry_max_ms: float = 30_000
    #: How long the last events may take to leave when the process ends.
    exit_budget_ms: float = 2_000

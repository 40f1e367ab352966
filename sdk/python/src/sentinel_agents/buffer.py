"""Events that wait to be sent."""

import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Optional

#: Well under the server's 1,000 events and 1 MB a request.
MAX_BATCH_EVENTS = 500
MAX_BATCH_BYTES = 800_000


@dataclass
class Batch:
    """A request as it will travel, frozen with its idempotency key, so that a retry is the same request and counts once."""

    body: bytes
    events: int
    key: str = field(default_factory=lambda: str(uuid.uuid4()))


class Buffer:
    """At most `limit` events. When full, the oldest telemetry goes first and is counted; control events
    (acknowledgements and heartbeats) go only when nothing else is left. Not safe for threads: its client locks."""

    def __init__(self, limit: int) -> None:
        self.limit = max(1, limit)
        self.dropped = 0
        self._pushed = 0
        self._telemetry: deque[tuple[int, bytes]] = deque()
        self._control: deque[tuple[int, bytes]] = deque()

    def __len__(self) -> int:
        return len(self._telemetry) + len(self._control)

    def push(self, json: bytes, control: bool) -> None:
        if len(json) > MAX_BATCH_BYTES:
            self.dropped += 1
            return
        if len(self) >= self.limit:
            (self._telemetry or self._control).popleft()
            self.dropped += 1
        self._pushed += 1
        (self._control if control else self._telemetry).append((self._pushed, json))

    def full(self) -> bool:
        return len(self) >= min(MAX_BATCH_EVENTS, self.limit)

    def take(self) -> Optional[Batch]:
        """The oldest events that fit one request, removed; None when there are none."""
        taken: list[bytes] = []
        size = 0
        while len(self) and len(taken) < MAX_BATCH_EVENTS:
            queues = [queue for queue in (self._telemetry, self._control) if queue]
            oldest = min(queues, key=lambda queue: queue[0][0])
            size += len(oldest[0][1]) + 1
            if taken and size > MAX_BATCH_BYTES:
                break
            taken.append(oldest.popleft()[1])
        return Batch(b'{"events":[' + b",".join(taken) + b"]}", len(taken)) if taken else None

"""Sends events in the background, in one thread that lives only as long as its process."""

import gzip
import logging
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Optional

from . import backoff
from .buffer import Batch, Buffer
from .exits import flush_at_exit
from .forks import renew_in_children
from .quiet import LOG, quietly
from .settings import Delivery
from .transport import Answer, Transport
from .wire import Directive, Event, encode_event, ingest_directives, parse_json, read_directive, rejections

#: A refused key may be corrected on the server; asking more often than this does not help, s.
_REFUSED_KEY_WAIT_S = 60.0
#: What else the thread has to do is looked after this often, s.
_TICK_S = 10.0
_AGAIN = (404, 408, 409, 425, 429)


@dataclass(frozen=True)
class Stats:
    """Events: `delivered` (accepted by the server), `rejected` by it, `dropped` before they could be sent, `waiting`."""

    delivered: int
    rejected: int
    dropped: int
    waiting: int


class Client:
    """`tick` is called now and then, and returns when it has to be called next (monotonic seconds). `heard` gets every
    directive that an answer carries."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        delivery: Delivery,
        heard: Callable[[Directive], None],
        tick: Callable[[], Optional[float]],
    ) -> None:
        self.delivery = delivery
        self.transport = Transport(base_url, api_key, delivery.timeout_ms / 1000)
        self._heard = heard
        self._tick = tick
        self._reset()
        renew_in_children(self)

    def _reset(self) -> None:
        self._lock = threading.Condition(threading.RLock())
        self._buffer = Buffer(self.delivery.buffer_size)
        self._batch: Optional[Batch] = None
        self._attempt = 0
        self._delivered = 0
        self._rejected = 0
        #: When the next attempt may be made; None when nothing waits.
        self._send_at: Optional[float] = None
        self._told_to_wait = False
        self._closed = False
        self._thread: Optional[threading.Thread] = None

    after_fork = _reset

    def enqueue(self, event: Event, urgent: bool = False) -> None:
        """Queues an event and returns at once. `urgent` ones (acknowledgements) leave at once and are the last to be dropped."""
        json = encode_event(event)
        with self._lock:
            if self._closed:
                return
            if json is None:
                self._buffer.dropped += 1
                return
            before = self._buffer.dropped
            self._buffer.push(json, urgent or event.get("kind") == "heartbeat")
            if self._buffer.dropped > before == 0:
                LOG.warning("more events than the buffer holds (%d): the oldest are dropped", self._buffer.limit)
            now = time.monotonic()
            # While an attempt waits for its time, the wait stands, however urgent: Sentinel asked for it or is down.
            if self._batch is None:
                due = now if urgent or self._buffer.full() else now + self.delivery.flush_ms / 1000
                if self._send_at is None or due < self._send_at:
                    self._send_at = due
                    self._lock.notify_all()
        self.start()

    def start(self) -> None:
        """Starts the thread, once in each process."""
        with self._lock:
            if self._thread is not None or self._closed:
                return
            thread = threading.Thread(target=self._work, name="sentinel-send", daemon=True)
            self._thread = thread
            flush_at_exit(self)
        try:
            thread.start()
        except RuntimeError:
            # No more threads, or the interpreter is going down: events wait, bounded; the next one tries again.
            self._thread = None

    def flush(self, timeout: float = 5.0) -> bool:
        """True when everything queued was delivered (or refused for good), False after `timeout` seconds."""
        until = time.monotonic() + timeout
        with self._lock:
            if not self._told_to_wait and (self._batch is not None or len(self._buffer)):
                self._send_at = time.monotonic()
                self._lock.notify_all()
            while self._batch is not None or len(self._buffer):
                left = until - time.monotonic()
                if left <= 0 or self._thread is None:
                    return False
                self._lock.wait(left)
        return True

    def wake(self) -> None:
        """Makes the thread look what there is to do."""
        with self._lock:
            self._lock.notify_all()
        self.start()

    def close(self, timeout: float = 5.0) -> None:
        self.flush(timeout)
        with self._lock:
            self._closed = True
            self._lock.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed

    def stats(self) -> Stats:
        with self._lock:
            waiting = len(self._buffer) + (self._batch.events if self._batch else 0)
            return Stats(self._delivered, self._rejected, self._buffer.dropped, waiting)

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        extra: dict[str, str] = dict(headers)
        if len(body) >= self.delivery.gzip_over:
            body = gzip.compress(body, compresslevel=6)
            extra["content-encoding"] = "gzip"
        return self.transport.send(path, body, extra)

    def standing(self, what: str, ask: Callable[[], Answer]) -> Optional[Directive]:
        """An agent's standing directive from an answer, which is also heard; None when there is no usable one."""
        try:
            answer = ask()
            told = parse_json(answer.body) if answer.status in (200, 201) else None
            directive = read_directive(told.get("directive")) if isinstance(told, dict) else None
            if directive is not None:
                self._heard(directive)
            else:
                LOG.info("%s: unusable response (%d)", what, answer.status)
            return directive
        except Exception as error:
            LOG.info("%s: %s", what, type(error).__name__)
            return None

    def _work(self) -> None:
        """The thread: sends what is due, ticks, sleeps until there is something to do."""
        while not self._closed:
            due: Optional[float] = None
            with quietly():
                due = self._tick()
            batch = self._next(min(time.monotonic() + _TICK_S, due or float("inf")))
            if batch is not None:
                self._deliver(batch)

    def _next(self, tick_at: float) -> Optional[Batch]:
        """The batch that is due; None when a tick is due first, or somebody woke us."""
        with self._lock:
            now = time.monotonic()
            if self._send_at is None or self._send_at > now:
                self._lock.wait(max(0.0, min(tick_at, self._send_at or tick_at) - now))
            if self._closed or self._send_at is None or self._send_at > time.monotonic():
                return None
            self._told_to_wait = False
            if self._batch is None:
                self._batch = self._buffer.take()
            if self._batch is None:
                self._send_at = None
            return self._batch

    def _deliver(self, batch: Batch) -> None:
        wait: Optional[float] = None
        again = True
        told: Any = None
        try:
            answer = self.post("ingest", batch.body, {"idempotency-key": batch.key})
            why = f"Sentinel answered {answer.status}"
            wait = backoff.retry_after(answer.retry_after, time.time())
            if 200 <= answer.status < 300:
                again, told = False, parse_json(answer.body)
            elif answer.status in (401, 403):
                wait = _REFUSED_KEY_WAIT_S if wait is None else wait
            else:
                again = answer.status >= 500 or answer.status in _AGAIN
        except Exception as error:
            why = f"Sentinel cannot be reached ({type(error).__name__})"
            answer = None
        if again:
            self._later(batch, why, wait)
            return
        accepted = answer is not None and answer.status < 300
        rejected = rejections(told)
        if not accepted or rejected:
            reason = f": {rejected[0]}" if rejected else ""
            LOG.warning("%s; %d of %d events are lost%s", why, len(rejected) or batch.events, batch.events, reason)
        if accepted and isinstance(told, dict) and told.get("unknown_fields"):
            LOG.warning("Sentinel ignored unknown fields: %s", told["unknown_fields"])
        with self._lock:
            lost = min(len(rejected), batch.events) if accepted else 0
            self._rejected += lost
            self._delivered += batch.events - lost if accepted else 0
            self._buffer.dropped += 0 if accepted else batch.events
            self._batch, self._attempt = None, 0
            self._send_at = time.monotonic() if len(self._buffer) else None
            self._lock.notify_all()
        if accepted:
            for directive in ingest_directives(told):
                with quietly():
                    self._heard(directive)

    def _later(self, batch: Batch, why: str, wait: Optional[float]) -> None:
        with self._lock:
            self._told_to_wait = wait is not None
            if wait is None:
                least, most = self.delivery.retry_min_ms / 1000, self.delivery.retry_max_ms / 1000
                wait = backoff.backoff(self._attempt, least, most)
            # Once is news; that it goes on is not.
            LOG.log(
                logging.WARNING if self._attempt == 0 else logging.DEBUG,
                "%s; retrying %d events in %.1f s",
                why,
                batch.events,
                wait,
            )
            self._attempt += 1
            self._send_at = time.monotonic() + wait

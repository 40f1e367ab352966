"""The gate in the execution path: every model and tool call passes it and is counted while past it."""

import asyncio
import threading
from contextlib import contextmanager
from typing import Any, Awaitable, Callable, Iterator, Optional, TypeVar

from .directive import CLOSED, DirectiveState
from .hold import SentinelHold
from .wire import Directive

T = TypeVar("T")
#: A lease may end while a run waits: look again this often, s.
LOOK_AGAIN_S = 1.0
PAUSED = "paused"

_Waker = tuple[asyncio.AbstractEventLoop, asyncio.Event]


class Ticket:
    """One call past the gate. `stopping` is set when the call is to end and has not within the grace."""

    def __init__(self, version: int, tool: Optional[str], since: float) -> None:
        self.version = version
        self.tool = tool
        self.since = since
        self.stopping = threading.Event()
        self.stop_at: Optional[float] = None
        #: Called when the call is to end, under the gate's lock.
        self.on_stop: Optional[Callable[[], None]] = None


class Gate:
    def __init__(self, state: DirectiveState, now: Callable[[], float], tool_grace: float) -> None:
        self.state = state
        self._now = now
        self._grace = tool_grace
        #: Guards this gate, its directive and the runs of its guard; waiters sleep on it.
        self.changed = threading.Condition(threading.RLock())
        self._past: set[Ticket] = set()
        self._wakers: list[_Waker] = []

    def look(self, under_way: bool = False) -> "SentinelHold | str | None":
        """None when open, PAUSED, or why it is closed. `under_way`: for a run that a hold on new runs lets go on."""
        held = self.state.in_force()
        if held == CLOSED:
            return SentinelHold(
                "unreachable", "Sentinel is unreachable, and this agent is configured to stop without it"
            )
        if not isinstance(held, Directive) or held.status == "run":
            return None
        if held.status == "paused":
            return PAUSED
        if held.status == "quarantined" and held.level == "hold_new" and under_way:
            return None
        because = f": {held.reason}" if held.reason else ""
        what = "quarantined" if held.status == "quarantined" else "retired"
        return SentinelHold(held.status, f"this agent is {what}{because}")

    def enter(self, tool: Optional[str]) -> Ticket:
        latest = self.state.latest
        ticket = Ticket(latest.version if latest else 0, tool, self._now())
        self._past.add(ticket)
        return ticket

    def leave(self, ticket: Ticket) -> bool:
        """Whether it was past the gate."""
        if ticket not in self._past:
            return False
        self._past.remove(ticket)
        return True

    def in_flight(self, before: Optional[int] = None) -> int:
        """Calls in flight, or only those that began under a directive older than `before`."""
        return sum(1 for ticket in self._past if before is None or ticket.version < before)

    def open_tools(self) -> "tuple[list[str], float]":
        """Tools that are at work, and how long the longest has been, s."""
        past = [ticket for ticket in self._past if ticket.tool is not None]
        names = sorted({ticket.tool for ticket in past if ticket.tool is not None})
        return names, max((self._now() - ticket.since for ticket in past), default=0.0)

    def condemn(self, grace: Optional[float] = None) -> None:
        """What is past the gate now has so long to finish, even if the gate opens again meanwhile; else the grace."""
        until = self._now() + (self._grace if grace is None else grace)
        for ticket in self._past:
            ticket.stop_at = until if ticket.stop_at is None else min(ticket.stop_at, until)
        self.stop_late()

    def stop_late(self) -> Optional[float]:
        """Tells those whose grace is over; when the next one's will be."""
        now = self._now()
        late = [t for t in self._past if t.stop_at is not None and t.stop_at <= now and not t.stopping.is_set()]
        for ticket in late:
            ticket.stopping.set()
            if ticket.on_stop is not None:
                ticket.on_stop()
        if late:
            self.wake()
        return min((t.stop_at for t in self._past if t.stop_at is not None and not t.stopping.is_set()), default=None)

    def wake(self) -> None:
        """Something changed: whoever waits looks again."""
        with self.changed:
            self.changed.notify_all()
            for loop, event in self._wakers:
                try:
                    loop.call_soon_threadsafe(event.set)
                except RuntimeError:
                    pass  # its loop is closed: nobody waits there any more

    def wait(self, done: Callable[[], T], budget: float) -> T:
        """Blocks this thread until `done` gives something, at most `budget` seconds; None when that is over."""
        until = self._now() + budget
        with self.changed:
            while True:
                found = done()
                left = until - self._now()
                if found is not None or left <= 0:
                    return found
                self.changed.wait(min(left, LOOK_AGAIN_S))

    async def wait_async(self, done: Callable[[], T], budget: float) -> T:
        """The same without blocking the event loop (asyncio)."""
        until = self._now() + budget
        with self._listening() as event:
            while True:
                event.clear()
                with self.changed:
                    found = done()
                left = until - self._now()
                if found is not None or left <= 0:
                    return found
                try:
                    await asyncio.wait_for(event.wait(), min(left, LOOK_AGAIN_S))
                except asyncio.TimeoutError:
                    pass

    async def race(self, ticket: Ticket, work: Awaitable[T]) -> T:
        """Awaits `work`, which is cancelled once `ticket` is told to stop; then raises the hold."""
        task = asyncio.ensure_future(work)
        with self._listening() as event:
            try:
                while not task.done():
                    event.clear()
                    if ticket.stopping.is_set():
                        task.cancel()
                        await asyncio.wait({task}, timeout=LOOK_AGAIN_S)
                        raise SentinelHold("ended", "the run was stopped while this call was running")
                    waker: "asyncio.Future[Any]" = asyncio.ensure_future(event.wait())
                    await asyncio.wait({task, waker}, return_when=asyncio.FIRST_COMPLETED)
                    waker.cancel()
                return task.result()
            except asyncio.CancelledError:
                if not task.done():
                    task.cancel()
                    await asyncio.wait({task})
                raise

    @contextmanager
    def _listening(self) -> Iterator[asyncio.Event]:
        waker = (asyncio.get_running_loop(), asyncio.Event())
        with self.changed:
            self._wakers.append(waker)
        try:
            yield waker[1]
        finally:
            with self.changed:
                self._wakers.remove(waker)

    def after_fork(self) -> None:
        """In a child: the parent's calls and waiters are not its own."""
        self.changed = threading.Condition(threading.RLock())
        self._past = set()
        self._wakers = []

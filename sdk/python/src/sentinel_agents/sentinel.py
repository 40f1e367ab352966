"""An agent, connected."""

import os
import time
from typing import Any, Mapping, Optional, Sequence

from .client import Client, Stats
from .follow import Follower, Registrar
from .guard import Guard
from .hashing import hash_text
from .scope import RunScope
from .settings import Delivery, GuardSettings
from .wire import SDK_VERSION, Directive, Event, clean_name


class Sentinel:
    """Watches one agent instance, and enforces what Sentinel decides about it.

    `base_url`: where Sentinel answers. `api_key`: an ingest key, else SENTINEL_KEY of the environment. With
    `enforce=False` it only watches, and nothing is ever held. Raises ValueError for an address, an agent id or a
    setting that cannot be right; after that it never throws into the host, SentinelHold at the seats apart.
    Make one for each agent of a process, and keep it.
    """

    def __init__(
        self,
        base_url: str,
        *,
        agent_id: str,
        agent_type: Optional[str] = None,
        model: Optional[str] = None,
        provider: Optional[str] = None,
        mcp_servers: Optional[Sequence[str]] = None,
        tools: Optional[Sequence[str]] = None,
        api_key: Optional[str] = None,
        environment: Optional[str] = None,
        version: Optional[str] = None,
        labels: Optional[Mapping[str, str]] = None,
        enforce: bool = True,
        settings: Optional[GuardSettings] = None,
        delivery: Optional[Delivery] = None,
    ) -> None:
        settings = settings or GuardSettings()
        identity = {"agent_type": agent_type, "environment": environment, "version": version}
        key = os.environ.get("SENTINEL_KEY", "") if api_key is None else api_key
        self.guard = Guard(
            agent_id,
            self._enqueue,
            identity=identity,
            enforce=enforce,
            settings=settings,
            awaits_directive=True,
            realm=hash_text(f"{str(base_url).rstrip('/')} {key}"),
        )
        self.client = Client(base_url, key, delivery or Delivery(), self._heard, self._tick)
        about: dict[str, Any] = {
            **identity,
            "agent_id": agent_id,
            "sdk_version": SDK_VERSION,
            "model": model,
            "provider": provider,
            "mcp_servers": _names(mcp_servers),
            "tools": _names(tools),
            "labels": dict(labels) if labels else None,
            "enforcement": enforce,
        }
        if enforce:
            about.update(can_clone=settings.clone is not None, held_prompts=self.guard.enforcement.held_prompts())
        self.defaults = {"model": model, "provider": provider}
        self._registrar = Registrar(self.client, self.guard, about)
        self._follower = Follower(self.client, self.guard, self._registrar, settings.poll_seconds) if enforce else None
        self._beat = settings.heartbeat_ms / 1000
        self._next_beat = time.monotonic() + self._beat
        self._told_dropped = 0
        self.guard.describe = self._registrar.describe
        self.guard.enforcement.dropped = lambda: self.client.stats().dropped
        self._begin()

    def __copy__(self) -> "Sentinel":
        """Frameworks copy what they are given; this stays the one instance that it is."""
        return self

    def __deepcopy__(self, memo: Any) -> "Sentinel":
        return self

    def __repr__(self) -> str:
        return f"<Sentinel agent_id={self.guard.agent_id!r} enforce={self.guard.enforce}>"

    @property
    def instance_id(self) -> str:
        return self.guard.instance_id

    def run(
        self,
        *,
        run_id: Optional[str] = None,
        parent_run_id: Optional[str] = None,
        root_run_id: Optional[str] = None,
        task_id: Optional[str] = None,
        thread_id: Optional[str] = None,
    ) -> RunScope:
        """`with sentinel.run() as run:`, or `async with`. Inside another run it is that run's child. `thread_id`: the
        conversation that it belongs to. Raises SentinelHold where no run may start."""
        return self.guard.run(
            run_id=run_id, parent_run_id=parent_run_id, root_run_id=root_run_id, task_id=task_id, thread_id=thread_id
        )

    def directive(self) -> Optional[Directive]:
        """The newest directive received; None before any."""
        return self.guard.directive()

    def flush(self, timeout: float = 5.0) -> bool:
        """True when everything was delivered (or refused for good), False after `timeout` seconds."""
        return self.client.flush(timeout)

    def stats(self) -> Stats:
        return self.client.stats()

    def close(self, timeout: float = 5.0) -> None:
        """Ends open runs, flushes within `timeout` seconds, then stops."""
        if self._follower:
            self._follower.stop()
        self.guard.end_runs()
        self.client.close(timeout)

    def __enter__(self) -> "Sentinel":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self) -> None:
        if self._follower:
            self._follower.start()
        else:
            self.client.start()

    def _enqueue(self, event: Event, urgent: bool) -> None:
        # In a forked child this is where its threads start: at its first event.
        if self._follower:
            self._follower.start()
        if event.get("kind") == "model_call":
            event = {**{name: value for name, value in self.defaults.items() if value is not None}, **event}
        self.client.enqueue(event, urgent)

    def _heard(self, directive: Directive) -> None:
        if directive.agent_id == self.guard.agent_id:
            self.guard.receive(directive)

    def _tick(self) -> Optional[float]:
        now = time.monotonic()
        if now >= self._next_beat:
            self._next_beat = now + self._beat
            dropped = self.client.stats().dropped
            # Who only watches says nothing of itself, unless something was lost.
            if self.guard.enforce or dropped > self._told_dropped:
                self.guard.enforcement.heartbeat(urgent=False)
            self._told_dropped = dropped
        due = [self._registrar.tick(), self.guard.tick(), self._next_beat]
        return min(at for at in due if at is not None)


def _names(names: Optional[Sequence[str]]) -> Optional["list[str]"]:
    return None if names is None else [name for name in map(clean_name, names) if name]

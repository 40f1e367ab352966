"""Registers the instance, and follows its directive by long-poll."""

import json
import threading
import time
from typing import Any, Mapping, Optional
from urllib.parse import quote, urlencode

from .backoff import backoff
from .client import Client
from .forks import renew_in_children
from .guard import Guard
from .quiet import quietly

#: News gather for this long before they are sent; the second is the least time between two registrations, s.
_NEWS_DELAY_S = 0.3
_NEWS_SPACING_S = 2.0
_RETRY_MIN_S = 0.5
_RETRY_MAX_S = 30.0
#: An answer without news that came at once means the server holds no more polls: ask at this pace then, s.
_UNHELD_PACE_S = 1.0


class Registrar:
    """Says what the agent is; the client's thread calls `tick`."""

    def __init__(self, client: Client, guard: Guard, about: Mapping[str, Any]) -> None:
        self._client = client
        self._guard = guard
        self._about: dict[str, Any] = {name: value for name, value in about.items() if value is not None}
        self._lock = threading.Lock()
        self._due: Optional[float] = time.monotonic()
        self._failures = 0
        self._last = 0.0
        self.tried = threading.Event()
        renew_in_children(self)

    def describe(self, news: Mapping[str, Any]) -> None:
        """What changed is told soon, not at once, so that several news travel together."""
        known = {name: value for name, value in news.items() if value not in (None, "")}
        with self._lock:
            if all(self._about.get(name) == value for name, value in known.items()):
                return
            self._about.update(known)
            if self._due is not None:
                return
            self._due = max(time.monotonic() + _NEWS_DELAY_S, self._last + _NEWS_SPACING_S)
        self._client.wake()

    def tick(self) -> Optional[float]:
        """Registers when it is due. When it will be next; None when nothing is to be told."""
        with self._lock:
            if self._due is None or self._due > time.monotonic():
                return self._due
            self._due = None
            body = {**self._about, "instance_id": self._guard.instance_id}
        self._last = time.monotonic()
        json_body = json.dumps(body).encode()
        done = self._client.standing("register", lambda: self._client.post("agents/register", json_body, {}))
        self.tried.set()
        with self._lock:
            if done is not None:
                self._failures = 0
            elif self._due is None:
                self._due = time.monotonic() + backoff(self._failures, _RETRY_MIN_S, _RETRY_MAX_S)
                self._failures += 1
            return self._due

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._due = time.monotonic()
        self.tried = threading.Event()


class Follower:
    """A thread that holds a long-poll, as long as the process lives."""

    def __init__(self, client: Client, guard: Guard, registrar: Registrar, poll_seconds: float) -> None:
        self._client = client
        self._guard = guard
        self._registrar = registrar
        self._poll_seconds = poll_seconds
        self.after_fork()
        renew_in_children(self)

    def after_fork(self) -> None:
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._started = False

    def start(self) -> None:
        with self._lock:
            if self._started:
                return
            self._started = True
        self._client.start()
        try:
            threading.Thread(target=self._follow, name="sentinel-follow", daemon=True).start()
        except RuntimeError:
            self._started = False

    def stop(self) -> None:
        self._stopped.set()

    def _follow(self) -> None:
        stopped = self._stopped
        self._registrar.tried.wait()
        failures = 0
        while not stopped.is_set():
            known = self._guard.directive()
            asked = time.monotonic()
            found = self._poll(None if known is None else known.version)
            if found is None:
                stopped.wait(backoff(failures, _RETRY_MIN_S, _RETRY_MAX_S))
                failures += 1
                continue
            failures = 0
            no_news = known is not None and found.version <= known.version
            if no_news and time.monotonic() - asked < _UNHELD_PACE_S:
                stopped.wait(_UNHELD_PACE_S)

    def _poll(self, version: Optional[int]) -> Any:
        wait = 0.0 if version is None else self._poll_seconds
        query: dict[str, Any] = {"version": version or 0, "instance_id": self._guard.instance_id}
        if wait > 0:
            query["wait"] = f"{wait:g}"
        path = f"agents/{quote(self._guard.agent_id, safe='')}/directive?{urlencode(query)}"
        timeout = self._client.transport.timeout + wait
        with quietly():
            return self._client.standing("directive", lambda: self._client.transport.send(path, timeout=timeout))
        return None

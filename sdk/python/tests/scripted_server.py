"""A real HTTP server that plays Sentinel's part: it stores, answers and directs."""

import gzip
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Optional
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "test-key"
#: A minute, since how busy the machine is must not decide.
COMES_WITHIN_S = 60.0
FREE = {
    "status": "run",
    "prompt": None,
    "revoked_tools": [],
    "autonomy": {"level": "full", "max_model_calls": None, "max_tool_calls": None, "temperature": None},
    "memory_epoch": 0,
    "successor": None,
    "reason": "",
    "lease_seconds": 60,
    "budgets": [],
}
#: A status with headers and a body, or "hang", instead of the ordinary answer.
Interference = Any


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True


class ScriptedServer:
    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.registrations: list[dict[str, Any]] = []
        self.interfere: Callable[[dict[str, Any]], Interference] = lambda request: None
        self._directives: dict[str, dict[str, Any]] = {}
        self._seen: dict[str, bytes] = {}
        self._news = threading.Condition()
        self._ended = threading.Event()
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._ended = threading.Event()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._http = _Server(("127.0.0.1", self._port), handler)
        self._port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self._ended.set()
        with self._news:
            self._news.notify_all()
        self._http.shutdown()
        self._http.server_close()

    def directive(self, agent: str) -> dict[str, Any]:
        return self._directives.setdefault(agent, {**FREE, "agent_id": agent, "version": 1, "hash": uuid.uuid4().hex})

    def direct(self, agent: str, **change: Any) -> dict[str, Any]:
        """Sets part of an agent's desired state under the next version; held polls are answered at once. Budgets alone
        are no new version."""
        with self._news:
            made = {**self.directive(agent), **change}
            if set(change) != {"budgets"}:
                made.update(version=made["version"] + 1, hash=uuid.uuid4().hex)
            self._directives[agent] = made
            self._news.notify_all()
        return made

    def of(self, kind: Optional[str] = None, agent: str = "a") -> list[dict[str, Any]]:
        with self._news:
            return [e for e in self.events if e["agent_id"] == agent and kind in (None, e.get("kind"))]

    def ingests(self) -> list[dict[str, Any]]:
        return [r for r in self.requests if r["path"] == "/api/v1/ingest"]

    def until(self, found: Callable[[], Any], what: str = "it") -> Any:
        """Waits until `found` is true of what has arrived."""
        deadline = time.monotonic() + COMES_WITHIN_S
        with self._news:
            while True:
                answer = found()
                if answer:
                    return answer
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"{what} was not seen within {COMES_WITHIN_S} s")
                self._news.wait(min(left, 1))

    def until_enforced(self, version: int, agent: str = "a") -> None:
        def told() -> bool:
            return any(e.get("enforced") and e.get("directive_version") == version for e in self.of("heartbeat", agent))

        self.until(told, f"enforcement of version {version}")

    def until_heard(self, version: int, agent: str = "a") -> None:
        self.until(lambda: any(e.get("directive_version") == version for e in self.of("heartbeat", agent)))

    def answer(self, request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if request["headers"].get("authorization") != f"Bearer {KEY}":
            return _json(401, {"title": "unknown key"})
        url = urlsplit(request["path"])
        if url.path == "/api/v1/ingest":
            return self._ingest(request)
        if url.path == "/api/v1/agents/register":
            body = json.loads(request["body"])
            self.registrations.append(body)
            return _json(200, self._standing(body["agent_id"]))
        if url.path.endswith("/directive"):
            return self._poll(unquote(url.path.split("/")[-2]), parse_qs(url.query))
        return _json(404, {"title": "not found"})

    def _standing(self, agent: str) -> dict[str, Any]:
        return {
            "agent_id": agent,
            "state": "healthy",
            "liveness": "live",
            "mode": "act",
            "directive": self.directive(agent),
        }

    def _ingest(self, request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        events = json.loads(request["body"])["events"]
        key = request["headers"]["idempotency-key"]
        with self._news:
            doubled = key in self._seen
            self._seen[key] = request["body"]
            rejected = [
                {"index": i, "field": "label", "reason": "too bad"}
                for i, event in enumerate(events)
                if event.get("label") == "bad"
            ]
            if not doubled:
                self.events.extend(event for event in events if event.get("label") != "bad")
        agents = {event["agent_id"]: self._standing(event["agent_id"]) for event in events}
        told = {"accepted": 0 if doubled else len(events) - len(rejected), "duplicates": len(events) if doubled else 0}
        return _json(200, {**told, "rejected": rejected, "unknown_fields": [], "agents": agents})

    def _poll(self, agent: str, query: dict[str, list[str]]) -> tuple[int, dict[str, str], bytes]:
        version, wait = int(query["version"][0]), float(query.get("wait", ["0"])[0])
        ended = self._ended
        with self._news:
            newer = lambda: ended.is_set() or self.directive(agent)["version"] > version
            self._news.wait_for(newer, timeout=wait)
        return _json(200, self._standing(agent))

    def take(self, request: dict[str, Any]) -> Interference:
        with self._news:
            self.requests.append(request)
        return self.interfere(request)

    def tell(self) -> None:
        with self._news:
            self._news.notify_all()


def _json(status: int, body: Any) -> tuple[int, dict[str, str], bytes]:
    return status, {"content-type": "application/json"}, json.dumps(body).encode()


class _Handler(BaseHTTPRequestHandler):
    owner: ScriptedServer

    def _handle(self) -> None:
        owner = self.owner
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        zipped = self.headers.get("content-encoding") == "gzip"
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = gzip.decompress(raw) if zipped else raw
        request = {"path": self.path, "headers": headers, "body": body, "gzipped": zipped}
        other = owner.take(request)
        if other == "hang":
            owner.tell()
            owner._ended.wait(COMES_WITHIN_S)
            return
        status, extra, answer = other if other else owner.answer(request)
        owner.tell()
        self.send_response(status)
        for name, value in extra.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = _handle

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            pass  # whoever asked has gone

    def log_message(self, *args: Any) -> None:
        pass

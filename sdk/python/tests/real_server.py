"""Against a real Sentinel, which SENTINEL_URL, SENTINEL_KEY and an operator's SENTINEL_COOKIE name. The suite starts one
and runs this (`e2e/http/python-sdk.test.ts`)."""

import contextlib
import json
import os
import time
import unittest
import urllib.request
import uuid
from typing import Any, Callable, Optional

from sentinel_agents import Delivery, ImmuneReporter, Sentinel, SentinelHold

URL = os.environ["SENTINEL_URL"]
#: Minutes, since how busy the machine is must not decide.
COMES_WITHIN_S = 120.0
LOOK_EVERY_S = 0.05


def ask(path: str, body: Optional[Any] = None) -> Any:
    """As an operator."""
    headers = {"cookie": os.environ["SENTINEL_COOKIE"], "origin": URL, "content-type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(URL + path, data, headers), timeout=30) as answer:
        return json.load(answer)


def until(what: str, found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + COMES_WITHIN_S
    while True:
        answer = found()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {COMES_WITHIN_S} s")
        time.sleep(LOOK_EVERY_S)


class RealServer(unittest.TestCase):
    def setUp(self) -> None:
        self.agent = f"python {uuid.uuid4()}"
        self.path = f"/api/v1/agents/{self.agent.replace(' ', '%20')}"

    def test_every_event_is_taken_and_counted_once(self) -> None:
        with (
            ImmuneReporter(
                URL,
                agent_id=self.agent,
                agent_type="Python",
                model="m-1",
                mcp_servers=["files"],
                labels={"team": "tests"},
            ) as reporter,
            self.assertNoWarnings(),
        ):
            for n in range(1200):
                reporter.report(
                    latency_ms=n, token_count=3, input_tokens=1, output_tokens=2, tool_calls=0, retries=0, success=True,
                    cost=0.01, error_type=None, prompt_hash="h", attributes={"text": "ü\u200b", "n": n},
                )  # fmt: skip
            self.assertTrue(reporter.flush(COMES_WITHIN_S))
            stats = reporter.stats()
        self.assertEqual((stats.delivered, stats.rejected, stats.dropped), (1200, 0, 0))
        # They are counted when they are judged.
        until("all events", lambda: ask(self.path)["event_count"] >= 1200)
        told = until("its registration", lambda: (t := ask(self.path))["agent"]["mcp_servers"] and t)
        self.assertEqual(told["event_count"], 1200)
        self.assertEqual((told["agent"]["type"], told["agent"]["model"]), ("Python", "m-1"))
        self.assertEqual((told["labels"], told["agent"]["enforcement"]), ({"team": "tests"}, False))

    def test_a_quarantine_is_obeyed_proven_and_released(self) -> None:
        sentinel = Sentinel(URL, agent_id=self.agent, agent_type="Python", delivery=Delivery(flush_ms=50))
        self.addCleanup(sentinel.close)
        with self.assertNoWarnings():
            with sentinel.run() as run:
                with run.model_call(model="m-1", prompt="Be brief.") as call:
                    call.record(input_tokens=10, output_tokens=5)
                with run.tool_call("lookup", {"q": 1}) as tool:
                    tool.result("found")
            self.assertTrue(sentinel.flush(COMES_WITHIN_S))
            with self.assertRaises(SentinelHold) as held, sentinel.run() as run:
                ask(f"{self.path}/quarantine", {"reason": "a test"})
                until("the hold", lambda: (d := sentinel.directive()) and d.status == "quarantined")
                run.model_call(model="m-1").__enter__()
            self.assertIn("a test", held.exception.reason)
            proven = until("the proof", lambda: (a := ask(self.path)["agent"])["containment"]["enforced"] == 1 and a)
            self.assertEqual((proven["state"], proven["containment"]["state"]), ("quarantined", "enforced"))
            ask(f"{self.path}/release", {"reason": "checked"})
            until("the release", lambda: (d := sentinel.directive()) and d.status == "run")
            with sentinel.run() as run, run.model_call(model="m-1"):
                pass
            self.assertTrue(sentinel.flush(COMES_WITHIN_S))
        self.assertEqual(sentinel.stats().rejected, 0)

    def assertNoWarnings(self) -> Any:
        """The SDK warns of every event that the server does not take, and of fields that it does not know."""
        if hasattr(self, "assertNoLogs"):
            return self.assertNoLogs("sentinel_agents", "WARNING")
        return contextlib.nullcontext()


if __name__ == "__main__":
    unittest.main()

"""The same misbehaviours for every framework: a loop, a hold in mid-run, failing tools, and an ordinary run beside them."""

import asyncio
import json
import logging
import threading
from typing import Any, Callable, Optional

from sentinel_agents import Limits, hash_text

from ..support import BUDGET, WithServer

#: What the scripted model does next: call the tool `lookup` with this argument, or say something and be done.
Turn = tuple[str, str]


def look(q: str) -> Turn:
    return ("lookup", q)


def say(text: str) -> Turn:
    return ("say", text)


class ToolFailed(Exception):
    """What a failing tool raises."""


class Misbehaviours(WithServer):
    """A framework's test mixes this in and says how to play a script."""

    #: Whether the framework's run ends with an exception when a tool raises.
    tool_errors_end_runs = False
    #: The breaker's limit; lower where the framework has one of its own that would come first.
    identical_calls = 8
    #: Whether the prompt of a request can be replaced.
    prompt_seat = True

    def play(self, sentinel: Any, turns: list[Turn], tool: Callable[[str], str]) -> Any:
        """Runs an agent with a scripted model and one tool; what the run gave back, as text. `sentinel` None: unwatched."""
        raise NotImplementedError

    @classmethod
    def setUpClass(cls) -> None:
        # Frameworks log the failures that are wanted here.
        logging.disable(logging.CRITICAL)
        cls.addClassCleanup(logging.disable, logging.NOTSET)

    def setUp(self) -> None:
        super().setUp()
        self.ran: list[str] = []

    def tool(self, q: str) -> str:
        self.ran.append(q)
        return "found"

    def played(self, sentinel: Any, turns: list[Turn], tool: Optional[Callable[[str], str]] = None) -> str:
        """The run's answer, or what it was ended with."""
        try:
            return str(self.play(sentinel, turns, tool or self.tool))
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    def kinds(self) -> list[str]:
        return [e["kind"] for e in self.server.of() if e["kind"] != "heartbeat"]

    def test_an_ordinary_run_is_untouched_and_reported(self) -> None:
        turns = [look("a"), look("b"), look("c"), say("done")]
        unwatched = self.played(None, turns)
        sentinel = self.watch()
        self.assertEqual(self.played(sentinel, turns), unwatched)
        self.assertIn("done", unwatched)
        self.assertEqual(self.ran, ["a", "b", "c"] * 2)
        self.assertTrue(sentinel.flush())
        self.assertEqual(self.kinds(), ["run_start", *["model_call", "tool_call"] * 3, "model_call", "run_end"])
        events = self.server.of()
        self.assertEqual(len({e["run_id"] for e in events if "run_id" in e}), 1)
        for event in events:
            if event["kind"] == "model_call":
                self.assertEqual((event["input_tokens"], event["output_tokens"], event["success"]), (10, 5, True))
            if event["kind"] == "tool_call":
                self.assertEqual((event["tool"], event["success"]), ("lookup", True))
        end = self.server.of("run_end")[0]
        self.assertEqual((end["outcome"], end["tool_calls"], end["token_count"]), ("success", 3, 60))
        everything = json.dumps(self.server.events)
        for secret in ("found", "done", "Be brief"):
            self.assertNotIn(secret, everything)

    def test_a_loop_of_identical_calls_is_held(self) -> None:
        sentinel = self.watch(limits=Limits(identical_calls=self.identical_calls))
        answer = self.played(sentinel, [look("same")] * 20 + [say("never")])
        self.assertEqual(len(self.ran), self.identical_calls)
        self.assertIn("identical calls", answer)
        self.assertTrue(sentinel.flush())
        self.server.until(lambda: self.server.of("run_end"))
        self.assertEqual([e["outcome"] for e in self.server.of("run_end")], ["limited"])
        self.assertEqual(self.server.of("run_end")[0]["attributes"]["refused_tool_calls"], 2)

    def test_a_directive_holds_in_mid_run_and_the_release_lets_it_go_on(self) -> None:
        sentinel = self.watch()

        def tool(q: str) -> str:
            self.ran.append(q)
            if q == "b":
                self.server.direct("a", status="quarantined", reason="spending")
                self.server.until_heard(2)
            return "found"

        answer = self.played(sentinel, [look("a"), look("b"), look("c"), say("never")], tool)
        self.assertEqual(self.ran, ["a", "b"])
        self.assertIn("quarantine", answer)
        self.server.until_enforced(2)
        self.assertIn("quarantine", self.played(sentinel, [look("d"), say("never")]))
        self.assertEqual(self.ran, ["a", "b"])
        self.server.direct("a", status="run")
        self.server.until_enforced(3)
        self.assertIn("released", self.played(sentinel, [look("e"), say("released")]))
        sentinel.flush()
        self.server.until(lambda: len(self.server.of("run_end")) == 2)
        self.assertEqual([e["outcome"] for e in self.server.of("run_end")], ["stopped", "success"])
        self.assertEqual(len(self.server.of("run_start")), 2)

    def test_a_run_over_its_budget_is_stopped_and_goes_on_when_there_is_more(self) -> None:
        turns = [look("a"), look("b"), look("c"), say("done")]
        calls = {**BUDGET, "measure": "model_calls", "limit": 2}
        self.server.direct("a", budgets=[calls])
        sentinel = self.watch(poll_seconds=0.1)
        self.assertIn("used up its budget of 2 model calls", self.played(sentinel, turns))
        self.assertEqual(self.ran, ["a", "b"])
        self.server.until(lambda: self.server.of("run_end"))
        self.assertEqual(self.server.of("run_end")[0]["outcome"], "limited")

        ask = {**calls, "at_limit": "pause_and_ask"}
        self.server.direct("a", budgets=[ask])
        self.server.until(lambda: sentinel.guard.enforcement.state.budgets[0].at_limit == "pause_and_ask")
        answers: list[str] = []
        thread = threading.Thread(target=lambda: answers.append(self.played(sentinel, turns)))
        thread.start()
        self.server.until(lambda: len(self.server.of("tool_call")) == 4)
        more = {self.server.of("run_start")[-1]["run_id"]: 5}
        self.assertEqual((answers, self.ran), ([], ["a", "b"] * 2))
        self.server.direct("a", budgets=[{**ask, "more": more}])
        thread.join()
        self.assertIn("done", answers[0])
        self.assertEqual(self.ran, ["a", "b", "a", "b", "c"])

    def test_a_revoked_tool_is_not_run_and_the_model_is_told(self) -> None:
        self.server.direct("a", revoked_tools=["lookup"])
        sentinel = self.watch()
        self.assertIn("without it", self.played(sentinel, [look("a"), say("without it")]))
        self.assertEqual(self.ran, [])
        sentinel.flush()
        self.server.until_enforced(2)
        self.assertEqual(self.server.of("run_end")[0]["attributes"]["refused_tool_calls"], 1)

    def test_an_earlier_prompt_is_sent_or_said_to_be_impossible(self) -> None:
        sentinel = self.watch(known_prompts=["Old."])
        self.server.direct("a", prompt={"rollback_to": hash_text("Old.")})
        self.server.until_heard(2)
        self.assertIn("done", self.played(sentinel, [look("a"), say("done")]))
        sentinel.flush()
        old = [e["prompt_hash"] == hash_text("Old.") for e in self.server.of("model_call")]
        self.assertEqual(old, [self.prompt_seat] * 2)
        if self.prompt_seat:
            self.server.until_enforced(2)
        else:
            told = lambda: [e["attributes"].get("cannot") for e in self.server.of("heartbeat")]  # fmt: skip
            self.server.until(lambda: "rollback_prompt" in told())

    def test_failing_tools_are_reported_and_answered_as_without_us(self) -> None:
        def tool(q: str) -> str:
            raise ToolFailed("secret detail")

        turns = [look("a"), look("b"), say("gave up")]
        unwatched = self.played(None, turns, tool)
        sentinel = self.watch()
        self.assertEqual(self.played(sentinel, turns, tool), unwatched)
        sentinel.flush()
        calls = self.server.of("tool_call")
        expected = [(False, 0)] if self.tool_errors_end_runs else [(False, 0), (False, 1)]
        self.assertEqual([(e["success"], e["retries"]) for e in calls], expected)
        self.server.until(lambda: self.server.of("run_end"))
        outcome = "error" if self.tool_errors_end_runs else "success"
        self.assertEqual([e["outcome"] for e in self.server.of("run_end")], [outcome])
        self.assertNotIn("secret detail", json.dumps(self.server.events))

    def test_without_sentinel_the_run_goes_on_and_the_breaker_holds(self) -> None:
        limits = Limits(identical_calls=self.identical_calls)
        sentinel = self.watch(base_url="http://127.0.0.1:1", start_budget_ms=10, limits=limits)
        self.assertIn("done", self.played(sentinel, [look("a"), say("done")]))
        self.ran.clear()
        self.assertIn("identical calls", self.played(sentinel, [look("same")] * 20 + [say("never")]))
        self.assertEqual(len(self.ran), self.identical_calls)


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)

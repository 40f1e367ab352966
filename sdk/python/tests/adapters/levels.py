"""The levels of a quarantine, as every framework has to hold them: `hold_new`, `drain`, `hand_over` and `kill`."""

import json
import threading
from typing import Any, Callable, Optional

from sentinel_agents import HandOver, QueuedTask

from ..support import WithServer
from .misbehaviours import Turn, look, say

#: More than any of these needs, s: how busy the machine is must not decide.
SOON = 60


class Levels(WithServer):
    """A framework's test mixes this in and says how to play a script in a thread (a conversation) of its own."""

    def play_in(self, thread: Optional[str], sentinel: Any, turns: list[Turn], tool: Callable[[str], str]) -> Any:
        """Runs an agent with a scripted model and one tool `lookup`; what the run gave back, as text."""
        raise NotImplementedError

    def setUp(self) -> None:
        super().setUp()
        self.ran: list[str] = []
        self.begun = threading.Event()
        self.free = threading.Event()
        self.addCleanup(self.free.set)

    def slow(self, q: str) -> str:
        """A tool whose first call takes until it is freed."""
        self.ran.append(q)
        self.begun.set()
        if len(self.ran) == 1:
            self.free.wait(SOON)
        return "found"

    def play_beside(self, sentinel: Any, turns: list[Turn], thread: Optional[str] = None) -> Callable[[], str]:
        """Plays it in a thread of Python's; gives what waits for its answer, or for what it was ended with."""
        became: list[str] = []

        def work() -> None:
            try:
                became.append(str(self.play_in(thread, sentinel, turns, self.slow)))
            except Exception as error:
                became.append(f"{type(error).__name__}: {error}")

        at_work = threading.Thread(target=work, daemon=True)
        at_work.start()

        def answer() -> str:
            at_work.join(SOON)
            self.assertFalse(at_work.is_alive())
            return became[0]

        return answer

    def held(self, level: str, **more: Any) -> int:
        """Once the tool is at work: the version of the quarantine."""
        self.assertTrue(self.begun.wait(SOON))
        version: int = self.server.direct("a", status="quarantined", level=level, reason="looping", **more)["version"]
        self.server.until_heard(version)
        return version

    def enforced(self) -> list[int]:
        return [e["directive_version"] for e in self.server.of("heartbeat") if e.get("enforced")]

    def test_hold_new_lets_a_run_in_progress_finish_and_a_new_one_wait_for_the_release(self) -> None:
        asked: list[QueuedTask] = []

        def keep(task: QueuedTask) -> str:
            asked.append(task)
            return "keep"

        sentinel = self.watch(on_queued=keep)
        first = self.play_beside(sentinel, [look("a"), look("b"), say("done")])
        version = self.held("hold_new")
        self.server.until_enforced(version)
        self.free.set()
        self.assertIn("done", first())
        self.assertEqual(self.ran, ["a", "b"])
        second = self.play_beside(sentinel, [look("c"), say("done, too")])
        self.server.until(lambda: self.server.of("queued_task"))
        self.assertEqual([(task.level, task.reason) for task in asked], [("hold_new", "looping")])
        self.assertEqual(self.ran, ["a", "b"])
        self.server.direct("a", status="run", level=None)
        self.assertIn("done, too", second())
        self.assertEqual(self.ran, ["a", "b", "c"])
        self.server.until(lambda: len(self.server.of("run_end")) == 2)
        self.assertEqual([e["outcome"] for e in self.server.of("run_end")], ["success", "success"])

    def test_drain_lets_the_call_in_flight_finish_and_is_confirmed_then(self) -> None:
        sentinel = self.watch()
        first = self.play_beside(sentinel, [look("a"), look("b"), say("never")])
        version = self.held("drain")
        self.assertNotIn(version, self.enforced())
        self.free.set()
        self.assertIn("quarantine", first())
        self.server.until_enforced(version)
        self.assertIn("quarantine", self.play_beside(sentinel, [look("c"), say("never")])())
        self.assertEqual(self.ran, ["a"])
        self.assertEqual([e["success"] for e in self.server.of("tool_call")], [True])
        self.assertEqual(self.server.of("queued_task"), [])

    def test_hand_over_drains_and_tells_the_host_once_who_takes_over(self) -> None:
        hands: list[HandOver] = []

        def pass_on(hand: HandOver) -> list[tuple[str, str]]:
            hands.append(hand)
            return [("in the host's queue", "reassign")]

        sentinel = self.watch(on_queued=lambda task: "reassign", on_hand_over=pass_on)
        first = self.play_beside(sentinel, [look("a"), look("b"), say("never")])
        version = self.held("hand_over", hand_over_to="b")
        self.free.set()
        self.assertIn("quarantine", first())
        self.server.until_enforced(version)
        self.assertIn("quarantine", self.play_beside(sentinel, [look("c"), say("never")])())
        self.server.until(lambda: len(self.server.of("queued_task")) == 2)
        self.assertEqual([(hand.to, list(hand.queued)) for hand in hands], [("b", [])])
        told = [(e.get("task_id"), e["outcome"], e["attributes"]["to"]) for e in self.server.of("queued_task")]
        self.assertEqual(told, [("in the host's queue", "reassign", "b"), (None, "reassign", "b")])
        self.assertEqual(self.ran, ["a"])

    def test_kill_calls_off_what_is_in_flight_and_its_thread_goes_on_without_it(self) -> None:
        cancelled: list[str] = []

        def cancel(call: Any) -> None:
            cancelled.append(call.tool)
            self.server.until(lambda: self.server.of("tool_call"))
            # Nothing but the tool's own end can confirm it.
            self.assertNotIn(2, self.enforced())
            self.free.set()

        sentinel = self.watch(on_cancel=cancel)
        first = self.play_beside(sentinel, [look("a"), say("never")], "t")
        version = self.held("kill")
        self.assertIn("quarantine", first())
        self.server.until_enforced(version)
        self.assertEqual(cancelled, ["lookup"])
        self.assertEqual([e.get("outcome") for e in self.server.of("tool_call")], ["unknown"])
        released = self.server.direct("a", status="run", level=None)["version"]
        self.server.until_heard(released)
        turns = [look("a"), look("b"), say("done otherwise")]
        self.assertIn("done otherwise", self.play_beside(sentinel, turns, "t")())
        self.assertEqual(self.ran, ["a", "b"])
        self.assertIn("elsewhere", self.play_beside(sentinel, [look("a"), say("elsewhere")], "u")())
        self.assertEqual(self.ran, ["a", "b", "a"])

    def test_kill_lets_a_call_with_its_idempotency_key_be_made_again(self) -> None:
        sentinel = self.watch(
            on_cancel=lambda call: self.free.set(), idempotency_key=lambda tool, args: f"{tool} {json.dumps(args)}"
        )
        first = self.play_beside(sentinel, [look("a"), say("never")], "t")
        self.held("kill")
        first()
        self.server.until_heard(self.server.direct("a", status="run", level=None)["version"])
        self.assertIn("done", self.play_beside(sentinel, [look("a"), say("done")], "t")())
        self.assertEqual(self.ran, ["a", "a"])

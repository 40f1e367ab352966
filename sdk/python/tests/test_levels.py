import asyncio
import threading
import time
import unittest

from sentinel_agents import Guard, GuardSettings, HandOver, QueuedTask, SentinelHold
from sentinel_agents.wire import read_directive

from .support import WithServer

#: More than any of these needs, s: how busy the machine is must not decide.
SOON = 60


def directive(version, status="run", level=None, to=None):
    autonomy = {"level": "full", "max_model_calls": None, "max_tool_calls": None, "temperature": None}
    return read_directive(
        {"agent_id": "a", "version": version, "hash": f"h{version}", "status": status, "level": level, "hand_over_to": to,
         "prompt": None, "revoked_tools": [], "autonomy": autonomy, "memory_epoch": 0, "successor": None,
         "reason": "looping", "lease_seconds": 60}
    )  # fmt: skip


class Levels(unittest.TestCase):
    def setUp(self):
        self.events = []
        self.version = 1

    def alone(self, **settings):
        return Guard("a", lambda e, _: self.events.append(e), settings=GuardSettings(**settings))

    def tell(self, guard, status="run", level=None, to=None):
        self.version += 1
        guard.receive(directive(self.version, status, level, to))
        return self.version

    def hold(self, guard, level, to=None):
        return self.tell(guard, "quarantined", level, to)

    def of(self, kind):
        return [e for e in self.events if e["kind"] == kind]

    def enforced(self):
        return [e["directive_version"] for e in self.of("heartbeat") if e.get("enforced")]

    def held(self, kind, work):
        with self.assertRaises(SentinelHold) as caught:
            work()
        self.assertEqual(caught.exception.kind, kind)
        return caught.exception

    def start(self, guard, **ids):
        with guard.run(**ids):
            return "ran"

    def started(self, guard, **ids):
        """A run in a thread of its own, once it waits at the gate; and what becomes of it."""
        became = []

        def work():
            try:
                became.append(self.start(guard, **ids))
            except SentinelHold as hold:
                became.append(hold.kind)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self.until(lambda: guard.enforcement.queue.waiting)
        return thread, became

    def until(self, found):
        end = time.monotonic() + SOON
        while not found():
            self.assertLess(time.monotonic(), end, "did not come")
            time.sleep(0.001)

    def wait_for(self, thread):
        thread.join(SOON)
        self.assertFalse(thread.is_alive())


class HoldNew(Levels):
    def test_runs_in_progress_and_their_children_go_on_and_new_ones_wait_for_the_release(self):
        guard = self.alone()
        run = guard.begin_run()
        version = self.hold(guard, "hold_new")
        self.assertEqual(self.enforced(), [version])
        guard.before_model(run).finish()
        thread, became = self.started(guard)
        self.assertEqual(self.start(guard, parent_run_id=run.run_id), "ran")
        guard.before_tool("t", 1, run).finish()
        guard.end_run(run)
        self.assertEqual(became, [])
        self.tell(guard)
        self.wait_for(thread)
        self.assertEqual(became, ["ran"])
        self.assertEqual([e["outcome"] for e in self.of("run_end")], ["success"] * 3)

    def test_a_run_within_a_run_is_part_of_it(self):
        guard = self.alone(pause_budget_ms=20)
        with guard.run():
            self.hold(guard, "hold_new")
            self.assertEqual(self.start(guard), "ran")

    def test_new_work_is_refused_where_the_release_comes_too_late(self):
        guard = self.alone(pause_budget_ms=20)
        self.hold(guard, "hold_new")
        self.held("quarantined", lambda: self.start(guard))
        unasked = guard.begin_run()
        self.held("quarantined", lambda: guard.before_model(unasked))
        self.held("quarantined", lambda: guard.before_tool("outside"))
        self.assertEqual(self.of("tool_call"), [])

    def test_it_becomes_stricter(self):
        guard = self.alone()
        run = guard.begin_run()
        self.hold(guard, "hold_new")
        guard.before_model(run).finish()
        self.hold(guard, "drain")
        self.held("quarantined", lambda: guard.before_model(run))

    def test_an_unknown_level_drains(self):
        self.assertEqual(directive(1, "quarantined", "freeze").level, "drain")
        self.assertEqual(directive(1, "quarantined").level, "drain")
        self.assertIsNone(directive(1, "run", "kill").level)


class Kill(Levels):
    def test_what_is_in_flight_is_called_off_at_once_and_its_outcome_is_unknown(self):
        told = threading.Event()
        cancelled = []
        guard = self.alone(on_cancel=lambda call: (cancelled.append(call.tool), told.set()))
        run = guard.begin_run()
        call = guard.before_tool("charge", {"usd": 5}, run)
        version = self.hold(guard, "kill")
        self.assertTrue(call.stopping)
        self.assertTrue(told.wait(SOON))
        self.assertEqual(cancelled, ["charge"])
        (event,) = self.of("tool_call")
        self.assertEqual((event["tool"], event["outcome"], event["run_id"]), ("charge", "unknown", run.run_id))
        self.assertNotIn("success", event)
        self.assertEqual(self.enforced(), [])
        self.held("quarantined", lambda: guard.before_model(run))
        call.finish(RuntimeError("connection closed"))
        self.assertEqual(self.enforced(), [version])
        self.assertEqual(len(self.of("tool_call")), 1)

    def test_drain_lets_it_finish_until_it_becomes_a_kill(self):
        guard = self.alone()
        run = guard.begin_run()
        first, second = guard.before_tool("charge", 1, run), guard.before_tool("charge", 2, run)
        self.hold(guard, "drain")
        self.assertFalse(first.stopping)
        first.result("charged")
        first.finish()
        self.hold(guard, "kill")
        self.assertTrue(second.stopping)
        self.assertEqual([e.get("outcome") for e in self.of("tool_call")], [None, "unknown"])

    def test_coroutines_are_cancelled(self):
        guard = self.alone()
        undone = []

        async def work():
            try:
                await asyncio.sleep(SOON)
            except asyncio.CancelledError:
                undone.append("cancelled")
                raise

        async def play():
            async with guard.run():
                call = await guard.before_tool_async("charge", 1)
                asyncio.get_running_loop().call_soon(lambda: self.hold(guard, "kill"))
                try:
                    await guard.race(call, work())
                except SentinelHold as error:
                    call.finish(error)
                    raise

        self.held("ended", lambda: asyncio.run(play()))
        self.assertEqual(undone, ["cancelled"])
        self.assertEqual([e["outcome"] for e in self.of("tool_call")], ["unknown"])


class UnknownOutcome(Levels):
    def cut_off(self, key=None, **settings):
        guard = self.alone(**settings)
        run = guard.begin_run(thread_id="thread")
        call = guard.before_tool("charge", {"usd": 5}, run, idempotency_key=key)
        self.hold(guard, "kill")
        call.finish(RuntimeError("closed"))
        guard.end_run(run)
        self.tell(guard)
        return guard, guard.begin_run(thread_id="thread")

    def test_the_call_is_not_made_again_in_its_thread_and_everything_else_is(self):
        guard, again = self.cut_off()
        hold = self.held("unknown_outcome", lambda: guard.before_tool("charge", {"usd": 5}, again))
        self.assertFalse(hold.ends_run)
        self.assertIn("whether it took effect is unknown", hold.reason)
        guard.before_tool("charge", {"usd": 6}, again).finish()
        guard.before_tool("charge", {"usd": 5}, guard.begin_run(thread_id="other")).finish()
        guard.end_run(again)
        self.assertEqual(self.of("run_end")[-1]["outcome"], "success")

    def test_it_is_made_again_with_the_key_that_it_had_and_with_no_other(self):
        guard, again = self.cut_off("order-1")
        ask = lambda key: guard.before_tool("charge", {"usd": 5}, again, idempotency_key=key)
        self.held("unknown_outcome", lambda: ask(None))
        self.held("unknown_outcome", lambda: ask("order-2"))
        ask("order-1").finish()
        self.assertEqual([e.get("outcome") for e in self.of("tool_call")], ["unknown", None])

    def test_a_key_that_comes_too_late_is_none(self):
        guard, again = self.cut_off()
        self.held("unknown_outcome", lambda: guard.before_tool("charge", {"usd": 5}, again, idempotency_key="late"))

    def test_the_key_may_come_from_the_settings(self):
        guard, again = self.cut_off(idempotency_key=lambda tool, args: f"{tool} {args['usd']}")
        guard.before_tool("charge", {"usd": 5}, again).finish()
        self.assertEqual(len(self.of("tool_call")), 2)

    def test_what_only_reads_is_read_again(self):
        guard, again = self.cut_off(side_effects={"charge": "read"})
        guard.before_tool("charge", {"usd": 5}, again).finish()
        self.assertEqual([e["success"] for e in self.of("tool_call")], [False, True])


class QueuedTasks(Levels):
    def test_the_host_decides_once_each_and_that_is_told(self):
        asked = []
        said = {"k": "keep", "d": "drop", "r": ("reassign", "b")}
        guard = self.alone(on_queued=lambda task: (asked.append(task), said[task.task_id])[1])
        self.hold(guard, "drain")
        thread, became = self.started(guard, task_id="k")
        self.held("quarantined", lambda: self.start(guard, task_id="d"))
        self.held("quarantined", lambda: self.start(guard, task_id="r"))
        self.until(lambda: len(self.of("queued_task")) == 3)
        self.tell(guard)
        self.wait_for(thread)
        self.assertEqual(became, ["ran"])
        self.assertEqual(sorted(task.task_id for task in asked), ["d", "k", "r"])
        self.assertIn(QueuedTask("d", "drain", "looping", None), asked)
        told = {e["task_id"]: (e["outcome"], e["attributes"]) for e in self.of("queued_task")}
        self.assertEqual(
            told,
            {
                "k": ("keep", {"level": "drain"}),
                "d": ("drop", {"level": "drain"}),
                "r": ("reassign", {"level": "drain", "to": "b"}),
            },
        )

    def test_the_host_may_ask_its_own_guard_meanwhile(self):
        guard = self.alone(on_queued=lambda task: "drop" if guard.directive() else "keep")
        self.hold(guard, "drain")
        self.held("quarantined", lambda: self.start(guard, task_id="t"))
        self.assertEqual([e["outcome"] for e in self.of("queued_task")], ["drop"])

    def test_a_hook_that_fails_or_says_no_decision_is_none(self):
        for hook in (lambda task: 1 / 0, lambda task: "burn", lambda task: None):
            guard = self.alone(on_queued=hook, pause_budget_ms=20)
            self.hold(guard, "drain")
            with self.assertRaises(SentinelHold):
                self.start(guard)
        self.assertEqual(self.of("queued_task"), [])

    def test_for_asyncio(self):
        guard = self.alone(on_queued=lambda task: "keep")
        self.hold(guard, "drain")

        async def play():
            async def work():
                async with guard.run(task_id="t"):
                    return "ran"

            waiting = asyncio.ensure_future(work())
            while not self.of("queued_task"):
                await asyncio.sleep(0)
            self.tell(guard)
            return await asyncio.wait_for(waiting, SOON)

        self.assertEqual(asyncio.run(play()), "ran")

    def test_they_are_handed_over_once_and_what_the_host_did_is_told_and_holds(self):
        hands = []

        def on_hand_over(hand):
            hands.append(hand)
            return [("w", "reassign"), ("in the host's queue", ("reassign", "c")), ("x", "burn")]

        guard = self.alone(on_hand_over=on_hand_over)
        self.hold(guard, "hold_new")
        thread, became = self.started(guard, task_id="w")
        self.hold(guard, "hand_over", "b")
        self.wait_for(thread)
        self.hold(guard, "hand_over", "b")
        self.until(lambda: len(self.of("queued_task")) == 2)
        self.assertEqual(became, ["quarantined"])
        self.assertEqual(hands, [HandOver("b", "looping", [QueuedTask("w", "hand_over", "looping", "b")])])
        told = [(e["task_id"], e["outcome"], e["attributes"]["to"]) for e in self.of("queued_task")]
        self.assertEqual(told, [("w", "reassign", "b"), ("in the host's queue", "reassign", "c")])


class OverTheWire(WithServer):
    def test_a_kill_reaches_a_call_in_flight_and_the_thread_resumes_after_the_release(self):
        called_off = threading.Event()
        sentinel = self.watch(on_cancel=lambda call: called_off.set())
        with self.assertRaises(SentinelHold), sentinel.run(thread_id="t") as run:
            with run.tool_call("charge", {"usd": 5}):
                version = self.server.direct("a", status="quarantined", level="kill")["version"]
                self.assertTrue(called_off.wait(SOON))
            run.model_call().__enter__()
        self.server.until_enforced(version)
        self.server.until(lambda: self.server.of("tool_call"))
        self.assertEqual(self.server.of("tool_call")[0]["outcome"], "unknown")
        version = self.server.direct("a", status="run", level=None)["version"]
        self.server.until_enforced(version)
        with sentinel.run(thread_id="t") as run:
            with self.assertRaises(SentinelHold) as caught, run.tool_call("charge", {"usd": 5}):
                pass
            with run.tool_call("look", {"order": 1}) as call:
                call.result("not charged")
        self.assertEqual(caught.exception.kind, "unknown_outcome")
        sentinel.flush()
        self.assertEqual([e["outcome"] for e in self.server.of("run_end")], ["stopped", "success"])

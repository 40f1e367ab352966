import asyncio
import copy
import json
import threading
import time
import unittest

from sentinel_agents import Guard, GuardSettings, Limits, Price, SentinelHold, current_run, hash_text

from .support import WithServer


def on_its_own(agent_id="a", **more):
    """A guard without a server: what it would send, and a clock to set."""
    events, clock = [], [0.0]
    now = more.pop("now", lambda: clock[0])
    enforce = more.pop("enforce", True)
    guard = Guard(agent_id, lambda e, _: events.append(e), now=now, enforce=enforce, settings=GuardSettings(**more))
    return guard, events, clock


def kinds(events):
    return [e["kind"] for e in events if e["kind"] != "heartbeat"]


class Holds(unittest.TestCase):
    def held(self, kind, work):
        with self.assertRaises(SentinelHold) as caught:
            work()
        self.assertEqual(caught.exception.kind, kind)
        return caught.exception


class WithoutSentinel(Holds):
    def test_a_run_as_events_in_a_growing_sequence(self):
        guard, events, _ = on_its_own(prices={"m": Price(1, 2)}, side_effects={"lookup": "read"}, prompt_version="v1")
        with guard.run(task_id="t") as run:
            with run.model_call(model="m", prompt="Be brief.") as call:
                call.record(input_tokens=100, output_tokens=10, cached_input_tokens=40)
            with run.tool_call("lookup", {"q": 1}) as tool:
                tool.result("found")
        self.assertEqual(kinds(events), ["run_start", "model_call", "tool_call", "run_end"])
        _, model, tool, end = events
        self.assertEqual(
            (model["token_count"], model["prompt_hash"], model["prompt_version"]), (110, hash_text("Be brief."), "v1")
        )
        self.assertAlmostEqual(model["cost"], 120e-6)
        self.assertEqual(
            (tool["result_bytes"], tool["result_hash"], tool["side_effect"]), (5, hash_text("found"), "read")
        )
        self.assertEqual(
            (end["outcome"], end["success"], end["token_count"], end["tool_calls"]), ("success", True, 110, 1)
        )
        self.assertEqual([e["sequence"] for e in events], [0, 1, 2, 3])
        self.assertEqual({e["task_id"] for e in events}, {"t"})
        self.assertNotIn("Be brief", json.dumps(events))

    def test_unknown_stays_unknown(self):
        guard, events, _ = on_its_own()
        with guard.run() as run, run.model_call():
            pass
        for event in events:
            for name in ("cost", "input_tokens", "token_count"):
                self.assertNotIn(name, event)

    def test_errors_are_told_by_their_kind_and_thrown_on(self):
        class Busy(Exception):
            status_code = 503

        guard, events, _ = on_its_own()
        with self.assertRaisesRegex(Busy, "secret"), guard.run() as run:
            for _ in range(2):
                try:
                    with run.tool_call("t", 1):
                        raise Busy("secret")
                except Busy:
                    pass
            with run.model_call():
                raise Busy("secret")
        tools = [e for e in events if e["kind"] == "tool_call"]
        self.assertEqual(
            [(e["success"], e["retries"], e["http_status"]) for e in tools], [(False, 0, 503), (False, 1, 503)]
        )
        self.assertEqual(
            (events[-1]["outcome"], events[-1]["error_type"], events[-1]["success"]), ("error", "Busy", False)
        )
        self.assertNotIn("secret", json.dumps(events))

    def test_a_cancelled_run_is_neither_success_nor_error(self):
        guard, events, _ = on_its_own()
        with self.assertRaises(KeyboardInterrupt), guard.run() as run, run.model_call():
            raise KeyboardInterrupt
        self.assertEqual(kinds(events), ["run_start", "run_end"])
        self.assertEqual((events[-1]["outcome"], events[-1].get("success")), ("cancelled", None))

    def test_a_run_inside_a_run_is_its_child(self):
        guard, events, _ = on_its_own()
        with guard.run() as outer:
            self.assertIs(current_run(), outer.run)
            with guard.run() as inner:
                self.assertEqual((inner.run.parent_run_id, inner.run.root_run_id), (outer.run_id, outer.run_id))
        self.assertIsNone(current_run())

    def test_a_loop_of_identical_calls_is_told_once_then_ends_the_run(self):
        guard, events, _ = on_its_own()
        run = guard.begin_run()
        for _ in range(8):
            guard.after_tool(guard.before_tool("t", {"a": 1, "b": 2}, run), "same")
        first = self.held("loop", lambda: guard.before_tool("t", {"b": 2, "a": 1}, run))
        self.assertFalse(first.ends_run)
        guard.after_tool(guard.before_tool("t", {"a": 2}, run), "same")
        guard.after_model(guard.before_model(run))
        self.assertTrue(self.held("loop", lambda: guard.before_tool("t", {"a": 1, "b": 2}, run)).ends_run)
        self.held("loop", lambda: guard.before_model(run))
        guard.end_run(run)
        self.assertEqual((events[-1]["outcome"], events[-1]["attributes"]["refused_tool_calls"]), ("limited", 2))
        self.assertEqual(len([e for e in events if e["kind"] == "tool_call"]), 9)

    def test_a_job_that_is_polled_and_moves_on_is_no_loop(self):
        guard, _, _ = on_its_own()
        run = guard.begin_run()
        for step in range(30):
            guard.after_tool(guard.before_tool("status", {"job": 1}, run), f"{step} %")

    def test_a_call_that_fails_again_and_again_is_a_loop(self):
        guard, _, _ = on_its_own(limits=Limits(identical_calls=3))
        run = guard.begin_run()
        for _ in range(3):
            guard.after_tool(guard.before_tool("t", 1, run), error=OSError("down"))
        self.held("loop", lambda: guard.before_tool("t", 1, run))

    def test_identical_calls_at_once_are_counted_before_any_has_ended(self):
        guard, _, _ = on_its_own(limits=Limits(identical_calls=3))
        run = guard.begin_run()
        ran = []

        def work():
            try:
                ran.append(guard.before_tool("t", 1, run))
            except SentinelHold:
                pass

        threads = [threading.Thread(target=work) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(ran), 3)

    def test_limits_of_the_host(self):
        for limits in (Limits(model_calls=2), Limits(tokens=20), Limits(cost=0.02)):
            guard, events, _ = on_its_own(limits=limits)
            run = guard.begin_run()
            for _ in range(2):
                guard.after_model(guard.before_model(run), input_tokens=8, output_tokens=2, cost=0.01)
            self.held("capped", lambda guard=guard, run=run: guard.before_model(run))
            guard.end_run(run)
            self.assertEqual(events[-1]["outcome"], "limited")

    def test_who_only_watches_is_never_held(self):
        guard, events, _ = on_its_own(
            enforce=False, limits=Limits(identical_calls=1, model_calls=1), when_unreachable="closed"
        )
        with guard.run() as run:
            for _ in range(3):
                with run.tool_call("t", 1):
                    pass
                with run.model_call():
                    pass
        self.assertEqual(len(events), 8)

    def test_closed_without_sentinel_where_the_host_says_so(self):
        guard, events, _ = on_its_own(when_unreachable="closed")
        self.held("unreachable", lambda: guard.run().__enter__())
        self.assertEqual(events, [])

    def test_calls_outside_of_a_run(self):
        guard, events, _ = on_its_own()
        for _ in range(20):
            guard.after_tool(guard.before_tool("t", 1), "same")
        self.assertNotIn("run_id", events[0])
        self.assertEqual(len(events), 20)

    def test_runs_that_nobody_ends(self):
        guard, events, clock = on_its_own()
        failed, left = guard.begin_run(), guard.begin_run()
        guard.end_run_unless_it_goes_on(failed, "error", ValueError("x"))
        self.assertEqual(guard.tick(), 2.0)
        clock[0] = 2.0
        guard.tick()
        clock[0] = 901.0
        guard.tick()
        ends = [(e["run_id"], e["outcome"], e.get("error_type")) for e in events if e["kind"] == "run_end"]
        self.assertEqual(ends, [(failed.run_id, "error", "ValueError"), (left.run_id, "abandoned", None)])

    def test_a_failed_run_that_goes_on_is_not_ended(self):
        guard, events, clock = on_its_own()
        run = guard.begin_run()
        guard.end_run_unless_it_goes_on(run, "error", ValueError("x"))
        guard.after_model(guard.before_model(run))
        clock[0] = 3.0
        guard.tick()
        self.assertNotIn("run_end", kinds(events))

    def test_a_call_that_its_framework_never_ended_is_not_past_the_gate_for_ever(self):
        guard, events, _ = on_its_own()
        run = guard.begin_run()
        guard.before_model(run, model="m")
        guard.end_run(run, "error", OSError("down"))
        self.assertEqual([e.get("error_type") for e in events], [None, "OSError", "OSError"])
        run = guard.begin_run()
        guard.before_tool("t", 1, run)
        guard.end_run(run)
        self.assertEqual(guard.enforcement.gate.in_flight(), 0)
        self.assertEqual(kinds(events[3:]), ["run_start", "run_end"])

    def test_frameworks_may_copy_what_they_are_given(self):
        guard, _, _ = on_its_own()
        self.assertIs(copy.deepcopy({"guard": guard})["guard"], guard)
        self.assertIs(copy.copy(guard), guard)

    def test_a_sink_that_throws_does_not_reach_the_host(self):
        def sink(event, urgent):
            raise RuntimeError("host bug")

        guard = Guard("a", sink)
        with guard.run() as run, run.model_call(), run.tool_call("t"):
            pass


class Directed(Holds, WithServer):
    def test_quarantine_ends_the_run_under_way_and_is_enforced_once_nothing_is_past_the_gate(self):
        sentinel = self.watch()
        with self.assertRaises(SentinelHold) as caught, sentinel.run() as run:
            with run.tool_call("slow"):
                self.server.direct("a", status="quarantined", reason="looping")
                self.server.until_heard(2)
                beats = [e for e in self.server.of("heartbeat") if e.get("directive_version") == 2]
                self.assertNotIn("enforced", beats[0])
                self.assertEqual(beats[0]["attributes"]["open_tools"], "slow")
            self.server.until_enforced(2)
            run.model_call().__enter__()
        self.assertEqual((caught.exception.kind, caught.exception.ends_run), ("quarantined", True))
        self.assertIn("looping", str(caught.exception))
        self.held("quarantined", lambda: sentinel.run().__enter__())
        self.server.direct("a", status="run")
        self.server.until_enforced(3)
        with sentinel.run() as again, again.model_call():
            pass
        sentinel.flush()
        self.assertEqual([e["outcome"] for e in self.server.of("run_end")], ["stopped", "success"])
        self.assertEqual(len(self.server.of("run_start")), 2)

    def test_a_run_ends_though_the_quarantine_was_lifted_before_it_met_the_gate(self):
        for change, why in (({"status": "quarantined"}, "quarantine"), ({"memory_epoch": 1}, "memory was reset")):
            agent = why
            sentinel = self.watch(agent, memory=str)
            with sentinel.run() as run:
                self.server.direct(agent, **change)
                self.server.until_heard(2, agent)
                self.server.direct(agent, status="run")
                self.server.until_heard(3, agent)
                hold = self.held("ended", lambda run=run: run.tool_call("t").__enter__())
                self.assertIn(why, hold.reason)
            with sentinel.run() as run, run.model_call():
                pass

    def test_stands_before_the_first_run_of_a_restarted_instance(self):
        self.server.direct("a", status="quarantined")
        sentinel = self.watch()
        self.held("quarantined", lambda: sentinel.run().__enter__())
        self.server.until(lambda: self.server.registrations)
        self.assertTrue(self.server.registrations[0]["enforcement"])

    def test_a_pause_waits_then_goes_on(self):
        sentinel = self.watch()
        self.server.direct("a", status="paused")
        self.server.until_enforced(2)
        went_on = threading.Event()

        def work():
            with sentinel.run() as run, run.model_call():
                went_on.set()

        thread = threading.Thread(target=work)
        thread.start()
        self.assertFalse(went_on.wait(0.1))
        self.server.direct("a", status="run")
        thread.join()
        self.assertTrue(went_on.is_set())
        sentinel.flush()
        self.assertEqual([e["outcome"] for e in self.server.of("run_end")], ["success"])

    def test_a_pause_ends_the_run_when_its_budget_is_spent(self):
        self.server.direct("a", status="paused")
        sentinel = self.watch(pause_budget_ms=30)
        self.held("paused", lambda: sentinel.run().__enter__())

    def test_revoked_tools_and_capped_calls(self):
        reduced = {"level": "reduced", "max_model_calls": 2, "max_tool_calls": 3, "temperature": 0.2}
        self.server.direct("a", revoked_tools=["bad"], autonomy=reduced)
        sentinel = self.watch()
        with sentinel.run() as run:
            self.assertFalse(self.held("revoked", lambda: run.tool_call("bad").__enter__()).ends_run)
            for n in range(3):
                with run.tool_call("good", n):
                    pass
            self.assertFalse(self.held("capped", lambda: run.tool_call("good", 4).__enter__()).ends_run)
            for _ in range(2):
                with run.model_call(temperature=0.9) as call:
                    self.assertEqual(call.temperature, 0.2)
            self.assertTrue(self.held("capped", lambda: run.model_call().__enter__()).ends_run)
        sentinel.flush()
        self.assertEqual(self.server.of("run_end")[0]["outcome"], "limited")
        self.server.until_enforced(2)

    def test_a_rolled_back_prompt(self):
        sentinel = self.watch()
        for prompt in ("Old.", "New."):
            with sentinel.run() as run, run.model_call(prompt=prompt) as call:
                self.assertEqual(call.prompt, prompt)
        self.server.direct("a", prompt={"rollback_to": hash_text("Old.")})
        self.server.until_enforced(2)
        with sentinel.run() as run, run.model_call(prompt="New.") as call:
            self.assertEqual(call.prompt, "Old.")
        sentinel.flush()
        sent = [e["prompt_hash"] for e in self.server.of("model_call")]
        self.assertEqual(sent, [hash_text("Old."), hash_text("New."), hash_text("Old.")])
        self.server.until(lambda: any(len(r["held_prompts"]) == 2 for r in self.server.registrations))

    def test_where_the_prompt_has_no_seat_a_rollback_is_not_claimed(self):
        sentinel = self.watch(known_prompts=["Old."])
        sentinel.guard.without_prompt_seat()
        self.server.direct("a", prompt={"rollback_to": hash_text("Old.")})
        told = lambda: [e["attributes"].get("cannot") for e in self.server.of("heartbeat")]  # fmt: skip
        self.server.until(lambda: "rollback_prompt" in told())
        with sentinel.run() as run, run.model_call(prompt="New.") as call:
            self.assertEqual(call.prompt, "New.")
        self.server.until(lambda: self.server.registrations and self.server.registrations[-1]["held_prompts"] == [])

    def test_says_what_it_cannot_do_and_does_not_claim_to_enforce_it(self):
        cases = {
            "rollback_prompt": {"prompt": {"rollback_to": "0000000000000000"}},
            "reset_memory": {"memory_epoch": 1},
            "clone_agent": {"status": "retired", "successor": "b"},
        }
        for what, change in cases.items():
            self.watch(what, heartbeat_ms=20)
            self.server.until_enforced(1, what)
            self.server.direct(what, **change)
            told = lambda what=what: [
                e for e in self.server.of("heartbeat", what) if e["attributes"].get("cannot") == what
            ]
            self.server.until(lambda told=told: len(told()) >= 2)
            self.assertFalse([e for e in told() if e.get("enforced")])

    def test_a_retired_agent_starts_its_successor_once(self):
        started = []
        sentinel = self.watch(clone=started.append)
        self.server.until_enforced(1)
        for version in (2, 3):
            self.server.direct("a", status="retired", successor="b")
            self.server.until_enforced(version)
        self.assertEqual(started, ["b"])
        self.held("retired", lambda: sentinel.run().__enter__())

    def test_a_memory_epoch_is_a_fresh_namespace(self):
        sentinel = self.watch(memory=lambda epoch: f"notes/{epoch}")
        self.assertEqual(sentinel.guard.memory_namespace(), "notes/0")
        self.server.direct("a", memory_epoch=2)
        self.server.until_enforced(2)
        self.assertEqual(sentinel.guard.memory_namespace(), "notes/2")

    def test_a_standing_quarantine_outlives_the_server_for_its_lease(self):
        for unreachable in ("open", "closed"):
            agent = f"agent {unreachable}"
            self.server.direct(agent, status="quarantined", lease_seconds=3600)
            sentinel = self.watch(agent, when_unreachable=unreachable, poll_seconds=0.2, delivery={"timeout_ms": 200})
            self.server.until_enforced(2, agent)
            self.server.stop()
            self.held("quarantined", lambda s=sentinel: s.run().__enter__())
            sentinel.guard.enforcement.state._now = lambda: time.monotonic() + 3601
            if unreachable == "open":
                with sentinel.run():
                    pass
            else:
                self.held("unreachable", lambda s=sentinel: s.run().__enter__())
            self.server.start()

    def test_a_directive_set_while_nobody_could_hear_it(self):
        sentinel = self.watch(poll_seconds=0.2, delivery={"timeout_ms": 200})
        self.server.until_enforced(1)
        self.server.stop()
        self.server.direct("a", status="quarantined")
        self.server.start()
        self.server.until_enforced(2)
        self.held("quarantined", lambda: sentinel.run().__enter__())

    def test_without_sentinel_work_begins_after_the_start_budget_and_the_breaker_holds(self):
        sentinel = self.watch(base_url="http://127.0.0.1:1", start_budget_ms=30)
        began = time.monotonic()
        with sentinel.run() as run:
            self.assertLess(time.monotonic() - began, 20)
            for _ in range(8):
                with run.tool_call("t", 1) as call:
                    call.result("same")
            self.held("loop", lambda: run.tool_call("t", 1).__enter__())

    def test_ten_agents_through_an_outage_lose_nothing_and_count_once(self):
        agents = [self.watch(f"agent {n}", poll_seconds=0.2, start_budget_ms=10) for n in range(10)]
        for n in range(10):
            self.server.until_enforced(1, f"agent {n}")
        self.server.stop()

        def work(sentinel):
            for _ in range(20):
                with sentinel.run() as run, run.model_call(model="m") as call:
                    call.record(input_tokens=1, output_tokens=1)

        threads = [threading.Thread(target=work, args=(s,)) for s in agents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.server.start()
        for n, sentinel in enumerate(agents):
            self.assertTrue(sentinel.flush(60))
            told = [e["sequence"] for e in self.server.of("model_call", f"agent {n}")]
            self.assertEqual((len(told), len(set(told))), (20, 20))


class Async(Holds, WithServer):
    def test_a_run_with_its_calls(self):
        sentinel = self.watch()

        async def main():
            async with sentinel.run() as run:
                self.assertIs(current_run(), run.run)
                async with run.model_call(model="m") as call:
                    call.record(input_tokens=1, output_tokens=1)
                call = await sentinel.guard.before_tool_async("t", 1, run)
                sentinel.guard.after_tool(call, "found")

        asyncio.run(main())
        sentinel.flush()
        self.assertEqual(kinds(self.server.of()), ["run_start", "model_call", "tool_call", "run_end"])
        self.assertEqual(len({e["run_id"] for e in self.server.of() if "run_id" in e}), 1)

    def test_a_pause_does_not_block_the_event_loop(self):
        sentinel = self.watch()
        self.server.direct("a", status="paused")
        self.server.until_enforced(2)

        async def main():
            async def work():
                async with sentinel.run() as run, run.model_call():
                    return "went on"

            waiting = [asyncio.ensure_future(work()) for _ in range(50)]
            began = time.monotonic()
            await asyncio.sleep(0.05)
            # A blocked loop would stand still for the whole pause budget.
            self.assertLess(time.monotonic() - began, 20)
            self.assertFalse(any(task.done() for task in waiting))
            self.server.direct("a", status="run")
            self.assertEqual(await asyncio.gather(*waiting), ["went on"] * 50)

        asyncio.run(main())

    def test_a_call_that_hangs_is_cancelled_after_the_grace_and_only_then_the_hold_is_enforced(self):
        sentinel = self.watch(tool_grace_ms=100, heartbeat_ms=20)
        cancelled = []

        async def hangs():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(True)
                raise

        async def main():
            async with sentinel.run() as run, run.tool_call("t") as call:
                await sentinel.guard.race(call, hangs())

        thread = threading.Thread(target=lambda: self.held("ended", lambda: asyncio.run(main())))
        thread.start()
        self.server.until(lambda: any(e["attributes"].get("open_tools") for e in self.server.of("heartbeat")))
        self.server.direct("a", status="quarantined")
        self.server.until_heard(2)
        thread.join()
        self.server.until_enforced(2)
        self.assertEqual(cancelled, [True])

    def test_the_host_can_cancel_while_paused(self):
        self.server.direct("a", status="paused")
        sentinel = self.watch()

        async def main():
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(sentinel.run().__aenter__(), 0.05)

        asyncio.run(main())


if __name__ == "__main__":
    unittest.main()

import asyncio
import threading
import time
import unittest

from sentinel_agents import Price, SentinelHold

from .support import BUDGET, WithServer


class Budgets(WithServer):
    def budget(self, **more):
        self.server.direct("a", budgets=[{**BUDGET, **more}])

    def held(self, work):
        with self.assertRaises(SentinelHold) as caught:
            work()
        self.assertEqual(caught.exception.kind, "capped")
        return caught.exception

    def calls(self, run, number):
        for _ in range(number):
            with run.model_call():
                pass

    def test_a_run_ends_at_its_budget_and_another_begins(self):
        self.budget(measure="model_calls", limit=3)
        sentinel = self.watch()
        for _ in range(2):
            with self.assertRaises(SentinelHold) as caught, sentinel.run() as run:
                self.calls(run, 4)
            self.assertEqual(caught.exception.reason, "this run has used up its budget of 3 model calls")
            self.assertTrue(caught.exception.ends_run)
        sentinel.flush()
        self.assertEqual(len(self.server.of("model_call")), 6)
        self.assertEqual([e["outcome"] for e in self.server.of("run_end")], ["limited"] * 2)

    def test_at_its_budget_of_tool_calls_the_model_can_still_answer(self):
        self.budget(measure="tool_calls", limit=1)
        sentinel = self.watch()
        with sentinel.run() as run:
            with run.tool_call("t"):
                pass
            self.assertFalse(self.held(lambda: run.tool_call("t").__enter__()).ends_run)
            self.calls(run, 1)
        sentinel.flush()
        end = self.server.of("run_end")[0]
        self.assertEqual((end["outcome"], end["attributes"]["refused_tool_calls"]), ("limited", 1))

    def test_it_waits_while_a_person_is_asked_and_goes_on_when_there_is_more(self):
        ask = {"measure": "model_calls", "limit": 2, "at_limit": "pause_and_ask"}
        self.budget(**ask)
        sentinel = self.watch(poll_seconds=0.1)

        async def asynchronous():
            async with sentinel.run(run_id="async") as run:
                for _ in range(4):
                    async with run.model_call():
                        pass

        def blocking():
            with sentinel.run(run_id="sync") as run:
                self.calls(run, 4)

        threads = [threading.Thread(target=blocking), threading.Thread(target=lambda: asyncio.run(asynchronous()))]
        for thread in threads:
            thread.start()
        self.server.until(lambda: len(self.server.of("model_call")) == 4)
        version = sentinel.directive().version
        self.budget(**ask, more={"sync": 2})
        threads[0].join()
        self.assertTrue(threads[1].is_alive())
        self.budget(**ask, more={"sync": 2, "async": 2})
        threads[1].join()
        sentinel.flush()
        self.assertEqual([e["outcome"] for e in self.server.of("run_end")], ["success"] * 2)
        self.assertEqual(len(self.server.of("model_call")), 8)
        self.assertEqual(sentinel.directive().version, version)

    def test_it_ends_when_nobody_answers_within_the_pause_budget(self):
        self.budget(measure="model_calls", limit=1, at_limit="pause_and_ask")
        sentinel = self.watch(pause_budget_ms=50)
        with sentinel.run() as run:
            self.calls(run, 1)
            hold = self.held(lambda: self.calls(run, 1))
        self.assertEqual(hold.reason, "this run has used up its budget of 1 model calls")

    def test_calls_at_once_do_not_pass_it_together(self):
        self.budget(measure="tool_calls", limit=3)
        sentinel = self.watch()
        passed = []

        def work(run, n):
            try:
                passed.append(sentinel.guard.before_tool("t", n, run))
            except SentinelHold:
                pass

        with sentinel.run() as run:
            threads = [threading.Thread(target=work, args=(run, n)) for n in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(len(passed), 3)

    def test_it_holds_when_sentinel_is_gone_and_the_lease_has_ended_whatever_holds_otherwise(self):
        self.server.direct("a", revoked_tools=["t"], budgets=[BUDGET], lease_seconds=3600)
        sentinel = self.watch(poll_seconds=0.1, delivery={"timeout_ms": 200})
        self.server.until_enforced(2)
        self.server.stop()
        sentinel.guard.enforcement.state._now = lambda: time.monotonic() + 3601
        with sentinel.run() as run:
            with run.tool_call("t"):
                pass
            with run.model_call() as call:
                call.record(cost=2.5)
            hold = self.held(lambda: self.calls(run, 1))
        self.assertEqual(hold.reason, "this run has used up its budget of $2.00")

    def test_a_cost_that_nobody_knows_is_no_0_and_said_once(self):
        self.budget()
        sentinel = self.watch(prices={"m": Price(1e6, 1e6)})
        with self.assertLogs("sentinel_agents", "WARNING") as logged, sentinel.run() as run:
            self.calls(run, 3)
        self.assertEqual(len([line for line in logged.output if "unknown cost" in line]), 1)
        with sentinel.run() as run:
            with run.model_call(model="m") as call:
                call.record(input_tokens=1, output_tokens=1)
            self.held(lambda: self.calls(run, 1))
        sentinel.flush()
        self.assertEqual([e.get("cost") for e in self.server.of("run_end")], [None, 2.0])

    def test_who_only_watches_is_not_held(self):
        self.budget(measure="model_calls", limit=1)
        with self.watch(enforce=False).run() as run:
            self.calls(run, 3)


if __name__ == "__main__":
    unittest.main()

import threading
import unittest
import uuid

from sentinel_agents import Guard, GuardSettings, SentinelHold
from sentinel_agents.calls import ModelCall
from sentinel_agents.wire import read_directive

from .scripted_server import FREE
from .support import BUDGET

#: No server and no clock: what was received last holds, long after its lease.
LATER_S = 600


class TreeBudgets(unittest.TestCase):
    def setUp(self):
        self.time = 0.0
        self.events = []
        # The trees of this test alone.
        self.realm = uuid.uuid4().hex

    def watch(self, agent_id, *budgets, realm=None, **settings):
        guard = Guard(
            agent_id,
            lambda event, urgent: self.events.append(event),
            settings=GuardSettings(**settings),
            now=lambda: self.time,
            realm=realm or self.realm,
        )
        self.direct(guard, *budgets)
        return guard

    def direct(self, guard, *budgets):
        tree_budgets = [{**BUDGET, "id": "t", **budget} for budget in budgets]
        guard.receive(read_directive({**FREE, "agent_id": guard.agent_id, "version": 1, "hash": "h", "tree_budgets": tree_budgets}))  # fmt: skip

    def call(self, guard, run, **usage):
        guard.after_model(guard.before_model(run), **usage)

    def held(self, work, reason=None):
        with self.assertRaises(SentinelHold) as caught:
            work()
        self.assertEqual(caught.exception.kind, "capped")
        if reason:
            self.assertEqual(caught.exception.reason, reason)

    def test_one_for_all_its_runs_of_whichever_agent_long_after_sentinel_is_gone(self):
        lead, helper = self.watch("lead", {"limit": 0.3}), self.watch("helper", {"limit": 0.3})
        self.time += LATER_S
        self.assertIsNone(lead.enforcement.in_force())
        with lead.run() as scope:
            root = scope.run
            child = helper.begin_run()
        self.assertIsNotNone(root)
        # Names its parent alone: it belongs to the same root.
        grandchild = helper.begin_run(parent_run_id=child.run_id)
        self.assertEqual([child.root_run_id, grandchild.root_run_id], [root.run_id] * 2)
        root = lead.begin_run(root_run_id=root.run_id)
        self.call(lead, root, cost=0.1)
        self.call(helper, grandchild, cost=0.2)
        why = f"run {root.root_run_id} with all its descendants has used up its budget of $0.30"
        for guard, run in ((lead, root), (helper, child), (helper, grandchild)):
            self.held(lambda guard=guard, run=run: guard.before_model(run), why)
        helper.end_run(child)
        # It remembers what a run used that has ended, and another tree has a budget of its own.
        late = helper.begin_run(root_run_id=root.root_run_id)
        self.held(lambda: helper.before_tool("t", {}, late), why)
        helper.before_model(helper.begin_run())

    def test_in_tokens_and_model_calls(self):
        for budget, usage, text in (
            ({"measure": "tokens", "limit": 100}, {"input_tokens": 50}, "100 tokens"),
            ({"measure": "model_calls", "limit": 2}, {}, "2 model calls"),
        ):
            with self.subTest(text):
                guard = self.watch("a", budget)
                root = guard.begin_run()
                one, two, three = (guard.begin_run(parent_run_id=root.run_id) for _ in range(3))
                for run in (one, two):
                    self.call(guard, run, **usage)
                whole = f"run {root.run_id} with all its descendants has used up its budget of {text}"
                self.held(lambda three=three, guard=guard: guard.before_model(three), whole)

    def test_in_tool_calls_lets_models_answer_and_calls_at_once_of_several_agents_do_not_pass_it_together(self):
        guards = [self.watch(f"a-{n}", {"measure": "tool_calls", "limit": 3}) for n in range(10)]
        root = guards[0].begin_run()
        runs = [guard.begin_run(parent_run_id=root.run_id) for guard in guards]
        passed, ready = [], threading.Barrier(len(guards))

        def work(guard, run):
            ready.wait()
            try:
                passed.append(guard.before_tool("t", run.run_id, run))
            except SentinelHold:
                pass

        threads = [threading.Thread(target=work, args=pair) for pair in zip(guards, runs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(passed), 3)
        guards[9].before_model(runs[9])

    def test_in_time_counts_from_the_first_run_of_it_that_this_process_saw(self):
        guard = self.watch("a", {"measure": "wall_seconds", "limit": 60})
        root = guard.begin_run()
        self.time += 59
        child = guard.begin_run(parent_run_id=root.run_id)
        self.call(guard, child)
        self.time += 1
        self.held(lambda: guard.before_model(child))

    def test_a_run_beyond_its_depth_or_number_does_not_start_and_makes_no_call_where_it_starts_without_asking(self):
        guard = self.watch("a", {"measure": "depth", "limit": 2}, {"measure": "descendants", "limit": 3})
        with guard.run() as root, guard.run(), guard.run() as deepest:
            whole = f"run {root.run_id} with all its descendants has used up its budget of"
            self.held(lambda: guard.run().__enter__(), f"{whole} 2 levels")
            self.call(guard, deepest)

            def beside():
                with guard.run(parent_run_id=root.run_id, root_run_id=root.run_id):
                    pass

            beside()
            self.held(beside, f"{whole} 3 descendants")
            unasked = guard.begin_run(parent_run_id=root.run_id)
            self.held(lambda: guard.before_model(unasked), f"{whole} 3 descendants")
            # Those that were there before go on.
            self.call(guard, root)
        self.assertEqual(len([e for e in self.events if e["kind"] == "run_start"]), 5)

    def test_it_waits_for_a_person_and_goes_on_with_what_was_granted_to_its_root(self):
        ask = {"measure": "model_calls", "limit": 1, "at_limit": "pause_and_ask"}
        guard = self.watch("a", ask)
        root = guard.begin_run()
        child = guard.begin_run(parent_run_id=root.run_id)
        self.call(guard, root)
        self.assertIsNone(guard._decision(child, ModelCall(guard, child, {})))
        waiting = threading.Thread(target=lambda: self.call(guard, child))
        waiting.start()
        self.direct(guard, {**ask, "more": {child.run_id: 5}})
        self.assertIsNone(guard._decision(child, ModelCall(guard, child, {})))
        self.direct(guard, {**ask, "more": {root.run_id: 1}})
        waiting.join(60)
        self.assertFalse(waiting.is_alive())
        self.assertEqual(child.model_calls, 1)

    def test_it_is_not_shared_by_guards_of_different_servers_or_keys(self):
        one = {"measure": "model_calls", "limit": 1}
        a, b, c = self.watch("a", one), self.watch("b", one, realm="another"), self.watch("c", one)
        run = a.begin_run()
        self.call(a, run)
        self.call(b, b.begin_run(run_id=run.run_id))
        self.held(lambda: c.before_model(c.begin_run(root_run_id=run.run_id)))


if __name__ == "__main__":
    unittest.main()

import json
import pickle
import random
import unittest
from decimal import Decimal

from sentinel_agents import Limits, Price, SentinelHold, hash_action, hash_text, hash_tools
from sentinel_agents.backoff import backoff, retry_after
from sentinel_agents.buffer import Buffer
from sentinel_agents.directive import CLOSED, FREE, DirectiveState
from sentinel_agents.hashing import canonical_json
from sentinel_agents.limits import used_up
from sentinel_agents.prices import cost_of
from sentinel_agents.prompts import HeldPrompts
from sentinel_agents.runs import Run, add
from sentinel_agents.transport import check_url
from sentinel_agents.trees import Trees
from sentinel_agents.wire import Budget, clean_name, encode_event, read_directive

from .scripted_server import FREE as FREE_DIRECTIVE
from .support import BUDGET


def budget(**more):
    return Budget(**{**BUDGET, **more})


def directive(number, **more):
    raw = {**FREE_DIRECTIVE, "agent_id": "a", "version": number, "hash": "h", "lease_seconds": 10, **more}
    return read_directive(raw)


class Hashes(unittest.TestCase):
    def test_sha_256_as_the_typescript_sdk(self):
        # FIPS 180-2, the vector for abc.
        self.assertEqual(hash_text("abc"), "ba7816bf8f01cfea")

    def test_order_does_not_matter(self):
        self.assertEqual(canonical_json({"b": 1, "a": [{"d": 1, "c": 2}]}), '{"a":[{"c":2,"d":1}],"b":1}')
        self.assertEqual(hash_action("t", {"a": 1, "b": 2}), hash_action("t", {"b": 2, "a": 1}))
        self.assertEqual(hash_action("t", {"a": 1}), hash_action("t", '{"a": 1}'))
        self.assertEqual(hash_tools([{"name": "a"}, {"name": "b"}]), hash_tools([{"name": "b"}, {"name": "a"}]))

    def test_different_actions_differ(self):
        self.assertNotEqual(hash_action("t", {"a": 1}), hash_action("t", {"a": 2}))
        self.assertNotEqual(hash_action("t", None), hash_action("u", None))

    def test_what_json_cannot_hold(self):
        cycle = []
        cycle.append(cycle)
        for value in (object(), cycle, {1: 2, "a": 3}, float("nan"), b"x"):
            self.assertEqual(len(hash_action("t", value)), 16)


class Waits(unittest.TestCase):
    def test_backoff(self):
        for attempt, luck, seconds in ((0, 1, 0.5), (3, 1, 4), (10, 1, 30), (1000, 1, 30), (3, 0, 0.05), (2, 0.5, 1)):
            self.assertAlmostEqual(backoff(attempt, 0.5, 30, lambda luck=luck: luck), seconds)

    def test_retry_after(self):
        cases = {"2": 2, "0": 0, "-4": 0, "86400": 300, "soon": None, "": None, None: None, "nan": None}
        cases["Thu, 01 Jan 1970 00:01:00 GMT"] = 60
        for header, seconds in cases.items():
            self.assertEqual(retry_after(header, 0), seconds, header)


class Costs(unittest.TestCase):
    price = Price(3, 15, cached_input=0.3)

    def test_cached_tokens_at_their_price(self):
        self.assertAlmostEqual(cost_of(self.price, 1000, 100, 400), (600 * 3 + 400 * 0.3 + 100 * 15) / 1e6)

    def test_unknown_without_a_price_or_a_count(self):
        self.assertIsNone(cost_of(None, 1, 1))
        self.assertIsNone(cost_of(self.price, 1000, None))


class Prompts(unittest.TestCase):
    def test_the_last_distinct_ones_and_a_hash_keeps_its_first_text(self):
        held = HeldPrompts(2)
        seen = [held.see("a", "1", "A"), held.see("b", "2", "B"), held.see("a", "1", "A'")]
        self.assertEqual(seen, [True, True, False])
        held.see("c", "3", "C")
        self.assertEqual((held.hashes(), held.get("a").prompt, held.get("b")), (["a", "c"], "A", None))


class TheBuffer(unittest.TestCase):
    def test_drops_the_oldest_telemetry_last_of_all_acknowledgements_and_counts(self):
        buffer = Buffer(3)
        for text, control in ((b"1", False), (b"2", True), (b"3", False), (b"4", False), (b"5", False)):
            buffer.push(text, control)
        self.assertEqual((buffer.take().body, buffer.dropped), (b'{"events":[2,4,5]}', 2))

    def test_batches_of_at_most_500_events_and_800_kb(self):
        buffer = Buffer(5000)
        for _ in range(1200):
            buffer.push(b"{}", False)
        self.assertEqual([buffer.take().events, buffer.take().events, buffer.take().events], [500, 500, 200])
        self.assertIsNone(buffer.take())
        for _ in range(3):
            buffer.push(json.dumps("x" * 390_000).encode(), False)
        self.assertEqual([buffer.take().events, buffer.take().events], [2, 1])
        buffer.push(b"x" * 900_000, False)
        self.assertEqual((buffer.take(), buffer.dropped), (None, 1))


class TheLease(unittest.TestCase):
    def test_the_newest_holds_until_its_lease_ends(self):
        for unreachable, after in (("open", FREE), ("closed", CLOSED)):
            now = [0.0]
            state = DirectiveState(unreachable, lambda now=now: now[0])
            self.assertEqual(state.in_force(), after)
            self.assertTrue(state.receive(directive(2, status="quarantined")))
            self.assertFalse(state.receive(directive(1)))
            now[0] = 9.9
            self.assertEqual(state.in_force().version, 2)
            now[0] = 10.0
            self.assertEqual(state.in_force(), after)
            state.receive(directive(2, status="quarantined"))
            self.assertEqual(state.in_force().status, "quarantined")

    def test_retired_never_lapses(self):
        now = [0.0]
        state = DirectiveState("open", lambda: now[0])
        state.receive(directive(1, status="retired"))
        now[0] = 1e9
        self.assertEqual(state.in_force().status, "retired")


class Budgets(unittest.TestCase):
    def test_what_a_run_has_used_up(self):
        money = "this run has used up its budget of $2.00"
        model, tool = "model_call", "tool_call"
        cases = [
            ("money", {}, {"cost": 2}, model, money),
            ("money, before a tool as well", {}, {"cost": 2.1}, tool, money),
            ("not quite", {}, {"cost": 1.99}, model, None),
            ("a cost that nobody knows is not 0, and holds nothing either", {}, {}, model, None),
            ("more was allowed", {"more": {"r": 3}}, {"cost": 4.9}, model, None),
            ("all of it is used too", {"more": {"r": 3}}, {"cost": 5}, model, "this run has used up its budget of $5.00"),
            ("to another run", {"more": {"q": 3}}, {"cost": 4.9}, model, money),
            ("tokens, of which one side is known", {"measure": "tokens", "limit": 10}, {"output_tokens": 10}, model, "this run has used up its budget of 10 tokens"),
            ("tokens, of which the total is known", {"measure": "tokens", "limit": 2_000_000}, {"tokens": 2e6}, model, "this run has used up its budget of 2000000 tokens"),
            ("tokens that nobody knows", {"measure": "tokens", "limit": 10}, {}, model, None),
            ("model calls", {"measure": "model_calls", "limit": 3}, {"model_calls": 3}, model, "this run has used up its budget of 3 model calls"),
            ("model calls let tools finish", {"measure": "model_calls", "limit": 3}, {"model_calls": 3}, tool, None),
            ("tool calls", {"measure": "tool_calls", "limit": 3}, {"tool_calls": 3}, tool, "this run has used up its budget of 3 tool calls"),
            ("tool calls let the model answer", {"measure": "tool_calls", "limit": 3}, {"tool_calls": 3}, model, None),
            ("wall time", {"measure": "wall_seconds", "limit": 5}, {}, model, "this run has used up its budget of 5 s"),
        ]  # fmt: skip
        for what, of, used, kind, reason in cases:
            with self.subTest(what):
                run = Run(0.0, "r")
                for name, value in used.items():
                    setattr(run, name, value)
                found = used_up((budget(**of),), run, kind, 5.0)
                self.assertEqual(found and found.hold.reason, reason)

    def test_sums_of_money_have_no_rounding_errors(self):
        chance = random.Random(1)
        for _ in range(200):
            costs = [chance.randint(1, 10**9) for _ in range(chance.randint(1, 100))]
            granted = chance.randrange(sum(costs))
            one = budget(limit=(sum(costs) - granted) / 1e9, more={"r": granted / 1e9})
            run = Run(0.0, "r")
            for nano in costs:
                self.assertIsNone(used_up((one,), run, "model_call", 0.0))
                add(run, cost=nano / 1e9)
            self.assertIsNotNone(used_up((one,), run, "model_call", 0.0))


class Kinship(unittest.TestCase):
    def test_trees_keep_those_that_are_at_work_and_are_bounded(self):
        trees = Trees()
        old, forgotten = (trees.join(name, None, None, 0.0).tree for name in ("old", "forgotten"))
        old.model_calls = forgotten.model_calls = 7
        deep = trees.join("deep", "old", None, 0.0)
        for n in range(20_000):
            trees.join(f"r-{n}", None, None, 0.0)
            trees.touch("deep", deep)
        self.assertEqual(trees.look(root_run_id="old").tree.model_calls, 7)
        self.assertIsNone(trees.look(root_run_id="forgotten"))
        below = trees.look(parent_run_id="deep")
        self.assertEqual((below.depth, below.tree.root_run_id), (2, "old"))

    def test_what_is_no_amount_is_unknown(self):
        tree = Trees().join("r", None, None, 0.0).tree
        for cost in (1.0, float("nan"), float("inf"), -5.0):
            add(tree, cost=cost, input_tokens=cost, tokens=cost)
        self.assertEqual((tree.cost, tree.input_tokens, tree.tokens), (1.0, 1.0, 1.0))

    def test_a_run_that_begins_again_is_no_other_descendant(self):
        trees = Trees()
        trees.join("r", None, None, 0.0)
        first = trees.join("c", "r", None, 1.0)
        self.assertIs(trees.join("c", "r", None, 2.0), first)
        tree = first.tree
        self.assertEqual(
            (first.depth, first.ordinal, tree.root_run_id, tree.descendants, tree.started_at), (1, 1, "r", 1, 0.0)
        )


class Wire(unittest.TestCase):
    def test_a_directive_that_is_not_whole_is_none(self):
        self.assertIsNotNone(directive(1))
        broken = [
            {"status": "sleeping"}, {"version": "1"}, {"version": True}, {"revoked_tools": [1]}, {"autonomy": None},
            {"lease_seconds": 0}, {"prompt": {}}, {"memory_epoch": -1},
        ]  # fmt: skip
        for change in broken:
            self.assertIsNone(directive(1, **change), change)
        for other in (None, [], "x", {}):
            self.assertIsNone(read_directive(other))

    def test_fields_of_tomorrow_are_no_harm(self):
        self.assertEqual(directive(1, moods=[{"usd": 3}]).version, 1)

    def test_the_budgets_that_it_can_hold_and_none_from_a_server_that_has_none(self):
        odd = [{**BUDGET, "measure": "depth"}, {**BUDGET, "limit": 0}, {**BUDGET, "limit": True}, {}, None, "b"]
        later = {**BUDGET, "at_limit": "later", "more": {"r": "much", "q": 2}}
        read = directive(1, budgets=[*odd, BUDGET, later]).budgets
        self.assertEqual(read, (budget(), budget(at_limit="pause_and_ask", more={"q": 2})))
        for none in (None, {}, "b"):
            self.assertEqual(directive(1, budgets=none).budgets, ())
            self.assertEqual(directive(1, tree_budgets=none).tree_budgets, ())
        deep, idle = {**BUDGET, "measure": "depth"}, {**BUDGET, "measure": "idle_seconds"}
        self.assertEqual(directive(1, tree_budgets=[deep, idle]).tree_budgets, (budget(measure="depth"),))

    def test_names_that_sentinel_accepts(self):
        for text, name in {"a\nb": "a b", "a\u200bb": "ab", "e\u0301": "é", " ": None, "\ud800x": "x"}.items():
            self.assertEqual(clean_name(text), name)
        self.assertLessEqual(len(clean_name("😀" * 500).encode("utf-16-le")), 400)
        self.assertEqual(len(clean_name("x" * 500)), 200)

    def test_events_without_what_is_unknown(self):
        event = {"agent_id": "a", "cost": None, "latency_ms": float("nan"), "tool_calls": Decimal(2), "success": False}
        self.assertEqual(json.loads(encode_event(event)), {"agent_id": "a", "tool_calls": 2, "success": False})
        self.assertIsNone(encode_event({"agent_id": "a", "attributes": {"x": object()}}))


class Settings(unittest.TestCase):
    def test_addresses(self):
        self.assertEqual(check_url("https://x.example/base/"), "https://x.example/base")
        for url in ("", "x.example", "ftp://x", "https://", "https://u:p@x.example"):
            with self.assertRaisesRegex(ValueError, "base_url"):
                check_url(url)

    def test_limits(self):
        with self.assertRaisesRegex(ValueError, "identical_calls"):
            Limits(identical_calls=0)

    def test_a_hold_can_be_pickled(self):
        hold = pickle.loads(pickle.dumps(SentinelHold("loop", "why", False)))
        self.assertEqual((hold.kind, hold.reason, hold.ends_run, str(hold)), ("loop", "why", False, "why"))


if __name__ == "__main__":
    unittest.main()

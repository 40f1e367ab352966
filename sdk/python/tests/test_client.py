import logging
import os
import subprocess
import sys
import threading
import time
import unittest
from unittest import mock

from sentinel_agents import Delivery, ImmuneReporter

from .scripted_server import KEY
from .support import QUICK, WithServer


class Reporting(WithServer):
    def report(self, **delivery):
        reporter = ImmuneReporter(
            self.server.url, agent_id="a", agent_type="Research", model="m-1", mcp_servers=["files"], api_key=KEY,
            delivery=Delivery(**{**QUICK, **delivery}),
        )  # fmt: skip
        self.made.append(reporter)
        return reporter

    def test_one_line(self):
        reporter = self.report()
        reporter.report(
            latency_ms=812, token_count=1115, input_tokens=911, output_tokens=204, tool_calls=1, retries=0,
            success=True, cost=0.0041, error_type=None, prompt_hash="h",
        )  # fmt: skip
        self.assertTrue(reporter.flush())
        event = self.server.of("model_call")[0]
        self.assertEqual((event["agent_type"], event["model"], event["latency_ms"]), ("Research", "m-1", 812))
        self.assertEqual((event["token_count"], event["cost"], event["success"]), (1115, 0.0041, True))
        self.assertNotIn("error_type", event)
        self.server.until(lambda: self.server.registrations)
        told = self.server.registrations[0]
        self.assertEqual((told["enforcement"], told["model"], told["mcp_servers"]), (False, "m-1", ["files"]))
        self.assertEqual((reporter.stats().delivered, reporter.stats().waiting), (1, 0))

    def test_many_travel_together_in_order_gzipped(self):
        reporter = self.report(flush_ms=60_000)
        for _ in range(100):
            reporter.report(latency_ms=1)
        self.assertTrue(reporter.flush())
        self.assertEqual([r["gzipped"] for r in self.server.ingests()], [True])
        self.assertEqual([e["sequence"] for e in self.server.of()], list(range(100)))

    def test_the_same_request_with_the_same_key_after_a_failure(self):
        for status in (500, 502, 404, 429, 409):
            left = [2]

            def interfere(request, status=status, left=left):
                if request["path"] != "/api/v1/ingest" or left[0] == 0:
                    return None
                left[0] -= 1
                return status, {}, b"<html>"

            self.server.requests.clear()
            self.server.interfere = interfere
            reporter = self.report()
            reporter.report(label=str(status))
            self.server.until(lambda status=status: any(e.get("label") == str(status) for e in self.server.events))
            sent = self.server.ingests()
            self.assertEqual(len(sent), 3)
            self.assertEqual(len({(r["headers"]["idempotency-key"], r["body"]) for r in sent}), 1)

    def test_counted_once_although_the_answer_was_lost(self):
        first = [True]

        def interfere(request):
            if request["path"] != "/api/v1/ingest" or not first[0]:
                return None
            first[0] = False
            self.server.answer(request)
            return 504, {}, b""

        self.server.interfere = interfere
        reporter = self.report()
        reporter.report(label="x")
        self.server.until(lambda: len(self.server.ingests()) == 2)
        self.assertTrue(reporter.flush())
        self.assertEqual(len(self.server.of("model_call")), 1)

    def test_waits_as_long_as_retry_after_says_even_when_flushed(self):
        at = []

        def interfere(request):
            if request["path"] != "/api/v1/ingest" or at:
                return None
            at.append(time.monotonic())
            return 429, {"retry-after": "1"}, b""

        self.server.interfere = interfere
        reporter = self.report()
        reporter.report()
        self.server.until(lambda: at)
        while not reporter._sentinel.client._told_to_wait:
            threading.Event().wait(0.001)
        self.assertFalse(reporter.flush(0.05))
        self.server.until(lambda: self.server.of("model_call"))
        self.assertGreater(time.monotonic() - at[0], 0.95)

    def test_a_slow_answer_is_given_up_at_its_timeout(self):
        slow = ["hang"]
        self.server.interfere = lambda r: slow.pop() if slow and r["path"] == "/api/v1/ingest" else None
        reporter = self.report(timeout_ms=100)
        reporter.report()
        self.server.until(lambda: self.server.of("model_call"))
        self.assertEqual(len(self.server.ingests()), 2)

    def test_what_is_refused_for_good_is_dropped_and_told(self):
        bad = [(400, {}, b"{}")]
        self.server.interfere = lambda r: bad.pop() if bad and r["path"] == "/api/v1/ingest" else None
        reporter = self.report()
        with self.assertLogs("sentinel_agents", logging.WARNING) as logs:
            reporter.report(label="first")
            self.assertTrue(reporter.flush())
        self.assertIn("1 of 1 events are lost", logs.output[0])
        reporter.report(label="second")
        reporter.flush()
        self.assertEqual([e["label"] for e in self.server.of("model_call")], ["second"])
        self.assertEqual((reporter.stats().delivered, reporter.stats().dropped), (1, 1))

    def test_single_events_that_the_server_rejects_are_counted_and_named(self):
        reporter = self.report(flush_ms=60_000)
        with self.assertLogs("sentinel_agents", logging.WARNING) as logs:
            reporter.report(label="bad")
            reporter.report(label="good")
            self.assertTrue(reporter.flush())
        self.assertIn("1 of 2 events are lost: label: too bad", logs.output[0])
        self.assertEqual((reporter.stats().delivered, reporter.stats().rejected), (1, 1))

    def test_a_refused_key_is_not_hammered(self):
        self.server.interfere = lambda r: (401, {}, b"")
        reporter = self.report()
        reporter.report()
        self.server.until(lambda: self.server.ingests())
        self.assertFalse(reporter.flush(0.1))
        self.assertEqual(len(self.server.ingests()), 1)

    def test_a_redirect_takes_the_key_nowhere(self):
        self.server.interfere = lambda r: (
            (302, {"location": self.server.url + "/elsewhere"}, b"") if r["path"] == "/api/v1/ingest" else None
        )
        reporter = self.report()
        reporter.report()
        self.assertTrue(reporter.flush())
        self.assertFalse([r for r in self.server.requests if r["path"] == "/elsewhere"])

    def test_garbage_for_answers_throws_nothing(self):
        self.server.interfere = lambda r: (200, {"content-type": "application/json"}, b"][")
        reporter = self.report()
        reporter.report()
        self.assertTrue(reporter.flush())

    def test_a_proxy_of_the_environment_is_used(self):
        with mock.patch.dict(os.environ, {"http_proxy": self.server.url, "no_proxy": "", "NO_PROXY": ""}):
            reporter = ImmuneReporter("http://sentinel.invalid", agent_id="a", api_key=KEY, delivery=Delivery(**QUICK))
        self.made.append(reporter)
        reporter.report()
        self.server.until(lambda: [r for r in self.server.requests if r["path"].startswith("http://sentinel.invalid/")])

    def test_the_key_is_in_no_log_and_no_repr(self):
        with self.assertLogs("sentinel_agents", logging.DEBUG) as logs:
            self.server.interfere = lambda r: (500, {}, b"")
            reporter = self.report()
            reporter.report(attributes={"x": object()})
            reporter.report()
            self.server.until(lambda: len(self.server.ingests()) > 1)
        everything = (
            "\n".join(logs.output) + repr(reporter) + repr(reporter._sentinel) + repr(reporter._sentinel.client)
        )
        self.assertNotIn(KEY, everything)

    def test_reports_of_many_threads(self):
        reporter = self.report()

        def work():
            for _ in range(100):
                reporter.report(latency_ms=1)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertTrue(reporter.flush(30))
        self.assertEqual(sorted(e["sequence"] for e in self.server.of()), list(range(800)))


class Outage(WithServer):
    def test_a_bounded_number_of_the_newest_is_kept_and_delivered_once_afterwards(self):
        reporter = ImmuneReporter(
            self.server.url, agent_id="a", api_key=KEY, delivery=Delivery(**{**QUICK, "buffer_size": 50})
        )
        self.made.append(reporter)
        self.server.until(lambda: self.server.registrations)
        self.server.stop()
        began = time.monotonic()
        for _ in range(1000):
            reporter.report(latency_ms=1)
        # Far below one timeout, and far above what it takes on a busy machine.
        self.assertLess(time.monotonic() - began, 8)
        stats = reporter.stats()
        # A batch that is on its way waits beside the buffer.
        self.assertEqual(stats.dropped + stats.waiting, 1000)
        self.assertLessEqual(stats.waiting, 100)
        self.assertFalse(reporter.flush(0.05))
        self.server.start()
        self.server.until(lambda: len(self.server.of("model_call")) == stats.waiting)
        told = [e["sequence"] for e in self.server.of("model_call")]
        self.assertEqual(told[-50:], list(range(950, 1000)))
        self.assertEqual(len(set(told)), stats.waiting)

    def test_nothing_throws_whatever_the_address_or_the_event(self):
        reporter = ImmuneReporter("http://127.0.0.1:1", agent_id="a", api_key=KEY, delivery=Delivery(**QUICK))
        self.made.append(reporter)
        reporter.report(attributes={"big": object()}, nonsense=object(), latency_ms="x")
        self.assertFalse(reporter.flush(0.05) and reporter.stats().waiting)
        self.assertEqual(reporter.stats().dropped, 1)
        reporter.close(0)
        reporter.report()


class Processes(WithServer):
    def host(self, code, *flags):
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "SENTINEL_KEY": KEY}
        return subprocess.run(
            [sys.executable, *flags, "-c", code, self.server.url], env=env, timeout=60, capture_output=True, text=True
        )

    def test_the_last_events_leave_before_a_process_ends_that_never_closes(self):
        code = (
            "import sys\nfrom sentinel_agents import Delivery, Sentinel\n"
            "s = Sentinel(sys.argv[1], agent_id='a', delivery=Delivery(flush_ms=60000))\nwith s.run(): pass"
        )
        ended = self.host(code)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertEqual([e["outcome"] for e in self.server.of("run_end")], ["success"])

    def test_a_process_ends_in_time_though_nobody_answers(self):
        self.server.interfere = lambda r: "hang"
        code = (
            "import sys\nfrom sentinel_agents import Delivery, ImmuneReporter\n"
            "ImmuneReporter(sys.argv[1], agent_id='a', delivery=Delivery(exit_budget_ms=200)).report(latency_ms=1)"
        )
        began = time.monotonic()
        self.assertEqual(self.host(code).returncode, 0)
        # Nobody ever answers: without a budget it would not end.
        self.assertLess(time.monotonic() - began, 40)

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_a_forked_child_sends_its_own_events_and_not_its_parents(self):
        code = (
            "import os, sys\nfrom sentinel_agents import Delivery, Sentinel\n"
            "s = Sentinel(sys.argv[1], agent_id='a', enforce=False, delivery=Delivery(flush_ms=60000))\n"
            "with s.run(run_id='parent') as run:\n"
            "  pid = os.fork()\n"
            "  with run.tool_call('t') as call: call.record(label='child' if pid == 0 else 'parent')\n"
            "if pid: os.waitpid(pid, 0)\n"
        )
        ended = self.host(code, "-W", "ignore")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertEqual(len(self.server.of("run_start")), 1)
        self.assertEqual(len(self.server.of("run_end")), 1)
        tools = {e["label"]: e for e in self.server.of("tool_call")}
        self.assertEqual(set(tools), {"child", "parent"})
        self.assertNotEqual(tools["child"]["instance_id"], tools["parent"]["instance_id"])
        places = [(e["instance_id"], e["sequence"]) for e in self.server.of()]
        self.assertEqual(len(places), len(set(places)))

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_forks_while_threads_are_at_work(self):
        code = (
            "import os, sys, threading\nfrom sentinel_agents import Delivery, Sentinel\n"
            "s = Sentinel(sys.argv[1], agent_id='a', delivery=Delivery(flush_ms=5, exit_budget_ms=30000))\n"
            "def call(label):\n"
            "  with s.run() as run, run.model_call(label=label): pass\n"
            "forked = threading.Event()\n"
            "def work(i):\n"
            "  for n in range(200):\n"
            "    call(f'{i} {n}')\n"
            "    if forked.is_set(): return\n"
            "threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]\n"
            "for t in threads: t.start()\n"
            "children = []\n"
            "for k in range(10):\n"
            "  pid = os.fork()\n"
            "  if pid == 0:\n"
            "    call(f'child {k}')\n"
            "    os._exit(0 if s.flush(30) else 3)\n"
            "  children.append(pid)\n"
            "codes = [os.waitpid(pid, 0)[1] for pid in children]\n"
            "forked.set()\n"
            "for t in threads: t.join()\n"
            "sys.exit(any(codes))\n"
        )
        ended = self.host(code, "-W", "ignore")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        calls = self.server.of("model_call")
        self.assertEqual(len({e["label"] for e in calls}), len(calls))
        children = {e["instance_id"] for e in calls if e["label"].startswith("child")}
        self.assertEqual(len(children), 10)

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_children_of_multiprocessing_send_their_last_events(self):
        code = (
            "import multiprocessing, sys\nfrom sentinel_agents import Delivery, ImmuneReporter\n"
            "r = ImmuneReporter(sys.argv[1], agent_id='a', delivery=Delivery(flush_ms=60000))\n"
            "def work(n): r.report(label=str(n))\n"
            "if __name__ == '__main__':\n"
            "  made = [multiprocessing.get_context('fork').Process(target=work, args=(n,)) for n in range(3)]\n"
            "  for p in made: p.start()\n"
            "  for p in made: p.join()\n"
        )
        ended = self.host(code, "-W", "ignore")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertEqual(sorted(e["label"] for e in self.server.of("model_call")), ["0", "1", "2"])


if __name__ == "__main__":
    unittest.main()

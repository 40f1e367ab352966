"""For trials of whole systems: a host process with agents that do no real work, as `sdk/typescript/test-host.ts`.

Its only argument is a setting as JSON (`url`, `key`, `agentType`, `agents` by `id` with an optional `bufferSize`, `paceMs`); it takes
orders as lines on stdin, and answers each with one line of JSON.
"""

import json
import random
import sys
import threading
import time
from typing import Any

from sentinel_agents import Delivery, Sentinel, SentinelHold

#: Minutes, since how busy the server is then must not decide.
SEND_S = 300.0
INPUT_TOKENS, OUTPUT_TOKENS = 100, 20

SETTING = json.loads(sys.argv[1])


class Host:
    def __init__(self, about: "dict[str, Any]") -> None:
        self.id = about["id"]
        delivery = Delivery(buffer_size=about["bufferSize"]) if about.get("bufferSize") else Delivery()
        self.sentinel = Sentinel(
            SETTING["url"], agent_id=self.id, agent_type=SETTING["agentType"], api_key=SETTING["key"], delivery=delivery
        )
        self.made = {"models": 0, "tools": 0}
        self.lock = threading.Lock()
        self.slowest = 0.0
        self.errors: "list[str]" = []
        self.held = 0

    def model_call(self, made: "dict[str, int]", tokens: int = INPUT_TOKENS) -> None:
        guard = self.sentinel.guard
        call = guard.before_model(model="m-1", prompt="Be brief.")
        made["models"] += 1
        guard.after_model(call, input_tokens=tokens, output_tokens=OUTPUT_TOKENS)

    def run(self, models: int, tools: int, made: "dict[str, int]") -> None:
        guard = self.sentinel.guard
        with self.sentinel.run():
            for _ in range(models):
                self.model_call(made)
            for _ in range(tools):
                call = guard.before_tool("lookup", {"q": "same"})
                made["tools"] += 1
                guard.after_tool(call, "found")

    def tried(self, models: int, tools: int) -> "dict[str, int]":
        """A run as its host sees it: a hold is no error. What it was let do."""
        began = time.monotonic()
        made = {"models": 0, "tools": 0}
        try:
            self.run(models, tools, made)
        except SentinelHold:
            self.held += 1
        except Exception as error:
            self.errors.append(repr(error))
        self.slowest = max(self.slowest, time.monotonic() - began)
        with self.lock:
            for kind, count in made.items():
                self.made[kind] += count
        return made

    def work(self) -> None:
        # Not all at once.
        pace = SETTING["paceMs"] / 1000
        resting.wait(random.random() * pace)
        while not resting.is_set():
            self.tried(2, 1)
            resting.wait(pace)

    def is_held(self) -> bool:
        directive = self.sentinel.directive()
        return directive is not None and directive.status == "quarantined"

    def told(self) -> "dict[str, Any]":
        s = self.sentinel.stats()
        counts = {"delivered": s.delivered, "rejected": s.rejected, "dropped": s.dropped, "waiting": s.waiting}
        mine = {
            "id": self.id,
            "made": self.made,
            "slowestMs": self.slowest * 1000,
            "errors": self.errors,
            "held": self.held,
        }
        return {**mine, **counts}


resting = threading.Event()
hosts = [Host(about) for about in SETTING["agents"]]
threads: "list[threading.Thread]" = []


def each(work: Any) -> "list[Any]":
    """Does it for every agent at once."""
    answers: "list[Any]" = [None] * len(hosts)

    def one(at: int) -> None:
        answers[at] = work(hosts[at])

    at_work = [threading.Thread(target=one, args=(at,)) for at in range(len(hosts))]
    for thread in at_work:
        thread.start()
    for thread in at_work:
        thread.join()
    return answers


def too_much(kind: str, models: int, tools: int) -> "dict[str, int]":
    """What each agent was let do of a run that asks for too much."""

    def one(host: Host) -> int:
        return host.tried(models, tools)[kind]

    return dict(zip([host.id for host in hosts], each(one)))


def flood(host: Host, tokens: "list[int]", every_s: float) -> "dict[str, Any]":
    sent = []
    for count in tokens:
        began = time.time()
        try:
            with host.sentinel.run():
                host.model_call(host.made, count)
        except SentinelHold:
            break
        sent.append([count, began * 1000])
        while time.time() < began + every_s and not host.is_held():
            time.sleep(0.001)
        if host.is_held():
            break
    return {"sent": sent, "heldAt": time.time() * 1000 if host.is_held() else None}


def obey(order: "dict[str, Any]") -> Any:
    what = order["do"]
    if what == "work":
        for host in hosts:
            threads.append(threading.Thread(target=host.work, daemon=True))
            threads[-1].start()
        return {}
    if what == "loop":
        return too_much("tools", 0, order["times"])
    if what == "overspend":
        return too_much("models", order["times"], 0)
    if what == "rest":
        resting.set()
        for thread in threads:
            thread.join()
        # Closed, so that no heartbeat comes after the last one was sent.
        each(lambda host: host.sentinel.close(SEND_S))
    if what in ("rest", "stats"):
        return [host.told() for host in hosts]
    if what == "learn":
        for count in order["tokens"]:
            with hosts[0].sentinel.run():
                hosts[0].model_call(hosts[0].made, count)
        hosts[0].sentinel.flush(SEND_S)
        return {}
    return flood(hosts[0], order["tokens"], order["everyMs"] / 1000)


for line in sys.stdin:
    print(json.dumps(obey(json.loads(line))), flush=True)
for host in hosts:
    host.sentinel.close(0.01)

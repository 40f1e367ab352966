import unittest

try:
    from pydantic_ai import Agent
    from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
    from pydantic_ai.models.function import FunctionModel
    from pydantic_ai.usage import RequestUsage, UsageLimits
except ImportError as missing:
    raise unittest.SkipTest(f"pydantic-ai is not installed: {missing}") from missing

from sentinel_agents.adapters.pydantic_ai import SentinelCapability

from .misbehaviours import Misbehaviours, run, say

#: More requests than a script has.
REQUESTS = 100


def agent(sentinel, turns, work, **more):
    left, seen = list(turns), []

    def answer(messages, info):
        seen.append(info)
        what, text = left.pop(0)
        part = TextPart(text) if what == "say" else ToolCallPart(what, {"q": text})
        return ModelResponse([part], usage=RequestUsage(input_tokens=10, output_tokens=5))

    capabilities = [SentinelCapability(sentinel)] if sentinel else []
    made = Agent(FunctionModel(answer), instructions="Be brief.", capabilities=capabilities, **more)

    @made.tool_plain
    def lookup(q: str) -> str:
        return work(q)

    return made, seen


class PydanticAI(Misbehaviours, unittest.TestCase):
    prompt_seat = False
    tool_errors_end_runs = True

    def play(self, sentinel, turns, tool):
        made, _ = agent(sentinel, turns, tool)
        return run(made.run("hello", usage_limits=UsageLimits(request_limit=REQUESTS))).output

    def test_a_lower_temperature(self):
        sentinel = self.watch()
        reduced = {"level": "reduced", "max_model_calls": None, "max_tool_calls": None, "temperature": 0.1}
        self.server.direct("a", autonomy=reduced)
        self.server.until_enforced(2)
        made, seen = agent(sentinel, [say("done")], self.tool, model_settings={"temperature": 0.9})
        run(made.run("hello"))
        self.assertEqual(seen[0].model_settings["temperature"], 0.1)


class SyncRun(Misbehaviours, unittest.TestCase):
    prompt_seat = False
    tool_errors_end_runs = True

    def play(self, sentinel, turns, tool):
        made, _ = agent(sentinel, turns, tool)
        return made.run_sync("hello", usage_limits=UsageLimits(request_limit=REQUESTS)).output


del Misbehaviours

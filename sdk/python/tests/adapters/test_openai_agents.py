import json
import unittest

try:
    from agents import Agent, RunConfig, Runner, Usage, function_tool
    from agents.testing import ModelStep, ScriptedModel
    from agents.testing.model import assistant_message, function_call
except ImportError as missing:
    raise unittest.SkipTest(f"openai-agents is not installed: {missing}") from missing

from sentinel_agents import hash_text
from sentinel_agents.adapters.openai_agents import guarded
from sentinel_agents.adapters.openai_agents import run as run_watched

from .misbehaviours import Misbehaviours, run, say

QUIET = RunConfig(tracing_disabled=True)
#: More turns than a script has.
TURNS = 60


def agent(turns, work, **more):
    @function_tool
    def lookup(q: str) -> str:
        """Looks things up."""
        return work(q)

    usage = Usage(requests=1, input_tokens=10, output_tokens=5, total_tokens=15)

    def step(n, what, text):
        call = function_call(what, json.dumps({"q": text}), call_id=f"c{n}") if what != "say" else None
        return ModelStep(output=[call or assistant_message(text)], usage=usage)

    model = ScriptedModel([step(n, *turn) for n, turn in enumerate(turns)])
    return Agent(name="a", instructions="Be brief.", model=model, tools=[lookup], **more), model


class Plain(Misbehaviours, unittest.TestCase):
    def play(self, sentinel, turns, tool):
        made, _ = agent(turns, tool)
        if sentinel is None:
            return run(Runner.run(made, "hello", run_config=QUIET, max_turns=TURNS)).final_output
        return run(run_watched(sentinel, made, "hello", run_config=QUIET, max_turns=TURNS)).final_output

    def test_an_earlier_prompt(self):
        sentinel = self.watch(known_prompts=["Old."])
        self.server.direct("a", prompt={"rollback_to": hash_text("Old.")})
        self.server.until_enforced(2)
        made, model = agent([say("done")], self.tool)
        run(run_watched(sentinel, made, "hello", run_config=QUIET))
        self.assertEqual(model.calls[0].system_instructions, "Old.")

    def test_agents_that_are_handed_over_to_are_guarded_too(self):
        sentinel = self.watch()
        other, _ = agent([say("done")], self.tool)
        made, _ = agent([], self.tool, handoffs=[other])
        other.handoffs.append(made)
        copied = guarded(made, sentinel)
        self.assertIs(copied.handoffs[0].handoffs[0], copied)
        self.assertIsNot(copied.handoffs[0].model, other.model)
        self.assertIs(guarded(copied, sentinel), copied)


class Streamed(Misbehaviours, unittest.TestCase):
    def play(self, sentinel, turns, tool):
        made, _ = agent(turns, tool)

        async def main(made):
            result = Runner.run_streamed(made, "hello", run_config=QUIET, max_turns=TURNS)
            async for _ in result.stream_events():
                pass
            return result.final_output

        async def watched():
            async with sentinel.run():
                return await main(guarded(made, sentinel))

        return run(main(made) if sentinel is None else watched())


del Misbehaviours

import unittest

try:
    from google.adk.agents import LlmAgent
    from google.adk.models.base_llm import BaseLlm
    from google.adk.models.llm_response import LlmResponse
    from google.adk.runners import InMemoryRunner
    from google.genai import types
except ImportError as missing:
    raise unittest.SkipTest(f"google-adk is not installed: {missing}") from missing

from sentinel_agents import hash_text
from sentinel_agents.adapters.google_adk import SentinelPlugin

from .levels import Levels
from .misbehaviours import Misbehaviours, run, say


class Scripted(BaseLlm):
    turns: list
    seen: list = []

    async def generate_content_async(self, llm_request, stream=False):
        config = llm_request.config
        self.seen.append((config.system_instruction, config.temperature))
        what, text = self.turns.pop(0)
        call = types.FunctionCall(name=what, args={"q": text}, id=f"c{len(self.turns)}")
        part = types.Part(text=text) if what == "say" else types.Part(function_call=call)
        usage = types.GenerateContentResponseUsageMetadata(prompt_token_count=10, candidates_token_count=5)
        yield LlmResponse(content=types.Content(role="model", parts=[part]), usage_metadata=usage)


def agent(turns, work, **more):
    def lookup(q: str) -> str:
        """Looks things up."""
        return work(q)

    model = Scripted(model="scripted", turns=list(turns), seen=[])
    return LlmAgent(name="a", model=model, instruction="Be brief.", tools=[lookup], **more), model


def runner_of(made, sentinel):
    return InMemoryRunner(agent=made, app_name="app", plugins=[SentinelPlugin(sentinel)] if sentinel else [])


async def asked(made, sentinel):
    return await say_hello(runner_of(made, sentinel), "s")


async def say_hello(runner, session_id):
    where = {"app_name": "app", "user_id": "u", "session_id": session_id}
    session = await runner.session_service.get_session(**where) or await runner.session_service.create_session(**where)
    hello = types.Content(role="user", parts=[types.Part(text="hello")])
    said = ""
    async for event in runner.run_async(user_id="u", session_id=session.id, new_message=hello):
        parts = event.content.parts if event.content else []
        said = next((part.text for part in parts if part.text), said)
    return said


class GoogleADK(Misbehaviours, unittest.TestCase):
    tool_errors_end_runs = True

    def play(self, sentinel, turns, tool):
        return run(asked(agent(turns, tool)[0], sentinel))

    def test_an_earlier_prompt_and_a_lower_temperature(self):
        sentinel = self.watch(known_prompts=["Old."])
        reduced = {"level": "reduced", "max_model_calls": None, "max_tool_calls": None, "temperature": 0.1}
        self.server.direct("a", prompt={"rollback_to": hash_text("Old.")}, autonomy=reduced)
        self.server.until_enforced(2)
        settings = types.GenerateContentConfig(temperature=0.9)
        made, model = agent([say("done")], self.tool, generate_content_config=settings)
        run(asked(made, sentinel))
        self.assertEqual(model.seen, [("Old.", 0.1)])


class AtALevel(Levels, unittest.TestCase):
    def setUp(self):
        super().setUp()
        self.runners = {}

    def play_in(self, thread, sentinel, turns, tool):
        if thread not in self.runners or thread is None:
            made, model = agent([], tool)
            self.runners[thread] = runner_of(made, sentinel), model
        runner, model = self.runners[thread]
        model.turns[:] = turns
        return run(say_hello(runner, thread or "s"))


del Misbehaviours, Levels

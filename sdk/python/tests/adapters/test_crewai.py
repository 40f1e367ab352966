import unittest

try:
    from crewai import Agent, BaseLLM, Crew, Task
    from crewai.tools import tool as as_tool
except ImportError as missing:
    raise unittest.SkipTest(f"crewai is not installed: {missing}") from missing

from sentinel_agents.adapters.crewai import watched

from .levels import Levels
from .misbehaviours import Misbehaviours


class Scripted(BaseLLM):
    turns: list = []

    def supports_function_calling(self):
        return True

    def call(self, messages, tools=None, **more):
        self._track_token_usage_internal({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15})
        what, text = self.turns.pop(0)
        if what == "say":
            return text
        function = {"name": what, "arguments": {"q": text}}
        return [{"id": f"c{len(self.turns)}", "type": "function", "function": function}]


def crew_of(turns, work):
    @as_tool("lookup")
    def lookup(q: str) -> str:
        """Looks things up."""
        return work(q)

    lookup.cache_function = lambda arguments, result: False
    llm = Scripted(model="scripted", turns=list(turns))
    worker = Agent(role="a", goal="g", backstory="Be brief.", llm=llm, tools=[lookup], max_iter=60, cache=False)
    task = Task(description="hello", expected_output="an answer", agent=worker)
    return Crew(agents=[worker], tasks=[task], cache=False)


class CrewAI(Misbehaviours, unittest.TestCase):
    prompt_seat = False
    # CrewAI ends an agent at the fifth identical call by itself.
    identical_calls = 4

    def play(self, sentinel, turns, tool):
        crew = crew_of(turns, tool)
        if sentinel is None:
            return crew.kickoff().raw
        with watched(sentinel):
            return crew.kickoff().raw


class AtALevel(Levels, unittest.TestCase):
    def play_in(self, thread, sentinel, turns, tool):
        with watched(sentinel, thread_id=thread):
            return crew_of(turns, tool).kickoff().raw


del Misbehaviours, Levels

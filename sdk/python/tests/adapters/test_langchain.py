import asyncio
import unittest

try:
    from langchain.agents import create_agent
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, ToolMessage
    from langchain_core.outputs import ChatGeneration, ChatResult
    from langchain_core.tools import tool as as_tool
    from langgraph.checkpoint.memory import InMemorySaver
except ImportError as missing:
    raise unittest.SkipTest(f"langchain is not installed: {missing}") from missing

from sentinel_agents import hash_text
from sentinel_agents.adapters.langchain import SentinelMiddleware

from .misbehaviours import Misbehaviours, look, run, say


class Scripted(BaseChatModel):
    turns: list
    seen: list = []
    temperature: float = 0.9

    @property
    def _llm_type(self):
        return "scripted"

    def bind_tools(self, tools, **more):
        return self.bind(**more)

    def _generate(self, messages, stop=None, run_manager=None, **more):
        self.seen.append((messages, more))
        what, text = self.turns.pop(0)
        usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
        calls = [] if what == "say" else [{"name": what, "args": {"q": text}, "id": f"c{len(self.turns)}"}]
        message = AIMessage(content=text if what == "say" else "", tool_calls=calls, usage_metadata=usage)
        return ChatResult(generations=[ChatGeneration(message=message)])


def agent(sentinel, turns, work, **more):
    @as_tool
    def lookup(q: str) -> str:
        """Looks things up."""
        return work(q)

    middleware = [SentinelMiddleware(sentinel)] if sentinel else []
    model = Scripted(turns=list(turns), seen=[])
    made = create_agent(model, [lookup], system_prompt="Be brief.", middleware=middleware, **more)
    return made, model


class Sync(Misbehaviours, unittest.TestCase):
    tool_errors_end_runs = True

    def play(self, sentinel, turns, tool):
        made, _ = agent(sentinel, turns, tool)
        return made.invoke({"messages": [("user", "hello")]}, {"recursion_limit": 100})["messages"][-1].content

    def test_the_same_thread_goes_on_after_the_release(self):
        sentinel = self.watch()

        def tool(q):
            self.server.direct("a", status="quarantined")
            self.server.until_heard(2)
            return "found"

        made, _ = agent(sentinel, [look("a"), say("resumed")], tool, checkpointer=InMemorySaver())
        thread = {"configurable": {"thread_id": "t"}}
        stopped = made.invoke({"messages": [("user", "hello")]}, thread)["messages"][-1]
        self.assertTrue(stopped.response_metadata["sentinel"]["stopped"])
        self.server.direct("a", status="run")
        self.server.until_enforced(3)
        resumed = made.invoke({"messages": [("user", "go on")]}, thread)["messages"]
        self.assertEqual(resumed[-1].content, "resumed")
        calls = [c["id"] for m in resumed if isinstance(m, AIMessage) for c in m.tool_calls]
        self.assertEqual(calls, [m.tool_call_id for m in resumed if isinstance(m, ToolMessage)])

    def test_an_earlier_prompt_and_a_lower_temperature(self):
        sentinel = self.watch(known_prompts=["Old."])
        reduced = {"level": "reduced", "max_model_calls": None, "max_tool_calls": None, "temperature": 0.1}
        self.server.direct("a", prompt={"rollback_to": hash_text("Old.")}, autonomy=reduced)
        self.server.until_enforced(2)
        made, model = agent(sentinel, [say("done")], self.tool)
        made.invoke({"messages": [("user", "hello")]})
        messages, settings = model.seen[0]
        self.assertEqual((messages[0].content, settings["temperature"]), ("Old.", 0.1))
        sentinel.flush()
        self.assertEqual(self.server.of("model_call")[0]["prompt_hash"], hash_text("Old."))

    def test_a_run_that_meets_the_recursion_limit_is_an_error(self):
        sentinel = self.watch()
        made, _ = agent(sentinel, [look(str(n)) for n in range(20)], self.tool)
        with self.assertRaisesRegex(Exception, "[Rr]ecursion limit"):
            made.invoke({"messages": [("user", "hello")]}, {"recursion_limit": 9})
        self.server.until(lambda: self.server.of("run_end"))
        self.assertEqual(self.server.of("run_end")[0]["error_type"], "GraphRecursionError")


class Async(Misbehaviours, unittest.TestCase):
    tool_errors_end_runs = True

    def play(self, sentinel, turns, tool):
        made, _ = agent(sentinel, turns, tool)
        asked = made.ainvoke({"messages": [("user", "hello")]}, {"recursion_limit": 100})
        return run(asked)["messages"][-1].content

    def test_a_killed_thread_goes_on_after_the_release_and_repeats_nothing_in_another_process_either(self):
        begun, saver = [], InMemorySaver()

        def middleware():
            sentinel = self.watch()
            return sentinel, [SentinelMiddleware(sentinel)]

        @as_tool
        async def charge(q: str) -> str:
            """Charges a card."""
            begun.append(q)
            if len(begun) == 1:
                self.server.direct("a", status="quarantined", level="kill")
                await asyncio.sleep(60)
            return "charged"

        def play(turns, middleware, text):
            made = create_agent(Scripted(turns=turns, seen=[]), [charge], middleware=middleware, checkpointer=saver)
            asked = made.ainvoke({"messages": [("user", text)]}, {"configurable": {"thread_id": "t"}})
            return run(asked)["messages"]

        first, seat = middleware()
        stopped = play([("charge", "5"), say("never")], seat, "hello")
        self.assertTrue(stopped[-1].response_metadata["sentinel"]["stopped"])
        self.assertIn("Whether it took effect is unknown", stopped[-2].content)
        self.server.until_enforced(2)
        first.close()
        self.server.direct("a", status="run", level=None)
        second, seat = middleware()
        self.server.until_enforced(3)
        resumed = play([("charge", "5"), say("checked instead")], seat, "go on")
        self.assertEqual(resumed[-1].content, "checked instead")
        self.assertIn("an earlier call of charge", resumed[-2].content)
        self.assertEqual(begun, ["5"])
        second.flush()
        self.assertEqual([e["outcome"] for e in self.server.of("tool_call")], ["unknown"])


del Misbehaviours

import unittest

try:
    from agent_framework import (
        Agent,
        BaseChatClient,
        ChatMiddlewareLayer,
        ChatResponse,
        ChatResponseUpdate,
        Content,
        FunctionInvocationLayer,
        Message,
        ResponseStream,
        UsageDetails,
        tool,
    )
except ImportError as missing:
    raise unittest.SkipTest(f"agent-framework-core is not installed: {missing}") from missing

from sentinel_agents.adapters.agent_framework import sentinel_middleware

from .misbehaviours import Misbehaviours, run, say


class Scripted(FunctionInvocationLayer, ChatMiddlewareLayer, BaseChatClient):
    def __init__(self, turns, **more):
        super().__init__(**more)
        self.turns = list(turns)
        self.seen = []

    def _inner_get_response(self, *, messages, stream, options, **more):
        self.seen.append(options)
        what, text = self.turns.pop(0)
        call = Content.from_function_call(f"c{len(self.turns)}", what, arguments={"q": text})
        content = Content.from_text(text) if what == "say" else call
        usage = UsageDetails(input_token_count=10, output_token_count=5, total_token_count=15)

        async def answer():
            return ChatResponse(messages=[Message("assistant", [content])], usage_details=usage)

        async def updates():
            yield ChatResponseUpdate(role="assistant", contents=[content, Content.from_usage(usage)])

        return ResponseStream(updates(), finalizer=ChatResponse.from_updates) if stream else answer()


def agent(sentinel, turns, work, **more):
    @tool(approval_mode="never_require")
    def lookup(q: str) -> str:
        """Looks things up."""
        return work(q)

    client = Scripted(turns, function_invocation_configuration={"max_iterations": 60})
    middleware = [sentinel_middleware(sentinel)] if sentinel else []
    made = Agent(client=client, instructions="Be brief.", tools=[lookup], middleware=middleware, **more)
    return made, client


class Plain(Misbehaviours, unittest.TestCase):
    prompt_seat = False

    def play(self, sentinel, turns, tool):
        made, _ = agent(sentinel, turns, tool)
        return run(made.run("hello")).text

    def test_a_lower_temperature(self):
        sentinel = self.watch()
        reduced = {"level": "reduced", "max_model_calls": None, "max_tool_calls": None, "temperature": 0.1}
        self.server.direct("a", autonomy=reduced)
        self.server.until_enforced(2)
        made, client = agent(sentinel, [say("done")], self.tool, default_options={"temperature": 0.9})
        run(made.run("hello"))
        self.assertEqual(client.seen[0]["temperature"], 0.1)


class Streamed(Misbehaviours, unittest.TestCase):
    prompt_seat = False

    def play(self, sentinel, turns, tool):
        made, _ = agent(sentinel, turns, tool)

        async def main():
            stream = made.run("hello", stream=True)
            async for _ in stream:
                pass
            return (await stream.get_final_response()).text

        return run(main())


del Misbehaviours

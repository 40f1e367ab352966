"""One run of an agent as the official SDK sends it: a failed tool call between two model calls, below a span of the agent.

The arguments are the endpoint, the ingest key, the agent's name, the convention's age and the compression. Prints the trace's id.
"""

import sys

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, format_trace_id

AGES = {
    "new": ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", {"gen_ai.provider.name": "openai"}),
    "old": ("gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens", {"gen_ai.system": "openai"}),
    "openinference": (
        "llm.token_count.prompt",
        "llm.token_count.completion",
        {"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o"},
    ),
}


def main(url: str, key: str, agent: str, age: str, compression: str) -> None:
    exporter = OTLPSpanExporter(
        endpoint=f"{url}/v1/traces",
        headers={"authorization": f"Bearer {key}"} if key else None,
        compression=Compression(compression),
        timeout=30,
    )
    provider = TracerProvider(resource=Resource.create({"service.name": agent}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    input_tokens, output_tokens, more = AGES[age]
    with tracer.start_as_current_span("invoke_agent", attributes={"gen_ai.operation.name": "invoke_agent"}) as root:
        call = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", input_tokens: 1000, output_tokens: 100}
        for _ in range(2):
            tracer.start_span("chat gpt-4o", kind=SpanKind.CLIENT, attributes={**call, **more}).end()
        tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}
        span = tracer.start_span("execute_tool search", attributes=tool)
        span.set_status(Status(StatusCode.ERROR))
        span.end()
    provider.shutdown()
    print(format_trace_id(root.get_span_context().trace_id))


main(*sys.argv[1:])

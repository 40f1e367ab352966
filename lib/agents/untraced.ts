import { BaseCallbackHandler } from "@langchain/core/callbacks/base";

/**
 * LangChain sends whatever it handles to LangSmith when the environment has LANGSMITH_TRACING or its older names, perhaps from
 * another project. The graph's state holds evidence before it is redacted, which must not leave. A tracer is only added
 * where none is there yet, by this name; this one does nothing.
 */
class NoTracer extends BaseCallbackHandler {
  name = "langchain_tracer";

  /** What the library asks a tracer for: the run to continue. There is none. */
  getRunTreeWithTracingConfig(): undefined {
    return undefined;
  }
}

export const UNTRACED = [new NoTracer()];

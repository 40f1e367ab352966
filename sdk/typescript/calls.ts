import type { Ticket } from "./gate.js";
import { canonicalJson, hashText } from "./hash.js";
import { costOf, type Price } from "./prices.js";
import { quietly } from "./quietly.js";
import { readError, wasCancelled } from "./reading.js";
import { type Run, use } from "./runs.js";
import type { AgentEvent, SideEffect } from "./wire.js";

/** Fields of an event (docs/api.md), such as `input_tokens` or `http_status`. */
export type Told = Partial<AgentEvent>;

/** One call past the gate, from its admission to its report. */
export interface Call {
  readonly run: Run | undefined;
  /** Aborts once the call is to end and has not within the grace. */
  readonly signal: AbortSignal;
  /** Adds to what will be reported. */
  record(fields: Told): void;
  /** Reports the call, once. One that the host cancelled is not reported: it says nothing about the agent. */
  finish(error?: unknown): void;
  /** Ends the call without a report: nobody knows how it went. */
  abandon(): void;
}

export interface ModelCall extends Call {
  /** What to send: the host's own, unless the directive asks for others. */
  prompt: unknown;
  temperature: number | undefined;
  /** Whether the directive replaced the prompt, and lowered the temperature. */
  rolledBack: boolean;
  lowered: boolean;
}

export interface ToolCall extends Call {
  readonly tool: string;
  /** The tool and its arguments as one hash. */
  readonly action: string;
  readonly idempotencyKey: string | undefined;
  /** Whether it was cut off, so that nobody knows whether it took effect. Then it has been reported. */
  outcomeUnknown: boolean;
  /** What the tool gave back: its hash and size are reported, never the text. */
  result(result: unknown): void;
  /** The tool answered, but with an error of its own. */
  failed(errorType?: string): void;
}

/** What calls need of their guard. `now` is monotonic ms. */
export interface Desk {
  now: () => number;
  enter: (tool?: string) => Ticket;
  report: (event: Told, run: Run | undefined) => void;
  prices: Record<string, Price> | undefined;
  sideEffects: Record<string, SideEffect> | undefined;
  /** A tool call was cut off: whether it took effect, nobody knows. */
  cutOff: (call: ToolCall) => void;
}

interface Parts {
  kind: "model_call" | "tool_call";
  tool?: string;
  /** Called when the call is cut off while it is open: it is reported at once, with this. Without it, its end is, whenever that comes. */
  cutOff?: (() => Told) | undefined;
  retries: number;
  /** Adds what follows from what was told. */
  complete: (event: Told) => void;
  settle: (run: Run, event: Told) => void;
}

function openCall(desk: Desk, run: Run | undefined, { kind, tool, cutOff, retries, complete, settle }: Parts): Call {
  const ticket = desk.enter(tool);
  const began = desk.now();
  const told: Told = {};
  let open = true;
  let reported = false;
  function leave(): boolean {
    if (!open) return false;
    open = false;
    if (run) {
      run.inFlight--;
      run.lastSeenAt = desk.now();
      run.openCalls.delete(call);
    }
    return true;
  }
  const call: Call = {
    run,
    signal: ticket.signal,
    record: (fields) => void Object.assign(told, fields),
    finish(error) {
      if (!leave()) return;
      quietly(() => {
        if (reported) return;
        if (error !== undefined && wasCancelled(error) && !ticket.signal.aborted) return;
        const event: Told = { kind, latency_ms: desk.now() - began, retries, success: error === undefined };
        if (error !== undefined) {
          const { errorType, httpStatus } = readError(error);
          Object.assign(event, { error_type: errorType, http_status: httpStatus });
        }
        Object.assign(event, told);
        complete(event);
        if (run) settle(run, event);
        desk.report(event, run);
      });
      ticket.end();
    },
    abandon() {
      if (leave()) ticket.end();
    },
  };
  if (run) {
    run.inFlight++;
    run.openCalls.add(call);
  }
  const struck = () => {
    if (!open || !cutOff) return;
    reported = true;
    quietly(() => {
      const event: Told = { kind, latency_ms: desk.now() - began, retries, ...told, ...cutOff() };
      complete(event);
      desk.report(event, run);
    });
  };
  ticket.signal.addEventListener("abort", struck, { once: true });
  return call;
}

/** A model call that was admitted. `sent`: the prompt and temperature, and what the directive changed of them. */
export function openModelCall(
  desk: Desk,
  run: Run | undefined,
  about: Told,
  sent: Pick<ModelCall, "prompt" | "temperature" | "rolledBack" | "lowered">,
): ModelCall {
  if (run) use(run, { modelCalls: 1 });
  const call = openCall(desk, run, {
    kind: "model_call",
    retries: run?.modelFailures ?? 0,
    complete(event) {
      const { input_tokens: input, output_tokens: output } = event;
      const price = desk.prices?.[event.response_model ?? ""] ?? desk.prices?.[event.model ?? ""];
      if (input !== undefined && output !== undefined) event.token_count ??= input + output;
      event.cost ??= costOf(price, {
        inputTokens: input,
        outputTokens: output,
        cachedInputTokens: event.cached_input_tokens,
        cacheWriteTokens: event.cache_write_tokens,
      });
    },
    settle(of, event) {
      of.modelFailures = event.success ? 0 : of.modelFailures + 1;
      use(of, { inputTokens: event.input_tokens, outputTokens: event.output_tokens, cost: event.cost });
    },
  });
  call.record(about);
  return Object.assign(call, sent);
}

/** A tool call that was admitted. */
export function openToolCall(
  desk: Desk,
  run: Run | undefined,
  { tool, action, idempotencyKey }: Pick<ToolCall, "tool" | "action" | "idempotencyKey">,
): ToolCall {
  const side = desk.sideEffects?.[tool];
  const retries = run?.toolFailures.get(tool) ?? 0;
  if (run) {
    use(run, { toolCalls: 1 });
    run.identical.set(action, (run.identical.get(action) ?? 0) + 1);
  }
  const call = openCall(desk, run, {
    kind: "tool_call",
    tool,
    // What only reads can be read again.
    cutOff:
      side === "read"
        ? undefined
        : () => {
            opened.outcomeUnknown = true;
            desk.cutOff(opened);
            return { outcome: "unknown" };
          },
    retries,
    complete(event) {
      Object.assign(event, { tool, action_hash: action, ...(side && { side_effect: side }) });
    },
    settle(of, event) {
      of.toolFailures.set(tool, event.success ? 0 : retries + 1);
      const result = event.result_hash ?? event.error_type ?? "";
      // Another result than before: no loop, the count starts again.
      if ((of.results.get(action) ?? result) !== result) {
        of.identical.set(action, 1);
        of.toldOf.delete(action);
      }
      of.results.set(action, result);
    },
  });
  const opened: ToolCall = Object.assign(call, {
    tool,
    action,
    idempotencyKey,
    outcomeUnknown: false,
    result(result: unknown) {
      quietly(() => {
        const written = typeof result === "string" ? result : canonicalJson(result);
        call.record({ result_hash: hashText(written), result_bytes: Buffer.byteLength(written) });
      });
    },
    failed: (errorType = "tool_error") => call.record({ success: false, error_type: errorType }),
  });
  return opened;
}

import { median } from "simple-statistics";
import type { AgentEvent } from "@/lib/contracts/event";
import { encode } from "@/lib/ingest/otlp/encode-fixture";
import { machine, writeResult } from "../results";
import { Samples } from "./samples";
import { caughtUp, type SentinelServer, startSentinel } from "./sentinel";

/** What OTLP has to reach of the rate of native ingest, in one run, detection on. */
const TARGET = 0.5;
const ROUNDS = 5;
const AGENTS = 50;
/** A body: as many calls either way. */
const BATCH = { agents: 25, each: 40 };
const BODIES = 20;
const CONNECTIONS = 3;
const TIMEOUT_MS = 60_000;

const nanos = (at: number) => `${at}000000`;
let spans = 0;

/** The same calls as spans of the GenAI conventions: one resource an agent, one session each. */
function asSpans(events: readonly Partial<AgentEvent>[]): Uint8Array {
  const calls = events.filter(({ kind }) => kind === "model_call");
  const agents = [...new Set(calls.map(({ agent_id }) => agent_id!))];
  return encode("traces", {
    resourceSpans: agents.map((agent) => ({
      resource: { attributes: attributes({ "service.name": `otlp-${agent}` }) },
      scopeSpans: [{ scope: { name: "bench" }, spans: calls.filter(({ agent_id }) => agent_id === agent).map(span) }],
    })),
  });
}

function span(event: Partial<AgentEvent>) {
  const id = (++spans).toString(16);
  const at = Number(event.timestamp);
  return {
    traceId: String(event.agent_id).replace(/\D/g, "").padStart(32, "0"),
    spanId: id.padStart(16, "0"),
    name: `chat ${event.model}`,
    kind: 3,
    startTimeUnixNano: nanos(Math.round(at - (event.latency_ms ?? 0))),
    endTimeUnixNano: nanos(at),
    attributes: attributes({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": event.provider ?? "bench",
      "gen_ai.request.model": event.model ?? "bench",
      "gen_ai.conversation.id": event.agent_id!,
      "gen_ai.usage.input_tokens": Math.round(event.input_tokens ?? 0),
      "gen_ai.usage.output_tokens": Math.round(event.output_tokens ?? 0),
      "server.address": "models.example.com",
    }),
  };
}

const attributes = (of: Record<string, string | number>) =>
  Object.entries(of).map(([key, value]) => ({
    key,
    value: typeof value === "string" ? { stringValue: value } : { intValue: value },
  }));

/** Calls a second, from the first body until the last event of them is judged. */
async function rate(
  sentinel: SentinelServer,
  path: string,
  type: string,
  bodies: readonly { bytes: Uint8Array; calls: number }[],
): Promise<number> {
  const began = performance.now();
  const left = [...bodies];
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (let body = left.pop(); body; body = left.pop()) {
        const answer = await fetch(sentinel.server.url + path, {
          method: "POST",
          headers: { authorization: `Bearer ${sentinel.key}`, "content-type": type },
          body: body.bytes as BodyInit,
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
        await answer.arrayBuffer();
      }
    }),
  );
  await caughtUp(sentinel);
  const seconds = (performance.now() - began) / 1_000;
  return bodies.reduce((sum, { calls }) => sum + calls, 0) / seconds;
}

/** OTLP spans, protobuf, beside native batches, one after the other in each round; prints the ratio. True: it reaches the target. */
export async function benchOtlp(nextBin: string, write: boolean): Promise<boolean> {
  const sentinel = await startSentinel(nextBin);
  try {
    const samples = new Samples(AGENTS, Date.now() - 1_000);
    let sent = 0;
    const next = () =>
      samples
        .batch(sent++ * BATCH.agents, BATCH.agents, BATCH.each, Date.now())
        .filter(({ kind }) => kind === "model_call");
    const native = () => {
      const events = next();
      return { bytes: Buffer.from(JSON.stringify({ events })), calls: events.length };
    };
    const otlp = () => {
      const events = next();
      return { bytes: asSpans(events), calls: events.length };
    };
    const many = (make: () => { bytes: Uint8Array; calls: number }) => Array.from({ length: BODIES }, make);
    const rounds: { native: number; otlp: number }[] = [];
    for (let i = 0; i <= ROUNDS; i++) {
      const round = {
        native: await rate(sentinel, "/api/v1/ingest", "application/json", many(native)),
        otlp: await rate(sentinel, "/v1/traces", "application/x-protobuf", many(otlp)),
      };
      // The first warms the server up.
      if (i > 0) rounds.push(round);
    }
    const ratio = median(rounds.map((round) => round.otlp / round.native));
    for (const round of rounds)
      console.log(`native ${round.native.toFixed(0)}/s, OTLP ${round.otlp.toFixed(0)}/s, ratio ${(round.otlp / round.native).toFixed(2)}`); // prettier-ignore
    console.log(`OTLP spans (protobuf) at ${ratio.toFixed(2)} of native ingest, judged; target ${TARGET}`);
    if (write)
      writeResult("bench-otlp", {
        title: "OTLP beside native ingest",
        command: "npm run bench -- otlp",
        measured_at: new Date().toISOString(),
        machine: machine(),
        rows: [
          {
            what: "calls a second as OTLP spans (protobuf), judged, of native batches",
            target: `at least ${TARGET}`,
            measured: ratio.toFixed(2),
            ok: ratio >= TARGET,
          },
        ],
      });
    return ratio >= TARGET;
  } finally {
    await sentinel.stop();
  }
}

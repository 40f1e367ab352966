import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { quantileSorted } from "simple-statistics";
import { createKey } from "@/lib/auth/keys";
import { childEnv } from "@/lib/env";
import { machine, writeResult } from "../results";
import { startSentinel } from "./sentinel";

/** What the gateway may add to an answer's first byte and to its last, in ms. */
const TARGET = { p50: 3, p99: 15 };
/** Requests of each way, after some to warm up; both ways take turns, so that both meet the same machine. */
const PAIRS = 1_500;
const WARM_UP = 200;
/** Agents that ask at once, and how long each thinks between two requests, in ms: some hundred requests a second. */
const AGENTS = 8;
const THINK_MS = 20;
const TIMEOUT_MS = 30_000;
/** What an agent sends: a conversation of so many bytes, and tools. */
const CONVERSATION_BYTES = 20_000;

interface Times {
  first: number[];
  whole: number[];
}

const BODY = JSON.stringify({
  model: "claude-sonnet-4-5",
  stream: true,
  max_tokens: 1_000,
  messages: Array.from({ length: 20 }, () => ({ role: "user", content: "word ".repeat(CONVERSATION_BYTES / 20 / 5) })),
  tools: ["Bash", "Read", "Write"].map((name) => ({ name, input_schema: { type: "object", properties: {} } })),
});
const agent = new Agent({ keepAlive: true });

/** Milliseconds until the first and until the last byte of the answer. */
function ask(url: string, key: string): Promise<[first: number, whole: number]> {
  return new Promise((done, fail) => {
    const began = performance.now();
    const sent = request(
      url,
      {
        method: "POST",
        agent,
        timeout: TIMEOUT_MS,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(BODY), "x-api-key": key },
      },
      (answer) => {
        let first = 0;
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => {
          first ||= performance.now() - began;
          text += part;
        });
        answer.once("end", () =>
          answer.statusCode === 200 && text.includes("message_stop")
            ? done([first, performance.now() - began])
            : fail(new Error(`${url} answered ${answer.statusCode}: ${text.slice(0, 200)}`)),
        );
      },
    );
    sent.once("timeout", () => sent.destroy(new Error(`${url} did not answer`))).once("error", fail);
    sent.end(BODY);
  });
}

async function measure(direct: string, through: string, keys: string[], pairs: number) {
  const times = { direct: { first: [], whole: [] } as Times, through: { first: [], whole: [] } as Times };
  let left = pairs;
  await Promise.all(
    keys.map(async (key) => {
      while (left-- > 0)
        for (const [way, url] of [["direct", direct], ["through", through]] as const) {
          const [first, whole] = await ask(url, key);
          times[way].first.push(first);
          times[way].whole.push(whole);
          await wait(THINK_MS);
        } // prettier-ignore
    }),
  );
  return times;
}

/**
 * Streams through the gateway and straight from the same upstream, by turns. What is added at a quantile is the difference of the
 * two quantiles. True: as little as it has to be, at the first byte and at the last.
 */
export async function benchGateway(nextBin: string, write: boolean): Promise<boolean> {
  const upstream = fork(new URL("./gateway-upstream.ts", import.meta.url), {
    execArgv: ["--import", "tsx"],
    env: childEnv({}),
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const [port] = (await once(upstream, "message")) as [number];
  const base = `http://127.0.0.1:${port}`;
  const sentinel = await startSentinel(nextBin, { GATEWAY_ANTHROPIC_URL: base, GATEWAY_ANTHROPIC_KEY: "bench" });
  try {
    const keys: string[] = [];
    for (let i = 0; i < AGENTS; i++)
      keys.push((await createKey(sentinel.db, { name: `gateway-${i}`, agentId: `gateway-${i}`, scopes: ["gateway"], createdBy: "bench" }, Date.now())).secret); // prettier-ignore
    const through = `${sentinel.server.url}/api/gateway/anthropic/v1/messages`;
    const direct = `${base}/v1/messages`;
    await measure(direct, through, keys, WARM_UP);
    const times = await measure(direct, through, keys, PAIRS);
    const at = (share: number, list: number[]) => quantileSorted(list.toSorted((a, b) => a - b), share); // prettier-ignore
    const rows = (["first", "whole"] as const).map((what) => {
      const of = (share: number) => ({ direct: at(share, times.direct[what]), through: at(share, times.through[what]) }); // prettier-ignore
      const [p50, p99] = [of(0.5), of(0.99)];
      const added = { p50: p50.through - p50.direct, p99: p99.through - p99.direct };
      return { what: what === "first" ? "first byte" : "whole answer", p50, p99, added };
    });
    const ms = (n: number) => n.toFixed(1);
    const lines = rows.flatMap(({ what, p50, p99, added }) => [
      [`${what}, straight from the upstream, p50 / p99, ms`, `${ms(p50.direct)} / ${ms(p99.direct)}`, null],
      [`${what}, through the gateway, p50 / p99, ms`, `${ms(p50.through)} / ${ms(p99.through)}`, null],
      [`${what}, added, p50 / p99, ms`, `${ms(added.p50)} / ${ms(added.p99)}`, added.p50 <= TARGET.p50 && added.p99 <= TARGET.p99], // prettier-ignore
    ]) as [string, string, boolean | null][];
    console.log(`${AGENTS} agents, ${PAIRS} requests of ${BODY.length} bytes each way\n`);
    for (const [name, value] of lines) console.log(`${name.padEnd(58)} ${value}`);
    const ok = lines.every(([, , good]) => good !== false);
    if (write)
      writeResult("bench-gateway", {
        title: "Latency added by the gateway",
        command: "npm run bench -- gateway",
        measured_at: new Date().toISOString(),
        machine: machine(),
        rows: lines.map(([what, measured, good]) => ({
          what,
          target: good === null ? "reported" : `at most ${TARGET.p50} / ${TARGET.p99}`,
          measured,
          ok: good,
        })),
      });
    console.log(ok ? "\nok" : `\nMISSED: more than ${TARGET.p50} / ${TARGET.p99} ms added`);
    return ok;
  } finally {
    upstream.disconnect();
    agent.destroy();
    await sentinel.stop();
  }
}

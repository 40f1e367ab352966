import { Agent, request } from "node:http";
import type { HookAsk, HookLoad, HookTimes } from "./hooks";

const TIMEOUT_MS = 30_000;
/** Asks are begun at this pace whether or not the ones before were answered, in ms between two looks at the clock. */
const TICK_MS = 2;

// A process of its own: whoever sends batches must not slow down those that ask.
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** Time from when an ask was due until its answer was read, in ms, and whether it was the right one. */
function ask(
  { url, key }: HookLoad,
  { body, denied, user }: HookAsk,
  due: number,
): Promise<[ms: number, right: boolean]> {
  return new Promise((done) => {
    const end = (right: boolean) => done([performance.now() - due, right]);
    const sent = request(
      `${url}/api/v1/hooks/claude-code`,
      {
        method: "POST",
        agent,
        timeout: TIMEOUT_MS,
        headers: {
          authorization: `Bearer ${key}`,
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          "x-sentinel-user": user,
        },
      },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer.once("end", () => end(answer.statusCode === 200 && text.includes('"deny"') === denied));
      },
    );
    sent.once("timeout", () => sent.destroy()).once("error", () => end(false));
    sent.end(body);
  });
}

process.once("message", async (load: HookLoad) => {
  const began = performance.now();
  const asked: Promise<[number, boolean]>[] = [];
  const every = 1_000 / load.perSecond;
  await new Promise<void>((done) => {
    const timer = setInterval(() => {
      const now = performance.now();
      while (asked.length < load.asks.length && began + asked.length * every <= now)
        asked.push(ask(load, load.asks[asked.length]!, began + asked.length * every));
      if (asked.length < load.asks.length) return;
      clearInterval(timer);
      done();
    }, TICK_MS);
  });
  const answers = await Promise.all(asked);
  const times: HookTimes = { ms: answers.map(([ms]) => ms), wrong: answers.filter(([, right]) => !right).length };
  process.send!(times, () => process.exit(0));
});

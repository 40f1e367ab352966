import { setInterval } from "node:timers";
import { parseExposition } from "./exposition";
import { keyOf, type Labels, NAME, type Store } from "./store";

export interface ScrapeTarget {
  /** host:port; `/metrics` is read. */
  address: string;
  job: string;
  labels: Labels;
}

export interface ScrapeState {
  labels: Labels;
  health: "up" | "down" | "unknown";
  error: string;
  lastScrape: number | null;
}

/** A larger answer is not read to its end. */
const MAX_BYTES = 10_000_000;

/**
 * Reads one target's metrics now and appends them, with `up` and how long it took. What a target says of `job`, `instance` or
 * another label that it has here already is kept as `exported_…`, as Prometheus does. Series that were there before and are
 * not now are ended; when the scrape fails all of them are.
 */
export function createScraper(target: ScrapeTarget, store: Store, timeoutMs: number) {
  const own: Labels = { instance: target.address, job: target.job, ...target.labels };
  const state: ScrapeState = { labels: own, health: "unknown", error: "", lastScrape: null };
  let before = new Map<string, Labels>();

  const merged = (labels: Labels): Labels => ({
    ...Object.fromEntries(
      Object.entries(labels).map(([name, value]) => [name in own ? `exported_${name}` : name, value]),
    ),
    ...own,
  });

  async function read(): Promise<Map<string, { labels: Labels; value: number }>> {
    const answer = await fetch(`http://${target.address}/metrics`, {
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "error",
      headers: { accept: "text/plain;version=0.0.4" },
    });
    if (!answer.ok) throw new Error(`the target answered ${answer.status}`);
    const samples = parseExposition(await textOf(answer));
    return new Map(
      samples.map(({ name, labels, value }) => {
        const all = { ...merged(labels), [NAME]: name };
        return [keyOf(all), { labels: all, value }];
      }),
    );
  }

  async function scrape(at: number): Promise<void> {
    const began = performance.now();
    let now = new Map<string, { labels: Labels; value: number }>();
    try {
      now = await read();
      const kept = [...now.values()].filter(({ labels, value }) => store.append(labels, at, value)).length;
      state.health = "up";
      state.error = kept < now.size ? `series limit reached; ${now.size - kept} series dropped` : "";
    } catch (error) {
      state.health = "down";
      state.error = error instanceof Error ? error.message : String(error);
    }
    for (const [key, labels] of before) if (!now.has(key)) store.end(labels, at);
    before = new Map([...now].map(([key, { labels }]) => [key, labels]));
    state.lastScrape = at;
    store.append({ ...own, [NAME]: "up" }, at, state.health === "up" ? 1 : 0);
    store.append({ ...own, [NAME]: "scrape_duration_seconds" }, at, (performance.now() - began) / 1000);
  }
  return { scrape, state };
}

async function textOf(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Error(`the target's metrics are longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Runs a turn now and then every so often, never two at once; a turn that takes longer leaves one out. */
export function every(ms: number, turn: () => Promise<void>): { stop: () => Promise<void> } {
  let running: Promise<void> | null = null;
  const go = () => (running ??= turn().finally(() => (running = null)));
  const timer = setInterval(() => void go(), ms);
  void go();
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

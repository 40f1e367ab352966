import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Labels } from "@/lib/scrape/store";
import type { Child } from "./children";
import { type Monitoring, startMonitoring } from "./monitoring";
import { superviseTarget, type TargetSupervisor } from "./target-supervisor";

const LOOK_EVERY_MS = 100;
const COMES_WITHIN_MS = 3 * 60_000;

async function until(what: string, so: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + COMES_WITHIN_MS; Date.now() < deadline; await wait(LOOK_EVERY_MS))
    if (await so()) return;
  throw new Error(`never came: ${what}`);
}

export interface Told {
  path: string;
  token: string | undefined;
  body: { version: string; status: string; alerts: { status: string; labels: Labels; startsAt: string; endsAt: string; fingerprint: string }[] }; // prettier-ignore
}
export type Result = { metric: Labels; value?: [number, string]; values?: [number, string][] }[];
export type Kind = Monitoring["kind"];

/** A service under traffic, and what measures it and tells a webhook: the built-in scraper, a real Prometheus, or both. */
export class WatchedTarget {
  readonly told: Told[] = [];
  readonly target: TargetSupervisor;
  readonly #watched: Map<Kind, Monitoring>;
  readonly close: () => Promise<void>;

  private constructor(
    target: TargetSupervisor,
    watched: Map<Kind, Monitoring>,
    told: Told[],
    close: () => Promise<void>,
  ) {
    this.target = target;
    this.told = told;
    this.#watched = watched;
    this.close = close;
  }

  static async start(...kinds: Kind[]): Promise<WatchedTarget> {
    const folder = mkdtempSync(join(tmpdir(), "sentinel-monitoring-"));
    const tokenFile = join(folder, "webhook.token");
    writeFileSync(tokenFile, "a-token", { mode: 0o600 });
    const told: Told[] = [];
    const webhook = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on("end", () => {
        told.push({
          path: request.url ?? "",
          token: request.headers.authorization,
          body: JSON.parse(text) as Told["body"],
        });
        response.end("{}");
      });
    });
    await new Promise<void>((resolve) => webhook.listen(0, "127.0.0.1", resolve));
    const target = await superviseTarget({ folder, perSecond: 10 });
    const children: Child[] = [];
    const watched = new Map<Kind, Monitoring>();
    for (const kind of kinds) {
      const url = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/${kind}`;
      const given = {
        folder: join(folder, kind),
        target: new URL(target.status().url).host,
        webhook: { url, tokenFile },
        keep: (child: Child) => (children.push(child), child),
        say: () => {},
      };
      watched.set(kind, await startMonitoring(given, kind === "built-in"));
    }
    return new WatchedTarget(target, watched, told, async () => {
      for (const child of children.toReversed()) await child.stop();
      for (const monitoring of watched.values()) await monitoring.stop();
      await target.close();
      webhook.closeAllConnections();
      webhook.close();
      rmSync(folder, { recursive: true });
    });
  }

  ask = async (kind: Kind, path: string, query: Record<string, string>) => {
    const answer = await fetch(
      `${this.#watched.get(kind)?.url}/api/v1/${path}?${new URLSearchParams(query).toString()}`,
    );
    return { status: answer.status, body: (await answer.json()) as { data?: { result: Result }; error?: string } };
  };

  values = async (kind: Kind, query: string, time = Date.now() / 1_000) =>
    ((await this.ask(kind, "query", { query, time: String(time) })).body.data?.result ?? []).map((r) =>
      Number(r.value?.[1]),
    );

  /** Waits until the target was scraped this many times more. */
  scraped = async (kind: Kind, times: number): Promise<void> => {
    const last = async () => {
      const { body } = await this.ask(kind, "targets", {});
      return (body.data as unknown as { activeTargets: { lastScrape: string }[] }).activeTargets[0]?.lastScrape;
    };
    const seen = new Set([await last()]);
    await until(`${times} scrapes by the ${kind}`, async () => seen.add(await last()).size > times);
  };

  /** What the webhook was told of an alert. */
  tellings = (kind: Kind, alert: string, status: string): Told[] =>
    this.told.filter(
      ({ path, body }) =>
        path === `/${kind}` && body.alerts.some((a) => a.labels["alertname"] === alert && a.status === status),
    );

  /** Crashes the target, waits until that is told, restarts it, waits until the end is told. */
  async crash(kind: Kind): Promise<[firing: Told, resolved: Told]> {
    const told = (status: string) => this.tellings(kind, "TargetDown", status);
    const crashed = Date.now();
    await fetch(`${this.target.status().url}/stress/crash`);
    await until("the crash is told", () => told("firing").length > 0);
    console.log(`${kind}: told ${((Date.now() - crashed) / 1_000).toFixed(1)} s after the crash`);
    await this.target.restart();
    await until("its end is told", () => told("resolved").length > 0);
    return [told("firing")[0]!, told("resolved")[0]!];
  }
}

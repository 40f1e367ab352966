import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { closeDb, type Db, getDb, write } from "@/lib/db/client";
import { listUnreadSources } from "@/lib/db/queries/unread-sources";
import { type Env, EnvError, env } from "@/lib/env";
import { couldNotLook, type Looked, unreadOf } from "@/lib/evidence/looked";
import { readiness } from "@/lib/runtime/health";
import { kubernetesOf, logSourcesOf, prometheusOf, repositoriesOf } from "@/lib/runtime/integrations";
import { print } from "./database";

type Verdict = "ok" | "warn" | "fail";
export interface Finding {
  what: string;
  verdict: Verdict;
  detail: string;
}

/** What Node has to be at least, and what a server is asked within, in ms. */
const NODE_FLOOR = [20, 19] as const;
const TIMEOUT_MS = 5_000;
/** Clocks further apart than this would make fresh events look late, in ms. */
const CLOCK_WARN_MS = 2_000;

/** `doctor`: is everything in order? Looks only; a database that is not there is not made. */
export function registerDoctor(program: Command): void {
  program
    .command("doctor")
    .description("Check environment, database, sweep, clock and sources of evidence; exit 1 if something is wrong")
    .option("--url <origin>", "also check the running server")
    .option("--json", "print JSON")
    .action(async (options: { url?: string; json?: boolean }) => {
      const findings = await examine(options.url);
      const lines = findings.map(({ verdict, what, detail }) => `${verdict.padEnd(4)}  ${what.padEnd(12)}  ${detail}`);
      print(options.json, { findings }, lines);
      if (findings.some(({ verdict }) => verdict === "fail")) process.exitCode = 1;
    });
}

async function examine(url: string | undefined): Promise<Finding[]> {
  const findings = [node()];
  try {
    const { LIBSQL_URL } = env();
    findings.push({ what: "environment", verdict: "ok", detail: `database at ${withoutSecrets(LIBSQL_URL)}` });
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    return [...findings, { what: "environment", verdict: "fail", detail: error.message }];
  }
  findings.push(...(await database()), ...(await sources(env())));
  if (url) findings.push(...(await server(url)));
  return findings;
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const enough = major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1]);
  return {
    what: "node",
    verdict: enough ? "ok" : "fail",
    detail: `${process.version}; at least ${NODE_FLOOR.join(".")} is needed, 22 or newer recommended`,
  };
}

async function database(): Promise<Finding[]> {
  const missing = missingFile(env().LIBSQL_URL);
  if (missing) return [{ what: "database", verdict: "fail", detail: `${missing} does not exist: start Sentinel once` }];
  try {
    const db = await getDb();
    const state = await migrated(db);
    if (state.verdict === "fail") return [state];
    return [state, await writable(db), await clock(db), await sweep(db), ...(await unread(db))];
  } catch (error) {
    return [{ what: "database", verdict: "fail", detail: said(error) }];
  } finally {
    await closeDb();
  }
}

/** Opening a local file would make it; a doctor only looks. */
function missingFile(url: string): string | null {
  if (!url.startsWith("file:")) return null;
  const path = url.startsWith("file://") ? fileURLToPath(url) : url.slice("file:".length);
  return existsSync(path) ? null : path;
}

/** Takes the write lock and changes nothing, so that a read-only file or a stuck writer is found. */
async function writable(db: Db): Promise<Finding> {
  const began = Date.now();
  try {
    await write(db, [{ sql: "DELETE FROM commit_guard", args: [] }]);
    return { what: "database", verdict: "ok", detail: `writable, ${Date.now() - began} ms` };
  } catch (error) {
    return { what: "database", verdict: "fail", detail: said(error) };
  }
}

async function migrated(db: Db): Promise<Finding> {
  try {
    const { rows } = await db.$client.execute("SELECT count(*) AS n FROM __drizzle_migrations");
    const n = Number(rows[0]?.n ?? 0);
    return { what: "migrations", verdict: n > 0 ? "ok" : "fail", detail: `${n} applied` };
  } catch {
    return { what: "migrations", verdict: "fail", detail: "none applied: start Sentinel once" };
  }
}

async function clock(db: Db): Promise<Finding> {
  const { rows } = await db.$client.execute("SELECT (julianday('now') - 2440587.5) * 86400000 AS at");
  return clocksApart("clock", Number(rows[0]?.at) - Date.now(), "the database's");
}

function clocksApart(what: string, apartMs: number, whose: string): Finding {
  const apart = Math.round(Math.abs(apartMs));
  return { what, verdict: apart > CLOCK_WARN_MS ? "warn" : "ok", detail: `${apart} ms from ${whose}` };
}

async function sweep(db: Db): Promise<Finding> {
  const { ready, reason, sweep_age_ms: age } = await readiness(db, Date.now());
  const detail = reason ?? `every shard swept within the last ${Math.ceil((age ?? 0) / 1_000)} s`;
  return { what: "sweep", verdict: ready ? "ok" : "warn", detail };
}

/** What the running server could not read when it last looked. */
const unread = async (db: Db): Promise<Finding[]> =>
  (await listUnreadSources(db)).map(({ source, reason, since }) => ({
    what: source,
    verdict: "warn",
    detail: `the server could not read it since ${new Date(since).toISOString()}: ${reason}`,
  }));

/** A service that nobody has: a source that can be read answers that there are no lines of it. */
const NOBODY = "sentinel-doctor";
/** Of the past so much is asked, in s. */
const WINDOW_S = 60;

/** Asks each source that the environment names, as an investigation would: is it reachable, does it let us in, does it have our label? */
export async function sources(e: Env, now = Date.now()): Promise<Finding[]> {
  const to = now / 1_000;
  const window = { from: to - WINDOW_S, to };
  const looks: Promise<Looked<unknown> | null>[] = [
    prometheusOf(e)?.instant("vector(1)") ?? Promise.resolve(null),
    ...logSourcesOf(e).map((source) => source.read({ node: NOBODY, ...window, limit: 1 })),
    kubernetesLook(e, window),
    repositoriesOf(e)?.github.check() ?? Promise.resolve(null),
  ];
  return (await Promise.all(looks)).filter((looked) => looked !== null).map(findingOf);
}

/** The certificate is read when the reader is made, so it may be that which cannot be had. */
async function kubernetesLook(e: Env, window: { from: number; to: number }): Promise<Looked<unknown> | null> {
  try {
    return (await kubernetesOf(e)?.events(window)) ?? null;
  } catch (error) {
    return couldNotLook("kubernetes", said(error));
  }
}

function findingOf(looked: Looked<unknown>): Finding {
  if (!looked.ok) return { what: looked.source, verdict: "fail", detail: `could not be read: ${looked.reason}` };
  const reasons = unreadOf([looked]).map(({ reason }) => reason);
  return reasons.length === 0
    ? { what: looked.source, verdict: "ok", detail: "can be read" }
    : { what: looked.source, verdict: "warn", detail: `can be read in part: ${reasons.join("; ")}` };
}

async function server(url: string): Promise<Finding[]> {
  try {
    const answer = await fetch(new URL("/readyz", url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = (await answer.text()).slice(0, 300);
    const date = Date.parse(answer.headers.get("date") ?? "");
    // The header counts whole seconds, so half of one is its mean error.
    return [
      { what: "server", verdict: answer.ok ? "ok" : "fail", detail: `${answer.status} ${text}` },
      clocksApart("server clock", date + 500 - Date.now(), "the server's"),
    ];
  } catch (error) {
    return [{ what: "server", verdict: "fail", detail: `${url} does not answer: ${said(error)}` }];
  }
}

const withoutSecrets = (url: string) => url.replace(/\/\/[^/@]*@/, "//").replace(/\?.*/s, "");
const said = (error: unknown) => (error instanceof Error ? error.message : String(error));

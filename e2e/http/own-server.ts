import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createClient } from "@libsql/client";
import { cli, killSentinel, type Sentinel, startSentinel, stopSentinel } from "./process";
import { signIn } from "./server";

const ANSWER_MS = 120_000;
const LOOK_EVERY_MS = 25;
/** For a turn at the database, behind a server that writes all the time. */
const LOCK_MS = 60_000;

/** A server that a test may kill, on a database of its own, with a key and sessions that outlive it. */
export class OwnServer {
  readonly folder = mkdtempSync(join(tmpdir(), "sentinel-own-"));
  readonly file = `file:${join(this.folder, "sentinel.db")}`;
  readonly env: Record<string, string>;
  key = "";
  #sentinel: Sentinel | null = null;
  #cookies: Record<string, string> = {};

  constructor(env: Record<string, string> = {}) {
    this.env = { LIBSQL_URL: this.file, LOG_LEVEL: "warn", ...env };
  }

  /** The process that runs now. */
  get sentinel(): Sentinel {
    if (!this.#sentinel) throw new Error("The server does not run");
    return this.#sentinel;
  }

  /** Resolves when `ready` answers 200: a server without a sweeper is not ready before somebody has swept. */
  async start(ready?: string, port?: number): Promise<void> {
    this.#sentinel = await startSentinel(this.env, ready, port);
  }

  /** With a key, an admin, and no limits on how many agents may be held. */
  async setUp(people: readonly string[] = ["admin"], ready?: string): Promise<void> {
    await this.start(ready);
    const everything = ["--scopes", "events,changes,logs", "--services", "*"];
    this.key = (await cli<{ secret: string }>(this.env, "keys", "create", "--name", "tests", ...everything)).secret;
    for (const role of people) this.#cookies[role] = await signIn(this.env, this.sentinel.url, role);
    await this.ask("PATCH", "/api/v1/settings", { limits: { fleet_share: 1, type_share: 1, per_hour: 100_000 } });
  }

  /** Ends its processes as a power switch would. */
  async kill(): Promise<void> {
    await killSentinel(this.sentinel);
    this.#sentinel = null;
  }

  async stop(): Promise<{ code: number | null; ms: number }> {
    const stopped = await stopSentinel(this.sentinel);
    this.#sentinel = null;
    return stopped;
  }

  /** Ends what still runs and removes everything. */
  async remove(): Promise<void> {
    if (this.#sentinel) await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  headers = (role = "admin"): Record<string, string> => ({
    cookie: this.#cookies[role]!,
    origin: this.sentinel.url,
    "content-type": "application/json",
  });

  /** A request as a person. The status tells; the body is read either way. */
  async send(method: string, path: string, body?: unknown, role = "admin"): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(this.sentinel.url + path, {
      method,
      headers: this.headers(role),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return { status: answer.status, body: await answer.json() };
  }

  /** The same, which must succeed. */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.send(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }

  /** Does something while nobody else can write to the database. */
  async whileLocked(work: () => Promise<void>): Promise<void> {
    const client = createClient({ url: this.file, concurrency: 1, timeout: LOCK_MS });
    try {
      // An open transaction is what locks; a BEGIN of its own would be rolled back with the call.
      // oxlint-disable-next-line no-restricted-properties
      const lock = await client.transaction("write");
      await work();
      lock.close();
    } finally {
      client.close();
    }
  }

  /** Rows straight from the file, past the server. */
  async rows<T>(sql: string, ...args: (string | number)[]): Promise<T[]> {
    const client = createClient({ url: this.file, concurrency: 1, timeout: LOCK_MS });
    try {
      const { rows } = await client.execute({ sql, args });
      return rows.map((row) => ({ ...row }) as T);
    } finally {
      client.close();
    }
  }
}

/** What takes longer than this does not come: minutes, since how busy the machine is must not decide. */
const COMES_WITHIN_MS = 5 * 60_000;

/** Waits until `so` gives something; throws with `what` when it does not come. */
export async function until<T>(what: string, so: () => Promise<T | null | undefined | false>): Promise<T> {
  const deadline = Date.now() + COMES_WITHIN_MS;
  for (;;) {
    const found = await so();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${COMES_WITHIN_MS} ms`);
    await wait(LOOK_EVERY_MS);
  }
}

export interface Approval {
  id: string;
  state: string;
  digest: string;
  subject: { id: string; state: string };
  incident: { id: string; state: string };
  proposal: { id: string; action: string };
}

export const approvalsOf = async (server: OwnServer, state: string): Promise<Approval[]> =>
  (await server.ask<{ approvals: Approval[] }>("GET", `/api/v1/approvals?state=${state}&limit=500`)).approvals;

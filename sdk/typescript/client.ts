import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { backoffMs, retryAfterMs } from "./backoff.js";
import { type Batch, createBuffer } from "./buffer.js";
import { send } from "./http.js";
import {
  type AgentEvent,
  type Directive,
  encodeEvent,
  parseJson,
  readIngestDirectives,
  readRejections,
  readStanding,
  type Registration,
} from "./wire.js";

export interface ClientOptions {
  /** Where Sentinel answers, e.g. `https://sentinel.example`. */
  url: string;
  /** An ingest key. */
  key: string;
  /** How long events gather before they are sent, ms. Default 1,000. */
  flushMs?: number;
  /** Events kept while Sentinel cannot be reached. Default 5,000; beyond it the oldest go and are counted. */
  bufferSize?: number;
  /** For one request, ms. Default 10,000. */
  timeoutMs?: number;
  /** Bodies from this many bytes on are gzipped. Default 2,048. */
  gzipOver?: number;
  /** First and longest wait between attempts, ms. Defaults 500 and 30,000. */
  retryMinMs?: number;
  retryMaxMs?: number;
  /** Told in words what went wrong. Default: nobody. */
  log?: (message: string) => void;
}

/** Events: `delivered` (accepted by the server), `rejected` by it, `dropped` before they could be sent, `waiting`. */
export interface ClientStats {
  delivered: number;
  rejected: number;
  dropped: number;
  waiting: number;
}

export interface Client {
  /** The server and the key: within them a run's ID means one run, whichever client tells of it. */
  readonly realm: string;
  /** Queues an event and returns at once. `urgent` ones (acknowledgements) leave at once and are the last to be dropped. */
  enqueue(event: AgentEvent, urgent?: boolean): void;
  /** Resolves true when everything queued was delivered (or refused for good), false after `timeoutMs`. */
  flush(timeoutMs?: number): Promise<boolean>;
  /** Registers an agent; its standing directive, or null when there is no usable answer. Never throws. */
  register(body: Registration): Promise<Directive | null>;
  /** Long-poll: answers when a directive newer than `version` exists, or with the current one after `waitSeconds`. Never throws. */
  poll(
    agentId: string,
    instanceId: string,
    version: number,
    waitSeconds: number,
    signal?: AbortSignal,
  ): Promise<Directive | null>;
  /** Hears every directive of this agent that any answer carries. Returns how to stop. */
  listen(agentId: string, listener: (directive: Directive) => void): () => void;
  stats(): ClientStats;
  /** Flushes within `timeoutMs`, then stops. */
  close(timeoutMs?: number): Promise<void>;
}

/** When the process has nothing else to do, this is how long the last events may take to leave, ms. */
const EXIT_BUDGET_MS = 2000;
/** A refused key may be corrected on the server; asking more often than this does not help, ms. */
const REFUSED_KEY_WAIT_MS = 60_000;
const DEFAULTS = {
  flushMs: 1000,
  bufferSize: 5000,
  timeoutMs: 10_000,
  gzipOver: 2048,
  retryMinMs: 500,
  retryMaxMs: 30_000,
};

const zip = promisify(gzip);
type Delivery =
  | { kind: "done"; rejections: string[] }
  | { kind: "refused"; why: string }
  | { kind: "later"; why: string; waitMs: number | null };

/** Sends events in the background. One client may serve many agents of a process. */
export function createClient(options: ClientOptions): Client {
  const o = { ...DEFAULTS, ...options };
  const log = o.log ?? (() => {});
  const buffer = createBuffer(o.bufferSize, randomUUID);
  const listeners = new Map<string, Set<(directive: Directive) => void>>();
  let batch: Batch | null = null;
  let attempt = 0;
  let delivered = 0;
  let rejected = 0;
  let sending = false;
  let toldToWait = false;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;
  let idleWaiters: (() => void)[] = [];

  const headers = { authorization: `Bearer ${o.key}`, accept: "application/json" };
  const at = (path: string) => new URL(`${o.url.replace(/(?<!\/)\/+$/, "")}/api/v1/${path}`);

  function notify(directive: Directive) {
    for (const listener of listeners.get(directive.agent_id) ?? []) listener(directive);
  }

  async function post(path: string, json: string, extra: Record<string, string>) {
    const small = Buffer.byteLength(json) < o.gzipOver;
    const body = small ? Buffer.from(json) : await zip(json);
    const encoding: Record<string, string> = small ? {} : { "content-encoding": "gzip" };
    const sized = { "content-type": "application/json", "content-length": String(body.length), ...encoding };
    return send(at(path), {
      method: "POST",
      headers: { ...headers, ...sized, ...extra },
      body,
      timeoutMs: o.timeoutMs,
    });
  }

  async function deliver({ key, body }: Batch): Promise<Delivery> {
    try {
      const answer = await post("ingest", body, { "idempotency-key": key });
      if (answer.status >= 200 && answer.status < 300) {
        const told = parseJson(answer.body);
        for (const directive of readIngestDirectives(told)) notify(directive);
        return { kind: "done", rejections: readRejections(told) };
      }
      const why = `Sentinel answered ${answer.status}`;
      const waitMs = retryAfterMs(answer.retryAfter, Date.now());
      if (answer.status === 401 || answer.status === 403)
        return { kind: "later", why, waitMs: waitMs ?? REFUSED_KEY_WAIT_MS };
      const again = answer.status >= 500 || [404, 408, 409, 425, 429].includes(answer.status);
      return again ? { kind: "later", why, waitMs } : { kind: "refused", why };
    } catch (error) {
      return { kind: "later", why: String(error), waitMs: null };
    }
  }

  /** One batch after the other until nothing is left or Sentinel has to be left alone for a while. */
  async function pump() {
    if (sending || closed) return;
    sending = true;
    toldToWait = false;
    if (timer) clearTimeout(timer);
    timer = null;
    let waitMs: number | null = null;
    while (waitMs === null && (batch ??= buffer.take())) {
      const outcome = await deliver(batch);
      if (outcome.kind === "later") {
        toldToWait = outcome.waitMs !== null;
        waitMs = outcome.waitMs ?? backoffMs(attempt, o.retryMinMs, o.retryMaxMs, Math.random);
        attempt++;
        log(`${outcome.why}; retrying ${batch.events} events in ${Math.round(waitMs)} ms`);
        continue;
      }
      if (outcome.kind === "refused") {
        buffer.drop(batch.events);
        log(`${outcome.why}; ${batch.events} events dropped`);
      } else {
        const lost = Math.min(outcome.rejections.length, batch.events);
        rejected += lost;
        delivered += batch.events - lost;
        if (lost > 0) log(`Sentinel rejected ${lost} of ${batch.events} events: ${outcome.rejections[0]}`);
      }
      batch = null;
      attempt = 0;
    }
    sending = false;
    if (waitMs !== null) timer = setTimeout(() => void pump(), waitMs).unref();
    else for (const done of idleWaiters.splice(0)) done();
  }

  const idle = () => !sending && batch === null && buffer.size === 0;

  function enqueue(event: AgentEvent, urgent = false) {
    if (closed) return;
    const json = encodeEvent(event);
    if (json === null) return buffer.drop(1);
    buffer.push(json, urgent || event.kind === "heartbeat");
    // While an attempt waits for its time (batch is set), the wait stands, however urgent: Sentinel asked for it or is down.
    if (sending || batch !== null) return;
    if (urgent || buffer.full()) {
      // A turn later, so that what is reported together travels together.
      if (timer) clearTimeout(timer);
      timer = setTimeout(() => void pump(), 0).unref();
    } else timer ??= setTimeout(() => void pump(), o.flushMs).unref();
  }

  async function flush(timeoutMs = 5000): Promise<boolean> {
    if (idle()) return true;
    // This timer is referenced: whoever flushes wants the process to live until it is done.
    let deadline: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => (deadline = setTimeout(() => resolve(false), timeoutMs)));
    const done = new Promise<boolean>((resolve) => idleWaiters.push(() => resolve(true)));
    if (!toldToWait) void pump();
    const result = await Promise.race([done, late]);
    clearTimeout(deadline);
    return result;
  }

  /** An agent's standing directive from an answer, told to everyone who listens. */
  async function standing(request: Promise<{ status: number; body: string }>, what: string): Promise<Directive | null> {
    try {
      const answer = await request;
      const directive = answer.status === 200 || answer.status === 201 ? readStanding(parseJson(answer.body)) : null;
      if (directive) notify(directive);
      else log(`${what}: unusable response (${answer.status})`);
      return directive;
    } catch (error) {
      log(`${what}: ${String(error)}`);
      return null;
    }
  }

  const client: Client = {
    realm: `${at("")} ${o.key}`,
    enqueue,
    flush,
    register: (body) => standing(post("agents/register", JSON.stringify(body), {}), `register ${body.agent_id}`),
    poll(agentId, instanceId, version, waitSeconds, signal) {
      const url = at(`agents/${encodeURIComponent(agentId)}/directive`);
      url.searchParams.set("version", String(version));
      url.searchParams.set("instance_id", instanceId);
      if (waitSeconds > 0) url.searchParams.set("wait", String(waitSeconds));
      const timeoutMs = o.timeoutMs + waitSeconds * 1000;
      const request = send(url, { method: "GET", headers, timeoutMs, ...(signal && { signal }) });
      return standing(request, `directive of ${agentId}`);
    },
    listen(agentId, listener) {
      const set = listeners.get(agentId) ?? new Set();
      listeners.set(agentId, set.add(listener));
      return () => void set.delete(listener);
    },
    stats: () => ({ delivered, rejected, dropped: buffer.dropped, waiting: buffer.size + (batch?.events ?? 0) }),
    async close(timeoutMs) {
      await flush(timeoutMs);
      closed = true;
      if (timer) clearTimeout(timer);
      open.delete(client);
    },
  };
  open.add(client);
  return client;
}

/** Clients with possibly unsent events: before the process ends of itself they get one short chance each to send them. */
const open = new Set<Client>();
process.once("beforeExit", () => {
  for (const client of open) void client.flush(EXIT_BUDGET_MS);
});

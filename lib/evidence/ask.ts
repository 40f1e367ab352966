import { readFile } from "node:fs/promises";
import { createGate, DEFAULT_GATE, type GateLimits, type Left } from "./gate";
import { messageOf, quoted } from "./looked";

/** What the reader is given of the outside; the tests give their own. `now` in epoch ms. */
export interface Ports {
  fetch: typeof fetch;
  now: () => number;
}

export type Auth =
  | { kind: "bearer"; token: string }
  /** A token that is read anew for every question: Kubernetes replaces it every hour. */
  | { kind: "bearer_file"; path: string }
  | { kind: "basic"; user: string; password: string };

/** One HTTP source, as configured. */
export interface Endpoint {
  /** For people, for example `prometheus (main)`. */
  source: string;
  /** Base address; its path is kept, so that a source may live under one. `user:password@` in it becomes basic `auth`. */
  url: string;
  auth?: Auth;
  headers?: Record<string, string>;
  /** One question, from its first byte to the answer's last, in ms; at most as long again in line before it. */
  timeoutMs?: number;
  /** Bytes of an answer after inflation; reading ends there. */
  maxBytes?: number;
  gate?: Partial<GateLimits>;
}

/** A graph of an hour takes a source well under a second; one that needs longer is not to be waited for in an incident. */
export const TIMEOUT_MS = 10_000;
/** About 200 series of 1,500 points. */
export const MAX_BYTES = 8 * 1024 * 1024;
/** Longer questions go as a form: some proxies cut longer lines. */
const MAX_QUERY_CHARS = 1_800;

export type Answer =
  | { ok: true; body: unknown }
  /** `body` where the source explained itself in JSON. */
  | { ok: false; status?: number; reason: string; body?: unknown };

export interface Question {
  /** Parameters, in order, some perhaps several times. */
  query?: [string, string][];
  /** A JSON body; makes it a POST. */
  json?: unknown;
  signal?: AbortSignal;
}

export type Ask = (path: string, question?: Question) => Promise<Answer>;

/** What the gate hears of it: a source that fails is left alone for a while, a bad question is only refused. */
type Attempt = Answer & { blame?: "source" | "asker" };

/**
 * Asks one source for JSON. Never throws for what the source does: an address that is not there, a redirect (not followed, so
 * that credentials stay where they were meant to go), an error status, HTML, an answer that drips or does not end, each becomes a
 * reason. Throws at once for an address that is none.
 */
export function createAsk(configured: Endpoint, ports: Ports): Ask {
  const endpoint = withoutUser(configured);
  const gate = createGate({ ...DEFAULT_GATE, ...endpoint.gate }, ports.now);
  const timeoutMs = endpoint.timeoutMs ?? TIMEOUT_MS;
  return async (path, question = {}) => {
    const { signal } = question;
    const inLine = AbortSignal.timeout(timeoutMs);
    const entry = await gate.enter(signal ? AbortSignal.any([inLine, signal]) : inLine);
    if (!entry.ok) return entry;
    const deadline = AbortSignal.timeout(timeoutMs);
    const ends = signal ? AbortSignal.any([deadline, signal]) : deadline;
    let headers: Record<string, string> = { ...endpoint.headers };
    let attempt: Attempt;
    try {
      headers = { ...headers, ...(await authorization(endpoint.auth)) };
      attempt = await once(endpoint, ports, path, question, headers, ends);
    } catch (error) {
      if (signal?.aborted) attempt = { ok: false, reason: "stopped before it answered", blame: "asker" };
      else if (deadline.aborted)
        attempt = { ok: false, reason: `no complete answer within ${timeoutMs} ms`, blame: "source" };
      else {
        const said = withoutSecrets(messageOf(error), headers, endpoint.auth);
        attempt = { ok: false, reason: `could not connect: ${quoted(said)}`, blame: "source" };
      }
    }
    entry.leave(leftAs(attempt));
    return attempt;
  };
}

function leftAs(attempt: Attempt): Left {
  if (attempt.ok || attempt.blame === undefined) return { kind: "answered" };
  return attempt.blame === "asker" ? { kind: "stopped" } : { kind: "source_failed", reason: attempt.reason };
}

async function once(
  endpoint: Endpoint,
  ports: Ports,
  path: string,
  question: Question,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Attempt> {
  const url = new URL(path.replace(/^\//, ""), endpoint.url);
  const query = new URLSearchParams(question.query).toString();
  const form = question.json === undefined && query.length > MAX_QUERY_CHARS;
  if (!form) url.search = query;
  const body = question.json === undefined ? (form ? query : undefined) : JSON.stringify(question.json);
  const type = form ? "application/x-www-form-urlencoded" : "application/json";
  const response = await orAborted(
    ports.fetch(url, {
      method: body === undefined ? "GET" : "POST",
      redirect: "manual",
      signal,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": type }),
        ...headers,
      },
      body,
    }),
    signal,
  );
  const limit = endpoint.maxBytes ?? MAX_BYTES;
  if (response.status >= 300 && response.status < 400) {
    void response.body?.cancel().catch(() => undefined);
    return {
      ok: false,
      status: response.status,
      reason: `answered ${response.status}, a redirect, which is not followed`,
      blame: "source",
    };
  }
  const text = await readUpTo(response, limit, signal);
  if (text === null)
    return { ok: false, status: response.status, reason: `the answer is larger than ${limit} bytes; narrow the query` };
  const clean = () => withoutSecrets(text, headers, endpoint.auth);
  if (!response.ok) return refused(response.status, clean());
  const value = parsed(text);
  if (value === undefined) return { ok: false, reason: `the answer is not JSON: ${quoted(clean())}`, blame: "source" };
  return { ok: true, body: value };
}

/** 400, 404 and 422 are the question's fault; anything else (401, 403, 429, 5xx) would meet the next question as well. */
function refused(status: number, text: string): Attempt {
  const blame = [400, 404, 422].includes(status) ? undefined : ("source" as const);
  return { ok: false, status, reason: `answered ${status}: ${quoted(text)}`, body: parsed(text), blame };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Headers whose values say who asks, and let nobody in: they help whoever reads the reason. */
const PLAIN_HEADERS = new Set(["x-scope-orgid", "accept", "content-type", "user-agent"]);
/** A shorter word is no secret, and would be found in any sentence. */
const SECRET_CHARS = 4;

/**
 * Servers and libraries repeat in errors what they were sent, and reasons are stored and shown: without the values of headers,
 * with and without their scheme, and without a password by itself.
 */
function withoutSecrets(text: string, headers: Record<string, string>, auth: Auth | undefined): string {
  const values = Object.entries(headers).flatMap(([name, value]) =>
    PLAIN_HEADERS.has(name) ? [] : [value, ...value.split(/\s+/)],
  );
  const secrets = values.filter((value) => value.length >= SECRET_CHARS && !/^(basic|bearer)$/i.test(value));
  if (auth?.kind === "basic" && auth.password !== "") secrets.push(auth.password);
  // The longest first: one may be a part of another.
  return secrets.toSorted((a, b) => b.length - a.length).reduce((left, one) => left.replaceAll(one, "***"), text);
}

const encoded = ({ user, password }: { user: string; password: string }): string =>
  Buffer.from(`${user}:${password}`).toString("base64");

/** `fetch` refuses addresses with a user, and repeats the whole address when it does. */
function withoutUser(endpoint: Endpoint): Endpoint {
  const url = new URL(endpoint.url);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  url.username = "";
  url.password = "";
  const auth = endpoint.auth ?? (user === "" ? undefined : { kind: "basic" as const, user, password });
  // In one spelling, so that `Authorization` and the credentials do not both go out.
  const headers = Object.fromEntries(
    Object.entries(endpoint.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return { ...endpoint, url: url.href, auth, headers };
}

async function authorization(auth: Auth | undefined): Promise<Record<string, string>> {
  if (!auth) return {};
  switch (auth.kind) {
    case "bearer":
      return { authorization: `Bearer ${auth.token}` };
    case "bearer_file":
      return { authorization: `Bearer ${(await readFile(auth.path, "utf8")).trim()}` };
    case "basic":
      return { authorization: `Basic ${encoded(auth)}` };
  }
}

/** The body as text; null when it is longer than the limit, of which no more was read. */
async function readUpTo(response: Response, limit: number, signal: AbortSignal): Promise<string | null> {
  if (!response.body) return "";
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await orAborted(reader.read(), signal);
      if (done) return Buffer.concat(chunks, size).toString("utf8");
      size += value.length;
      if (size > limit) return null;
      chunks.push(value);
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

/** The promise, or the signal's reason thrown when that comes first: whatever `fetch` is given, a question ends in time. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

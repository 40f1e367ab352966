import { randomUUID } from "node:crypto";
import type { z } from "zod";
import type { TokenPerson } from "@/lib/auth/api-tokens";
import type { IngestKey } from "@/lib/auth/keys";
import type { Person } from "@/lib/auth/people";
import type { ChannelRow } from "@/lib/db/queries/notifications";
import { noteUnreadable, type Sender } from "@/lib/auth/sources";
import { type Endpoint, type Endpoints, type Method, METHODS, type Resource } from "@/lib/contracts/endpoint";
import type { Role } from "@/lib/core/base/vocabulary";
import { type Db, getDb } from "@/lib/db/client";
import { getDrill } from "@/lib/db/drills";
import { SentinelError } from "@/lib/errors";
import { log } from "@/lib/log";
import { metrics } from "@/lib/metrics";
import { yieldToEventLoop, runSerially, readWhenSlotFree } from "@/lib/event-loop";
import { admit, type Caller } from "./access";
import { mediaTypeOf, readBytes } from "./body";
import { charge, itemsIn } from "./charge";
import { parseJson } from "./json";
import { check, problem } from "./problem";
import { admitSigned } from "./signature";
import { jsonAnswer, wholeBody } from "./whole";

type Ways<E extends Endpoint> = E["auth"] extends readonly (infer A)[] ? A : E["auth"];
type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

/** A body that its handler reads: parsed where it was JSON, else its bytes. Without one, no bytes. */
export type RawBody = { json: unknown } | { bytes: Buffer };

/** What a handler gets: everything parsed, everyone known, nothing left to look up. */
export interface Context<E extends Endpoint = Endpoint> {
  request: Request;
  db: Db;
  /** Epoch ms at which the request arrived. */
  now: number;
  /** The drill that `db` is the world of; null: the real one. */
  drill: string | null;
  params: Parsed<E["params"]>;
  query: Parsed<E["query"]>;
  body: E["rawBody"] extends readonly string[] ? RawBody : Parsed<E["body"]>;
  /** Charges the caller for what a raw body turned out to hold. Throws `rate_limited`. */
  charge: (items: number) => Promise<void>;
  /** Set where the endpoint is for people; null where it is not; either where it is for both. */
  user: [Ways<E>] extends ["apiToken"]
    ? TokenPerson
    : [Ways<E>] extends [Role]
      ? Person
      : Ways<E> & Role extends never
        ? null
        : Person | null;
  key: [Ways<E>] extends ["ingestKey"] ? IngestKey : "ingestKey" extends Ways<E> ? IngestKey | null : null;
  /** Set where Slack signs: the channels whose app signed the request, at least one. */
  signers: [Ways<E>] extends ["slackSignature"] ? ChannelRow[] : null;
  /** Set where the endpoint is for a sender of alerts or changes. */
  sender: [Ways<E>] extends ["alertSource" | "signature"] ? Sender : null;
  requestId: string;
}

/** Plain data as the contract says, or a Response of its own (a stream, a cookie). */
export type Answer<E extends Endpoint> = Response | (E["response"] extends z.ZodType ? z.input<E["response"]> : void);
export type Handler<E extends Endpoint> = (context: Context<E>) => Answer<E> | Promise<Answer<E>>;
type Handlers<E extends Endpoints> = { [M in keyof E]: E[M] extends Endpoint ? Handler<E[M]> : never };

/** Gives the channels whose Slack app signed these bytes. Throws where none did. */
type FindSigners = (db: Db, headers: Headers, body: Buffer, now: number) => Promise<ChannelRow[]>;

export type NextHandler = (
  request: Request,
  context: { params: Promise<Record<string, string | string[] | undefined>> },
) => Promise<Response>;

/**
 * Next's handlers for a resource: who may, what is asked, one verb, the answer.
 *
 * ```ts
 * export const { GET, POST, PUT, PATCH, DELETE } = route(KEYS, {
 *   GET: ({ db }) => listKeys(db),
 *   POST: ({ db, body, user, now }) => createKey(db, { ...body, createdBy: user.id }, now),
 * });
 * ```
 *
 * Methods without a handler answer 405 with Allow. Every error is problem+json; only this wrapper's own parsing yields
 * 400, so that a ZodError from within stays what it is, a bug (500). Access is checked before the body is read; a
 * signature, which is over the body, before the body is parsed: where only a verb knows who may sign (`slackSignature`), by `signed`.
 */
export function route<const E extends Endpoints>(
  resource: Resource<E>,
  handlers: Handlers<E>,
  signed?: FindSigners,
): Record<Method, NextHandler> {
  const allow = METHODS.filter((method) => resource.endpoints[method]);
  const build = (method: Method): NextHandler => {
    const endpoint = resource.endpoints[method];
    const handler = handlers[method as keyof E] as unknown as Handler<Endpoint> | undefined;
    return async (request, { params }) => {
      const requestId = idOf(request);
      let answer: Response;
      try {
        if (!endpoint || !handler) throw notAllowed(method, allow);
        answer = await run(endpoint, handler, signed, request, await params, requestId);
      } catch (error) {
        report(error, request, resource.path, requestId);
        answer = problem(error, requestId);
      }
      answer.headers.set("x-request-id", requestId);
      metrics().httpRequests.inc({ route: resource.path, method, status: answer.status });
      return answer;
    };
  };
  return { GET: build("GET"), POST: build("POST"), PUT: build("PUT"), PATCH: build("PATCH"), DELETE: build("DELETE") };
}

async function run(
  endpoint: Endpoint,
  handler: Handler<Endpoint>,
  signed: FindSigners | undefined,
  request: Request,
  params: unknown,
  requestId: string,
): Promise<Response> {
  const now = Date.now();
  const real = await getDb();
  const caller = await admit(request, endpoint, real, now);
  const { drill, query } = drillOf(endpoint, queryOf(request.url));
  const db = drill === null ? real : (await getDrill(drill, now)).db;
  const asked = {
    request,
    db,
    now,
    drill,
    params: endpoint.params && check(endpoint.params, params, "path"),
    query: endpoint.query && check(endpoint.query, query, "query"),
    ...caller,
    requestId,
  };
  const sent = await bytesOf(endpoint, signed, request, caller, db, now);
  const answer: unknown = await inTurnIfLarge(sent.bytes, async () => {
    const body = await bodyOf(endpoint, request, { ...caller, sender: sent.sender }, sent.bytes, db, now);
    await breakIfLarge(sent.bytes);
    const items = (n: number) => charge({ ...caller, sender: sent.sender }, "items", n);
    return handler({ ...asked, sender: sent.sender, signers: sent.signers, body, charge: items } as never);
  });
  if (answer instanceof Response) return answer;
  const marked: Record<string, string> = drill === null ? {} : { "sentinel-drill": drill };
  if (!endpoint.response) return new Response(null, { status: 204, headers: marked });
  return jsonAnswer(request, answer, {
    status: endpoint.status ?? 200,
    headers: { "cache-control": "no-store", ...marked },
  });
}

/** The drill that a request names. One that names a drill must never be carried out on the real world instead. */
function drillOf(endpoint: Endpoint, { drill, ...query }: ReturnType<typeof queryOf>) {
  if (drill === undefined) return { drill: null, query };
  if (!endpoint.drills || typeof drill !== "string")
    throw new SentinelError("invalid", {
      detail: endpoint.drills ? "`drill` may be given only once" : "This route does not accept the parameter `drill`",
      fields: [{ field: "drill", reason: endpoint.drills ? "may be given only once" : "is not a known parameter" }],
    });
  return { drill, query };
}

/** A body larger than this is worked on alone, from its parsing to its answer. */
const LARGE_BYTES = 64_000;

/**
 * Large bodies are worked on one at a time, in slices: a hundred of them at once would have a slice each in every turn of the event
 * loop, and whoever asks for something small (`/healthz`) would wait for all of these.
 */
const inTurnIfLarge = <T>(bytes: Buffer | undefined, work: () => Promise<T>): Promise<T> =>
  (bytes?.length ?? 0) < LARGE_BYTES ? work() : runSerially("large bodies", work);

/** Small ones are read in less than a break takes: each would only wait for the slices of large ones in between. */
const breakIfLarge = async (bytes: Buffer | undefined): Promise<void> => {
  if ((bytes?.length ?? 0) >= LARGE_BYTES) await yieldToEventLoop();
};

/** The bytes of a body, charged to their sender; of an endpoint whose callers sign, who signed them. */
function bytesOf(
  endpoint: Endpoint,
  signed: FindSigners | undefined,
  request: Request,
  caller: Caller,
  db: Db,
  now: number,
): Promise<{ bytes: Buffer | undefined; sender: Sender | null; signers: ChannelRow[] | null }> {
  return noted(caller.sender, db, now, async () => {
    let { sender } = caller;
    const read = () => readBytes(request, endpoint.maxBytes, endpoint.rawBody);
    const bytes = endpoint.body && (await (isLarge(request) ? readWhenSlotFree(read) : read()));
    if (endpoint.auth === "signature") sender = await admitSigned(endpoint, request.headers, bytes);
    const signers =
      endpoint.auth === "slackSignature" ? await signed!(db, request.headers, bytes ?? Buffer.alloc(0), now) : null;
    if (writes(request)) await charge({ ...caller, sender }, "bytes", bytes?.length ?? 0);
    return { bytes, sender, signers };
  });
}

/** What the bytes say, checked, and charged by how many things they hold. */
function bodyOf(
  endpoint: Endpoint,
  request: Request,
  caller: Caller,
  bytes: Buffer | undefined,
  db: Db,
  now: number,
): Promise<unknown> {
  return noted(caller.sender, db, now, async () => {
    await breakIfLarge(bytes);
    if (endpoint.rawBody)
      return mediaTypeOf(request.headers.get("content-type")) === "application/json"
        ? { json: bytes ? parseJson(bytes) : {} }
        : { bytes: bytes ?? Buffer.alloc(0) };
    const json = endpoint.body && bytes && parseJson(bytes);
    await breakIfLarge(bytes);
    const body = endpoint.body && check(endpoint.body, json, "body");
    if (writes(request)) await charge(caller, "items", itemsIn(body));
    return body;
  });
}

/** A body that does not say how long it is may be large. */
const isLarge = (request: Request): boolean =>
  !wholeBody(request) &&
  request.body !== null &&
  Number(request.headers.get("content-length") ?? Infinity) >= LARGE_BYTES;

const writes = ({ method }: Request): boolean => method !== "GET" && method !== "HEAD";

/** What a known sender of alerts got wrong is noted. */
async function noted<T>(sender: Sender | null, db: Db, now: number, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (sender) await noteUnreadable(db, sender, error, now);
    throw error;
  }
}

/** A query as an object; a name given several times becomes an array. */
function queryOf(url: string): Record<string, string | string[]> {
  const { searchParams } = new URL(url);
  const names = new Set(searchParams.keys());
  return Object.fromEntries(
    [...names].map((name) => {
      const values = searchParams.getAll(name);
      return [name, values.length > 1 ? values : values[0]!];
    }),
  );
}

/** The caller's id for the request, if it is a plain one, so that a trace can be followed through; else a fresh one. */
export function idOf(request: Request): string {
  const given = request.headers.get("x-request-id");
  return given && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}

export const notAllowed = (method: string, allow: readonly string[]) =>
  new SentinelError("method_not_allowed", {
    detail: `${method} is not allowed here. Allowed: ${allow.join(", ") || "nothing"}.`,
    headers: { allow: allow.join(", ") },
  });

/** A refusal is the caller's business; what is not one is a bug, and is logged with its cause. Never bodies or headers. */
export function report(error: unknown, request: Request, path: string, requestId: string): void {
  const bug = !(error instanceof SentinelError) || error.status >= 500;
  if (bug) log().error({ err: error, requestId, method: request.method, route: path }, "request failed");
  else
    log().debug(
      { code: error.code, detail: error.message, requestId, method: request.method, route: path },
      "request refused",
    );
}

import type { z } from "zod";
import type { Method } from "@/lib/contracts/endpoint";
import type { EndpointsByPath } from "@/lib/contracts/resources";
import type { Path } from "@/lib/contracts/paths";
import type { Problem } from "@/lib/contracts/problem";

/** A server that does not answer within this is treated as away, so that no screen waits for ever. */
const TIMEOUT_MS = 15_000;

/** An answer other than success, in the server's own words. `status` is 0 when there was no answer at all. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    message: string,
    readonly status: number,
    readonly problem: Problem | null = null,
    cause?: unknown,
  ) {
    super(message, { cause });
  }

  /** What is wrong with one field of the body that was sent, if the server named it. */
  field(name: string): string | undefined {
    return this.problem?.errors?.find((error) => error.field === name)?.reason;
  }
}

type MethodOf<P extends Path> = keyof EndpointsByPath[P] & Method;

type Params<E> = E extends { params: infer S extends z.ZodType } ? { params: z.input<S> } : unknown;
type Body<E> = E extends { body: infer S extends z.ZodType } ? { body: z.input<S> } : unknown;
/** Null, undefined and "" are left out. `drill` names the drill that is asked about instead of the real system. */
type Query<E> = E extends { query: z.ZodType } | { drills: true }
  ? { query?: Filter<E> & (E extends { drills: true } ? { drill?: string | null } : unknown) }
  : unknown;
type Filter<E> = E extends { query: infer S extends z.ZodType }
  ? { [K in keyof z.output<S>]?: z.output<S>[K] | null }
  : unknown;

type Request<E> = Params<E> &
  Body<E> &
  Query<E> & {
    signal?: AbortSignal;
    /** For an answer that takes work, in ms; {@link TIMEOUT_MS} unless said. */
    timeoutMs?: number;
  };
type Answer<E> = E extends { response: infer S extends z.ZodType } ? z.input<S> : void;
/** A request of which nothing is required may be left out. */
type Optional<T> = Partial<T> extends T ? [request?: T] : [request: T];

type Get<P extends Path> = EndpointsByPath[P] extends { GET: infer E } ? E : never;

/** What a list can be filtered by. */
export type FilterOf<P extends Path> = Filter<Get<P>>;

interface Sent {
  params?: Record<string, string>;
  query?: Record<string, string | number | null | undefined>;
  body?: unknown;
  signal?: AbortSignal;
  timeoutMs?: number;
}

/** The address of what a GET answers. Params are names that strangers chose: they are encoded. */
export function href<P extends Path>(path: P, ...request: Optional<Params<Get<P>> & Query<Get<P>> & object>): string;
export function href(path: Path, request: Sent = {}): string {
  return address(path, request);
}

function address(path: Path, { params = {}, query = {} }: Sent): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name]!));
  return search.size > 0 ? `${filled}?${search}` : filled;
}

/**
 * One request to the API, typed by the contract of its path.
 *
 * ```ts
 * await call("POST", PATHS.DECISION, { params: { id }, query: { drill }, body: { decision: "approve", digest } });
 * ```
 *
 * Throws an `ApiError` for everything but success; an aborted `signal` rejects with its reason.
 */
export async function call<P extends Path, M extends MethodOf<P>>(
  method: M,
  path: P,
  ...request: Optional<Request<EndpointsByPath[P][M]>>
): Promise<Answer<EndpointsByPath[P][M]>>;
export async function call(
  method: Method,
  path: Path,
  { body, signal, timeoutMs = TIMEOUT_MS, ...where }: Sent = {},
): Promise<unknown> {
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    response = await fetch(address(path, where), {
      method,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(
      timeout.aborted ? "Sentinel did not respond in time." : "Sentinel is unreachable.",
      0,
      null,
      cause,
    );
  }
  const text = await response.text();
  const json = text === "" ? undefined : parse(text);
  if (response.ok) return json;
  const problem = isProblem(json) ? json : null;
  throw new ApiError(
    problem?.detail ?? problem?.title ?? `Sentinel returned ${response.status}.`,
    response.status,
    problem,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isProblem = (value: unknown): value is Problem => typeof value === "object" && value !== null && "title" in value;

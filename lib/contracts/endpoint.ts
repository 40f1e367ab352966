import type { z } from "zod";
import type { AlertSourceKind, KeyScope, Role } from "@/lib/core/base/vocabulary";

/**
 * Who may call: anyone, an agent by its ingest key, a person of at least this role, a program by its API token whatever its role, the
 * scheduler by its secret, a source of alerts by its token, a sender that signs the body, or Slack, which signs it with the secret of a channel.
 */
export type Access =
  | "public"
  | "ingestKey"
  | "apiToken"
  | "cronSecret"
  | "alertSource"
  | "signature"
  | "slackSignature"
  | Role;

/** How a sender signs the bodies that it sends. */
export interface Signature {
  /** The header that carries it. */
  header: string;
  /** The setting that holds the secret; while it is not set, the route is disabled. */
  secret: string;
  /** Whether these bytes were signed so with the secret. `header` is what the header says. */
  verify(body: Buffer, header: string, secret: string): boolean | Promise<boolean>;
}

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type Method = (typeof METHODS)[number];

/** What one method of a resource takes and gives. The wrapper, the types of the handler and of the browser's requests, and OpenAPI all read this. */
export interface Endpoint {
  /** Several mean: any of them. */
  auth: Access | readonly Access[];
  /** Which kind of sender, where `auth` is `alertSource` or `signature`. */
  sender?: AlertSourceKind;
  /** How that sender signs, where `auth` is `signature`. */
  signature?: Signature;
  /** It can be asked about a drill's world instead of the real one: `?drill=ID`. Where it cannot, naming a drill is an error. */
  drills?: true;
  /** What a key must be allowed to send, where `auth` is or holds `ingestKey`. */
  scope?: KeyScope;
  /** One line for OpenAPI. */
  summary: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /**
   * Content types of a body that is not JSON alone, `application/json` among them if it is taken. The handler is given the bytes and
   * reads them itself: `body` serves OpenAPI only.
   */
  rawBody?: readonly string[];
  /** Bytes that the body may have, after inflation; left out: what is usual. */
  maxBytes?: number;
  /** Stands for `body` in OpenAPI where the parser's schema says less than people need. */
  bodyDoc?: z.ZodType;
  /** What a successful answer holds; left out: none (204). */
  response?: z.ZodType;
  /** Of a successful answer: 200, or 204 where there is none. */
  status?: 200 | 201 | 202;
  /** Of the answer, when it is not JSON (`text/event-stream`). */
  mediaType?: string;
}

export type Endpoints = { readonly [M in Method]?: Endpoint };

export interface Resource<E extends Endpoints = Endpoints, P extends string = string> {
  /** As in OpenAPI: `/api/v1/agents/{id}`. */
  readonly path: P;
  readonly endpoints: E;
}

/** `id` of `/api/v1/agents/{id}`. */
export type PathParam<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathParam<Rest>
  : never;

/** What a path names in braces has to be declared, and a path that names nothing takes no params. */
type Declared<P extends string> = [PathParam<P>] extends [never]
  ? { params?: undefined }
  : { params: z.ZodObject<Record<PathParam<P>, z.ZodType>> };

/** Declares a resource: its path and its methods. List it in `resources.ts`, and give it to `route()` with the handlers. */
export const resource = <const P extends string, const E extends { readonly [M in Method]?: Endpoint & Declared<P> }>(
  path: P,
  endpoints: E,
): Resource<E, P> => ({ path, endpoints });

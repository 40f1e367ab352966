import { createHmac } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { inject } from "vitest";

export const { url, key, keyId, env, cookies, tokens, apiToken } = inject("sentinel");
const { GITHUB_WEBHOOK_SECRET: SIGNING_SECRET } = env;

export type Init = { method?: string; headers?: Record<string, string>; body?: string | Uint8Array<ArrayBuffer> };

/** A request as an agent. */
export const asAgent = (path: string, { headers, ...init }: Init = {}): Promise<Response> =>
  fetch(url + path, { ...init, headers: { authorization: `Bearer ${key}`, ...headers } });

/** A request as a program with an API token, whose role is viewer. */
export const asProgram = (path: string, { headers, ...init }: Init = {}): Promise<Response> =>
  fetch(url + path, { ...init, headers: { authorization: `Bearer ${apiToken}`, ...headers } });

/** A request as a person's browser sends it from our own pages. */
export const asPerson = (role: string, path: string, { headers, ...init }: Init = {}): Promise<Response> =>
  fetch(url + path, { ...init, headers: { cookie: cookies[role]!, origin: url, ...headers } });

/** A request as whoever sends alerts or changes there: with the source's token, or signed as GitHub and PagerDuty sign. */
export function asSender(path: string, { headers, body = "", ...init }: Init = {}): Promise<Response> {
  const kind = path.split("/").at(-1)!;
  const hex = createHmac("sha256", SIGNING_SECRET!).update(body).digest("hex");
  const proof: Record<string, string> =
    kind === "github"
      ? { "x-hub-signature-256": `sha256=${hex}`, "x-github-event": "push" }
      : kind === "pagerduty"
        ? { "x-pagerduty-signature": `v1=${hex}` }
        : { authorization: `Bearer ${tokens[kind]}` };
  return fetch(url + path, { ...init, body, headers: { ...proof, ...headers } });
}

/** One body to ingest, as JSON text or raw bytes. */
export const ingest = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  asAgent("/api/v1/ingest", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
  });

export interface Problem {
  code: string;
  status: number;
  detail?: string;
  offset?: number;
  errors?: { field: string; reason: string }[];
}

/** The problem of an answer; throws when it is not one. */
export async function problemOf(answer: Response): Promise<Problem> {
  const type = answer.headers.get("content-type");
  if (type !== "application/problem+json") throw new Error(`${answer.status} ${type}: ${await answer.text()}`);
  const problem = (await answer.json()) as Problem;
  if (problem.status !== answer.status) throw new Error(`status ${answer.status} says ${problem.status}`);
  return problem;
}

/** Sends `pieces` of a body, then no more, and waits for the answer's status: the server must not wait for the rest. */
export async function answerTo(
  path: string,
  piece: Uint8Array,
  pieces: number,
  headers: Record<string, string>,
): Promise<number> {
  const request = httpRequest(url + path, { method: "POST", headers: { authorization: `Bearer ${key}`, ...headers } });
  const answered = once(request, "response") as Promise<[IncomingMessage]>;
  for (let sent = 0; sent < pieces; sent++) request.write(piece);
  const [answer] = await answered;
  // From here on the server may end the connection, whose request stays unfinished.
  request.on("error", () => undefined).destroy();
  return answer.statusCode!;
}

/** Sends a whole body and reads nothing until it is sent, as simple clients do. Everything that the server wrote by its first line's end. */
export async function sendThenRead(
  path: string,
  piece: Uint8Array,
  pieces: number,
  headers: Record<string, string>,
): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const fields = { host: `${hostname}:${port}`, authorization: `Bearer ${key}`, ...headers };
  socket.write(
    [`POST ${path} HTTP/1.1`, ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`), "", ""].join(
      "\r\n",
    ),
  );
  const chunked = headers["transfer-encoding"] === "chunked";
  for (let sent = 0; sent < pieces; sent++) {
    if (chunked) socket.write(`${piece.length.toString(16)}\r\n`);
    const room = socket.write(piece);
    if (chunked) socket.write("\r\n");
    if (!room) await once(socket, "drain");
  }
  if (chunked) socket.write("0\r\n\r\n");
  const [answer] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  return answer.toString();
}

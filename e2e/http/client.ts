import { createHmac } from "node:crypto";
import { request as httpRequest } from "node:http";
import { inject } from "vitest";

export const { url, key, keyId, env, cookies, tokens } = inject("sentinel");
const { GITHUB_WEBHOOK_SECRET: SIGNING_SECRET } = env;

export type Init = { method?: string; headers?: Record<string, string>; body?: string | Uint8Array<ArrayBuffer> };

/** A request as an agent. */
export const asAgent = (path: string, { headers, ...init }: Init = {}): Promise<Response> =>
  fetch(url + path, { ...init, headers: { authorization: `Bearer ${key}`, ...headers } });

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

/** Writes a body piece by piece until the server answers or `pieces` are sent. What was sent, and the answer's status. */
export function pour(
  path: string,
  piece: Uint8Array,
  pieces: number,
  headers: Record<string, string>,
): Promise<{ sent: number; status: number | null }> {
  return new Promise((done) => {
    let sent = 0;
    let status: number | null = null;
    const request = httpRequest(url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, ...headers },
    });
    const finish = () => done({ sent, status });
    request.on("response", (response) => {
      status = response.statusCode ?? null;
      response.resume().on("end", finish);
    });
    request.on("error", finish);
    const write = () => {
      if (status !== null || request.destroyed) return;
      if (sent >= piece.length * pieces) return void request.end();
      sent += piece.length;
      if (request.write(piece)) setImmediate(write);
      else request.once("drain", write);
    };
    write();
  });
}

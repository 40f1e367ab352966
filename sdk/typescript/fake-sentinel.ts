import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { hashValue } from "./hash.js";
import type { AgentEvent, Directive, Registration } from "./wire.js";

/** A request as it arrived, body inflated. */
export interface Received {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
  gzipped: boolean;
}
/** What to answer instead of the ordinary: a status, raw text, or never. */
export type Interference = { status: number; headers?: Record<string, string>; body?: string } | "hang";

/** Minutes, since how busy the machine is must not decide. */
const COMES_WITHIN_MS = 5 * 60_000;

const FREE: Omit<Directive, "agent_id" | "hash"> = {
  version: 1,
  status: "run",
  level: null,
  hand_over_to: null,
  prompt: null,
  revoked_tools: [],
  autonomy: { level: "full", max_model_calls: null, max_tool_calls: null, temperature: null },
  memory_epoch: 0,
  successor: null,
  reason: "",
  lease_seconds: 60,
  budgets: [],
  tree_budgets: [],
};

/** A real HTTP server that plays Sentinel's part for tests of the SDK and the fleet: it stores, answers and directs. */
export async function startFakeSentinel(key = "test-key") {
  const requests: Received[] = [];
  const events: AgentEvent[] = [];
  const registrations: Registration[] = [];
  const directives = new Map<string, Directive>();
  const seenKeys = new Set<string>();
  const polls = new Set<{ agentId: string; version: number; answer: () => void }>();
  let watchers: (() => void)[] = [];
  let interfere: (request: Received) => Interference | null = () => null;

  const seal = (d: Omit<Directive, "hash">): Directive => ({
    ...d,
    hash: hashValue({ ...d, lease_seconds: undefined, budgets: undefined, tree_budgets: undefined }),
  });
  function directive(agentId: string): Directive {
    const known = directives.get(agentId) ?? seal({ ...FREE, agent_id: agentId });
    directives.set(agentId, known);
    return known;
  }
  const standing = (agentId: string) => ({
    agent_id: agentId, state: "healthy", liveness: "live", mode: "act", directive: directive(agentId),
  }); // prettier-ignore

  function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  }

  function ingest(received: Received, response: ServerResponse) {
    const body = JSON.parse(received.body) as { events: AgentEvent[] };
    const idempotency = String(received.headers["idempotency-key"]);
    const doubled = seenKeys.has(idempotency);
    seenKeys.add(idempotency);
    if (!doubled) events.push(...body.events);
    const agents = Object.fromEntries([...new Set(body.events.map((e) => e.agent_id))].map((id) => [id, standing(id)]));
    const count = body.events.length;
    json(response, 200, {
      accepted: doubled ? 0 : count,
      duplicates: doubled ? count : 0,
      rejected: [],
      unknown_fields: [],
      agents,
    });
  }

  function poll(url: URL, agentId: string, response: ServerResponse) {
    const version = Number(url.searchParams.get("version"));
    const wait = Number(url.searchParams.get("wait") ?? 0);
    const held = { agentId, version, answer: () => json(response, 200, standing(agentId)) };
    if (wait === 0 || directive(agentId).version > version) return held.answer();
    polls.add(held);
    const timer = setTimeout(() => polls.delete(held) && held.answer(), wait * 1000);
    response.on("close", () => {
      polls.delete(held);
      clearTimeout(timer);
    });
  }

  function route(received: Received, response: ServerResponse) {
    const other = interfere(received);
    if (other === "hang") return;
    if (other) return response.writeHead(other.status, other.headers ?? {}).end(other.body ?? "");
    if (received.headers.authorization !== `Bearer ${key}`) return json(response, 401, { title: "unknown key" });
    const url = new URL(received.path, "http://sentinel");
    const agent = /^\/api\/v1\/agents\/([^/]+)\/directive$/.exec(url.pathname)?.[1];
    if (url.pathname === "/api/v1/ingest") ingest(received, response);
    else if (url.pathname === "/api/v1/agents/register") {
      const body = JSON.parse(received.body) as Registration;
      registrations.push(body);
      json(response, 200, standing(body.agent_id));
    } else if (agent) poll(url, decodeURIComponent(agent), response);
    else json(response, 404, { title: "not found" });
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const raw = Buffer.concat(chunks);
      const gzipped = request.headers["content-encoding"] === "gzip";
      const body = (gzipped ? gunzipSync(raw) : raw).toString("utf8");
      const received = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body,
        gzipped,
      };
      requests.push(received);
      route(received, response);
      for (const look of watchers) look();
    });
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const shut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    key,
    requests,
    events,
    registrations,
    directive,
    /** Sets part of an agent's desired state under the next version; held polls are answered at once. */
    direct(agentId: string, change: Partial<Omit<Directive, "agent_id" | "hash" | "version">>): Directive {
      const next = seal({ ...directive(agentId), ...change, version: directive(agentId).version + 1 });
      directives.set(agentId, next);
      for (const held of polls) {
        if (held.agentId !== agentId) continue;
        polls.delete(held);
        held.answer();
      }
      return next;
    },
    interfere(how: (request: Received) => Interference | null) {
      interfere = how;
    },
    of: (agentId: string, kind?: AgentEvent["kind"]) =>
      events.filter((e) => e.agent_id === agentId && (!kind || e.kind === kind)),
    /** Resolves as soon as `found` is true of what has arrived; rejects after `timeoutMs`. */
    until(found: () => boolean, timeoutMs = COMES_WITHIN_MS): Promise<void> {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          watchers = watchers.filter((w) => w !== look);
          reject(new Error(`not seen within ${timeoutMs} ms`));
        }, timeoutMs);
        const look = () => {
          if (!found()) return;
          clearTimeout(timer);
          watchers = watchers.filter((w) => w !== look);
          resolve();
        };
        watchers.push(look);
        look();
      });
    },
    stop: shut,
    again: () => listen(port),
  };
}
export type FakeSentinel = Awaited<ReturnType<typeof startFakeSentinel>>;

import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Chaos, FAULT_KINDS, type FaultKind, FAULTS } from "./chaos";
import type { Fleet } from "./fleet";
import { PROVIDERS } from "./roster";

/** The header that carries the control token. */
export const TOKEN_HEADER = "x-fleet-token";
const MAX_BODY = 10_000;

/**
 * Lets a person or a test break the fleet by hand. Loopback only, behind a token.
 * - `GET /faults`: the truth, every fault so far; for whoever checks the demo.
 * - `POST /faults {kind, agent?}`: 201. For `slow_provider` the agent is the provider's name; without one, any that is well.
 * - `DELETE /faults/:id`: mends it.
 * - `GET /catalog`: what may be broken, and what was broken by hand: what the schedule does stays a surprise.
 */
export async function startControl(chaos: Chaos, fleet: Fleet, { port, token }: { port: number; token: string }) {
  const byHand = new Set<string>();
  const server = createServer((request, response) => void handle(request, response));

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const reply = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (!matches(request.headers[TOKEN_HEADER], token)) return reply(401, { error: "wrong or missing token" });
    const { pathname } = new URL(request.url ?? "/", "http://fleet");
    const id = /^\/faults\/([^/]+)$/.exec(pathname)?.[1];
    if (request.method === "GET" && pathname === "/faults") return reply(200, { faults: chaos.list() });
    if (request.method === "GET" && pathname === "/catalog") return reply(200, catalog());
    if (request.method === "DELETE" && id)
      return chaos.end(id) ? reply(200, { ended: id }) : reply(404, { error: "no such fault" });
    if (request.method === "POST" && pathname === "/faults") {
      const body = await readJson(request);
      const kind = FAULT_KINDS.find((k) => k === body?.["kind"]);
      const agent = body?.["agent"] ?? (kind && anyTarget(kind));
      if (!kind) return reply(400, { error: `kind must be one of ${FAULT_KINDS.join(", ")}` });
      if (typeof agent !== "string") return reply(400, { error: "agent must be the name of an agent or a provider" });
      const started = chaos.start(kind, agent);
      if (started.kind === "started") byHand.add(started.fault.id);
      return started.kind === "started" ? reply(201, started.fault) : reply(409, { error: started.reason });
    }
    return reply(404, { error: "not found" });
  }

  /** An agent or provider that this kind can hit and that is well. */
  function anyTarget(kind: FaultKind): string | undefined {
    const ill = new Set(chaos.list().flatMap((f) => (f.endedAt === null ? [f.target] : [])));
    const well = targets(kind, fleet).filter((target) => !ill.has(target));
    return well[Math.floor(Math.random() * well.length)];
  }

  function catalog() {
    const faults = FAULT_KINDS.map((kind) => ({ kind, ...FAULTS[kind].label, targets: targets(kind, fleet) }));
    const active = chaos.list().filter((f) => f.endedAt === null && byHand.has(f.id));
    return { faults, active: active.map((f) => ({ id: f.id, kind: f.kind, target: f.target, since: f.startedAt })) };
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Which agents or providers a kind of fault can hit. */
function targets(kind: FaultKind, fleet: Fleet): string[] {
  if (kind === "slow_provider") return Object.keys(PROVIDERS);
  const { needs } = FAULTS[kind];
  return [...fleet.hosts.values()].filter((h) => !needs || h.tools.includes(needs)).map((h) => h.spec.id);
}

function matches(given: string | string[] | undefined, token: string): boolean {
  const a = Buffer.from(String(given ?? ""));
  const b = Buffer.from(token);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The body as an object; null when it is too long or no JSON object. */
async function readJson(request: IncomingMessage): Promise<Record<string, unknown> | null> {
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_BODY) return null;
  }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

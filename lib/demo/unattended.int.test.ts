import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { answerUnattended, PATIENCE_MS } from "./unattended";

interface Asked {
  path: string;
  authorization: string | undefined;
  body: { digest?: string; decision?: string; comment?: string; reason?: string } | null;
}

const asked: Asked[] = [];
let status = 200;
const now = Date.now();
const LISTS: Record<string, object> = {
  "/api/v1/approvals?state=pending": {
    approvals: [
      { id: "old", digest: "d-old", requested_at: now - PATIENCE_MS },
      { id: "new", digest: "d-new", requested_at: now + PATIENCE_MS },
    ],
  },
  "/api/v1/agents": {
    agents: [
      { id: "a 1", state: "exhausted", state_since: now - PATIENCE_MS },
      { id: "a-2", state: "exhausted", state_since: now + PATIENCE_MS },
      { id: "a-3", state: "quarantined", state_since: 0 },
    ],
  },
};
const server = createServer((request, response) => {
  let text = "";
  request.on("data", (part: Buffer) => (text += part.toString()));
  request.on("end", () => {
    const list = LISTS[request.url!];
    if (!list) asked.push({ path: request.url!, authorization: request.headers.authorization, body: JSON.parse(text) as Asked["body"] }); // prettier-ignore
    response.writeHead(list ? 200 : status, { "content-type": "application/json" });
    response.end(JSON.stringify(list ?? { detail: "The state has changed" }));
  });
});
beforeEach(() => new Promise<void>((done) => server.listen(0, "127.0.0.1", done)));
afterEach(() => new Promise((done) => server.close(done)));

/** Until it has looked at everything once. */
async function lookOnce(): Promise<string[]> {
  asked.length = 0;
  const said: string[] = [];
  const over = new AbortController();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const answering = answerUnattended({ url, token: "snt_api_x", signal: over.signal }, (line) => said.push(line));
  await vi.waitFor(() => expect(said).toHaveLength(2), { timeout: 60_000 });
  over.abort();
  await answering;
  server.closeAllConnections();
  return said;
}

it("answers what has waited for a minute, and nothing else, under its token and with its reason", async () => {
  expect(await lookOnce()).toEqual(["approved: old", "released: a 1"]);
  expect(asked.map(({ path, authorization, body }) => [path, authorization, body?.decision, body?.digest])).toEqual([
    ["/api/v1/approvals/old/decision", "Bearer snt_api_x", "approve", "d-old"],
    ["/api/v1/agents/a%201/release", "Bearer snt_api_x", undefined, undefined],
  ]);
  for (const { body } of asked) expect(body?.comment ?? body?.reason).toMatch(/unattended/);
});

it("goes on after a refusal, which it tells", async () => {
  status = 409;
  expect(await lookOnce()).toEqual(Array(2).fill("not answered: Error: 409 The state has changed"));
});

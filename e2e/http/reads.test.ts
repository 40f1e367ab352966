import { describe, expect, it } from "vitest";
import { asAgent, asPerson, cookies, ingest, problemOf, url } from "./client";

/** A name as a stranger may choose it. */
const AGENT = `a/b c%20?#é<script>`;
const ID = encodeURIComponent(AGENT);
const COUNT = 50;

const read = (path: string) => asPerson("viewer", `/api/v1/${path}`);
const json = async <T>(path: string) => (await (await read(path)).json()) as T;

const calls = (agentId: string, n: number) =>
  Array.from({ length: n }, (_, i) => ({
    agent_id: agentId,
    agent_type: "Reader",
    kind: "model_call",
    timestamp: Date.now() - (n - i) * 100,
    sequence: i,
    instance_id: "one",
    model: "m",
    latency_ms: 400 + (i % 7) * 10,
    success: true,
  }));

const PATHS = [
  "overview",
  "agents",
  `agents/${ID}`,
  `agents/${ID}/series`,
  `agents/${ID}/runs`,
  "agent-types",
  "incidents",
  "approvals",
  "healing",
  "memory",
  "changes",
  "spend",
  "budgets",
];

describe("what people read", () => {
  it("is there for a viewer, and for nobody who is not signed in", async () => {
    expect((await ingest(calls(AGENT, COUNT))).status).toBe(200);
    for (const path of PATHS) {
      expect([path, (await read(path)).status]).toEqual([path, 200]);
      expect([path, (await fetch(`${url}/api/v1/${path}`)).status]).toEqual([path, 401]);
    }
  });

  it("finds an agent by the very name that it gave", async () => {
    const detail = await json<{ agent: { id: string } }>(`agents/${ID}`);
    expect(detail.agent.id).toBe(AGENT);
    const series = await json<{ points: unknown[] }>(`agents/${ID}/series?metric=latency_ms`);
    expect(series.points).toHaveLength(COUNT);
  });

  it.each(["agents/nobody", "agents/nobody/series", "agents/nobody/runs", "incidents/nothing"])(
    "has no %s",
    async (path) => {
      expect((await problemOf(await read(path))).code).toBe("not_found");
    },
  );

  it.each([
    ["agents?state=ill", "state"],
    ["agents?limit=0", "limit"],
    [`agents/${ID}/series?minutes=x`, "minutes"],
    ["incidents?before=soon", "before"],
    ["approvals?state=maybe", "state"],
    ["spend?by=planet", "by"],
  ])("refuses %s and names the parameter", async (path, field) => {
    const { code, errors } = await problemOf(await read(path));
    expect([code, errors?.map((error) => error.field)]).toEqual(["invalid", [field]]);
  });
});

describe("the stream", () => {
  it("brings what happens, and resumes after what was seen", async () => {
    const first = await follow(null);
    for (const to of ["v1", "v2", "v3"]) await declare(to);
    const seen = await first.take(3);
    first.close();
    expect(seen.map(({ data }) => data.agent_id)).toEqual([AGENT, AGENT, AGENT]);

    await declare("v4");
    const second = await follow(seen[1]!.id);
    const rest = await second.take(2);
    second.close();
    expect(rest[0]).toEqual(seen[2]);
    expect(Number(rest[1]!.id)).toBeGreaterThan(Number(rest[0]!.id));
  });

  it("is for people who are signed in", async () => {
    expect((await fetch(`${url}/api/v1/events/stream`)).status).toBe(401);
  });
});

async function declare(to: string): Promise<void> {
  const answer = await asAgent("/api/v1/changes", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ subject_id: AGENT, kind: "config", to }),
  });
  expect(answer.status).toBe(201);
}

interface Event {
  id: string;
  data: { seq: number; agent_id: string | null; type: string };
}

/** Opens the stream as a browser does. `take` waits for the next events about our agent's changes. */
async function follow(lastEventId: string | null) {
  const control = new AbortController();
  const answer = await fetch(`${url}/api/v1/events/stream`, {
    headers: { cookie: cookies.viewer!, ...(lastEventId === null ? {} : { "last-event-id": lastEventId }) },
    signal: control.signal,
  });
  expect(answer.headers.get("content-type")).toContain("text/event-stream");
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    close: () => control.abort(),
    take: async (n: number): Promise<Event[]> => {
      const events: Event[] = [];
      while (events.length < n) {
        const end = text.indexOf("\n\n");
        if (end === -1) {
          const { value, done } = await reader.read();
          if (done) throw new Error(`The stream ended after ${events.length} events`);
          text += value;
          continue;
        }
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const id = /^id: (.*)$/m.exec(block)?.[1];
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (id === undefined || data === undefined) continue;
        const event = { id, data: JSON.parse(data) as Event["data"] };
        expect(String(event.data.seq)).toBe(id);
        if (event.data.type.startsWith("change.")) events.push(event);
      }
      return events;
    },
  };
}

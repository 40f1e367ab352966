import { afterEach, beforeEach, expect, test } from "vitest";
import { createKey, type IngestKey, verifyKey } from "@/lib/auth/keys";
import { listContent } from "@/lib/db/queries/agent-content";
import { openTestDb } from "@/lib/db/queries/test-world";
import { agentContent, streamEvents } from "@/lib/db/schema";
import { changeKeyContent, readContent, removeContent } from "@/lib/response/content";
import { read } from "./read";
import { takeOtlp } from "./take";

const NOW = 1_795_788_180_000;
const ADA = { id: "u1", name: "Ada" };

let world: Awaited<ReturnType<typeof openTestDb>>;
beforeEach(async () => {
  world = await openTestDb();
});
afterEach(() => world.close());

async function keyOf(name: string, content: boolean): Promise<IngestKey> {
  const { secret } = await createKey(world.db, { name, content, createdBy: "ada" }, NOW);
  return (await verifyKey(world.db, secret, NOW))!;
}

const body = (agent: string, span: string, prompt: string) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: "service.name", value: { stringValue: agent } }] },
      scopeSpans: [
        {
          scope: { name: "s" },
          spans: [
            {
              traceId: "5b8efff798038103d269b633813fc60c",
              spanId: span,
              name: "chat",
              kind: 3,
              startTimeUnixNano: `${NOW - 100}000000`,
              endTimeUnixNano: `${NOW}000000`,
              attributes: Object.entries({
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": "m",
                "gen_ai.conversation.id": "run-1",
                "gen_ai.input.messages": prompt,
              }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
            },
          ],
        },
      ],
    },
  ],
});
const send = (key: IngestKey, json: object) =>
  takeOtlp(world.db, read("traces", { json }, { content: key.content === true }), { key, prices: new Map() }, NOW);

test("content is kept of a key that stores it: once, redacted, beside its run; switched off, nothing more is", async () => {
  const key = await keyOf("team", true);
  for (let sent = 0; sent < 2; sent++) await send(key, body("bot", "eee19b7ec3c1b174", "mail ada@example.com"));
  const { items, stored, more } = await readContent(world.db, "bot", { runId: "run-1" });
  expect({ stored, more }).toEqual({ stored: true, more: false });
  expect(items).toMatchObject([{ run_id: "run-1", kind: "prompt", name: "m", text: "mail [redacted:email]", cut: false }]); // prettier-ignore
  expect((await readContent(world.db, "bot", { runId: "another" })).items).toEqual([]);

  await changeKeyContent(world.db, key.id, false, ADA, NOW);
  await send({ ...key, content: false }, body("bot", "eee19b7ec3c1b175", "more"));
  expect((await readContent(world.db, "bot", {})).items).toHaveLength(1);
  expect(await removeContent(world.db, "bot", null, ADA, NOW)).toBe(1);
  expect(await removeContent(world.db, "bot", null, ADA, NOW)).toBe(0);
  expect(await world.db.$count(agentContent)).toBe(0);
  const told = await world.db.select({ type: streamEvents.type, text: streamEvents.text }).from(streamEvents);
  expect(told.filter(({ type }) => /content/.test(type)).map(({ text }) => text)).toEqual([
    "ada created the ingest key team, which stores prompts, tool arguments and outputs",
    "Ada stopped storing prompts, tool arguments and outputs of the ingest key team",
    "Ada deleted 1 stored prompts, tool arguments and outputs of bot",
  ]);
});

test("a key that does not store content keeps none, and none can put text beside another key's agent", async () => {
  const [quiet, other] = [await keyOf("quiet", false), await keyOf("other", true)];
  await send(quiet, body("bot", "eee19b7ec3c1b174", "secret plan"));
  expect(await world.db.$count(agentContent)).toBe(0);
  expect(await send(other, body("bot", "eee19b7ec3c1b175", "planted"))).toMatchObject({ rejected: 1 });
  expect(await world.db.$count(agentContent)).toBe(0);
  expect((await listContent(world.db, "bot", {})).items).toEqual([]);
});

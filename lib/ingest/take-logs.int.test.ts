import { expect, test } from "vitest";
import { openTestDb } from "@/lib/db/queries/test-world";
import { logLines } from "@/lib/db/schema";
import { pushedLogs } from "@/lib/evidence/logs-pushed";
import { takeLogs } from "./take-logs";

const NOW = 1_779_280_201_000;

test("of a batch the good lines are kept and the bad ones named; secrets are taken out", async () => {
  const { db, close } = await openTestDb();
  const ok = (line: string, more: object = {}) => ({ service: "shop", line, ...more });
  const lines = [
    ok("first"),
    ok(""),
    ok("password=hunter2 refused", { level: 50 }),
    ok("x".repeat(20_000), { level: null }),
    ok("bad time", { timestamp: "soon" }),
    ok("last", { timestamp: NOW / 1_000 + 1 }),
    null,
  ];
  expect(await takeLogs(db, { lines }, NOW)).toEqual({
    accepted: 4,
    cut: 1,
    rejected: [
      { index: 1, field: "lines[1].line", reason: "is blank" },
      { index: 4, field: "lines[4].timestamp", reason: expect.stringMatching(/ISO 8601/) as string },
      { index: 6, field: "lines[6]", reason: expect.stringMatching(/expected object/) as string },
    ],
    rejected_lines: 3,
  });
  const kept = await pushedLogs(db).read({ node: "shop", from: NOW / 1_000, to: NOW / 1_000 + 1, limit: 10 });
  expect(kept.ok && kept.value.map(({ line }) => line.length)).toEqual([5, expect.any(Number), 8_000, 4]);
  expect(JSON.stringify(kept)).toMatch(/error password=(?!hunter2)/);
  await close();
});

test("a batch of bad lines is refused with each field, and nothing is stored", async () => {
  const { db, close } = await openTestDb();
  await expect(takeLogs(db, { lines: [{ service: "shop", line: " " }, 5] }, NOW)).rejects.toMatchObject({
    code: "invalid",
    details: {
      fields: [
        { field: "lines[0].line", reason: "is blank" },
        { field: "lines[1]", reason: expect.stringMatching(/expected object/) as string },
      ],
    },
  });
  expect(await db.select().from(logLines)).toEqual([]);
  await close();
});

test("lines of services that the sender may not speak for are refused one by one", async () => {
  const { db, close } = await openTestDb();
  const lines = [
    { service: "ledger", line: "mine" },
    { service: "checkout", line: "not mine" },
  ];
  const isTheirs = (service: string) => service === "ledger";
  expect(await takeLogs(db, { lines }, NOW, isTheirs)).toMatchObject({
    accepted: 1,
    rejected_lines: 1,
    rejected: [{ index: 1, field: "lines[1].service" }],
  });
  await expect(takeLogs(db, { lines: lines.slice(1) }, NOW, isTheirs)).rejects.toMatchObject({ code: "invalid" });
  await close();
});

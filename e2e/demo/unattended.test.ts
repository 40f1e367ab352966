import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../http/process";
import { type Demo, startDemo } from "./demo";
import { read, type Story, table } from "./story";

/** Faults of the first day of the demo's schedule, which then begins again. */
const PLANNED = 8;
/** The first day, a minute's patience before each answer, and what is measured after it. */
const TIME_MS = 20 * 60_000;
const LOOK_MS = 1_000;

interface Approval {
  state: string;
  decided_by: string | null;
}

let demo: Demo;
let story: Story;
/** ms from the start until every agent was healthy after the last fault of the day; null: never. */
let greenAfter: number | null = null;
let decided: Approval[];
const folder = mkdtempSync(join(tmpdir(), "sentinel-unattended-"));

beforeAll(async () => {
  demo = await startDemo(folder, await freePort(), "--unattended");
  const began = Date.now();
  while (greenAfter === null && Date.now() - began < TIME_MS) {
    await wait(LOOK_MS);
    const { agents } = await demo.person<{ agents: { state: string }[] }>("/api/v1/agents");
    const begun = (await demo.faults()).length >= PLANNED;
    if (begun && agents.every(({ state }) => state === "healthy")) greenAfter = Date.now() - began;
  }
  const { approvals } = await demo.person<{ approvals: Approval[] }>("/api/v1/approvals?limit=500");
  decided = approvals.filter(({ state }) => state === "approved");
  story = { ...(await read(demo, new Map())), approvals: decided.length };
  console.log(table(story));
  console.log(`every agent healthy after ${greenAfter === null ? "never" : `${Math.round(greenAfter / 1_000)} s`}`);
});

afterAll(async () => {
  await demo?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it("contains every fault, though nobody is there", () => {
  expect(story.chapters.filter((c) => c.enforcedAfter === null)).toEqual([]);
});

it("holds nobody who is well", () => {
  expect(story.innocent).toEqual([]);
});

it("answers what waits in the name of the demo's operator", () => {
  expect(decided.length).toBeGreaterThan(0);
  expect(new Set(decided.map(({ decided_by: by }) => by))).toEqual(new Set(["Demo operator (unattended) (API token)"]));
});

it("returns to green", () => {
  expect(greenAfter).not.toBe(null);
});

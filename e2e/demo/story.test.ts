import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../http/process";
import { type Demo, startDemo } from "./demo";
import { allCured, play, read, type Story, table } from "./story";

/** Faults that the demo's schedule breaks, and how long it takes with what has to happen after the last one. */
const PLANNED = 8;
const TIME_MS = 420_000;

let demo: Demo;
let story: Story;
const folder = mkdtempSync(join(tmpdir(), "sentinel-demo-"));

beforeAll(async () => {
  demo = await startDemo(folder, await freePort());
  const { approvals, samples } = await play(demo, () => allCured(demo, PLANNED), Date.now() + TIME_MS);
  story = { ...(await read(demo, samples)), approvals };
  console.log(table(story));
}, TIME_MS + 360_000);

afterAll(async () => {
  await demo?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

it("contains every agent-local fault, nine of ten within 3 s or 8 samples", () => {
  const quick = story.chapters.filter(
    (c) => c.heldAfter !== null && (c.heldAfter <= 3_000 || (c.samples ?? Infinity) <= 8),
  );
  expect(story.chapters.filter((c) => c.enforcedAfter === null)).toEqual([]);
  expect(quick.length).toBeGreaterThanOrEqual(0.9 * story.chapters.length);
});

it("heals every curable fault by an action that cures it", () => {
  expect(story.chapters.filter((c) => c.curedBy === null)).toEqual([]);
});

it("holds nobody who is well", () => {
  expect(story.innocent).toEqual([]);
});

it("goes on to another rung at least once when one did not cure", () => {
  expect(story.escalations).toBeGreaterThanOrEqual(1);
});

it("takes the slow provider for one incident with an external cause", () => {
  expect(story.external.map(({ diagnosis }) => diagnosis)).toEqual(["external_cause"]);
});

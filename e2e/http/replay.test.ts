import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { asPerson, env, key, url } from "./client";
import { sentinel } from "./process";

const folder = mkdtempSync(join(tmpdir(), "sentinel-replay-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ROWS = 1_500;
const csv = ["who,when,kind,tokens,task,ok"]
  .concat(
    Array.from({ length: ROWS }, (_, i) => {
      const at = new Date(Date.UTC(2024, 0, 1, 0, 0, i)).toISOString();
      return `replayed-${i % 3},${at},Research,${1_000 + (i % 7)},task-${Math.floor(i / 30)},${i % 100 === 0 ? "false" : "true"}`;
    }),
  )
  .join("\n");

const COLUMNS = "--entity who --time when --type kind --success ok --run task --metrics token_count=tokens";
const replay = (file: string, secret: string, more: string[] = []) => {
  const args = ["replay", "--input", file, ...COLUMNS.split(" "), "--speed", "0", "--url", url, "--key", secret];
  return sentinel<{ rows: number; accepted: number; duplicates: number; rejected: number }>(env, [...args, ...more]);
};

test("a recorded file goes through the API whole, and its runs end", async () => {
  const file = join(folder, "recorded.csv.gz");
  writeFileSync(file, gzipSync(csv));
  const sent = await replay(file, key);
  // A run lives in one agent: each of the 50 tasks is shared by three.
  expect(sent).toEqual({ rows: ROWS, accepted: ROWS + 150, duplicates: 0, rejected: 0 });
  const list = (await (await asPerson("viewer", "/api/v1/agents?q=replayed")).json()) as {
    agents: { id: string; type: string }[];
  };
  expect(list.agents.map(({ id, type }) => [id, type])).toEqual(
    expect.arrayContaining([0, 1, 2].map((i) => [`replayed-${i}`, "Research"])),
  );
  const runs = async () => {
    const answer = await asPerson("viewer", "/api/v1/agents/replayed-0/runs");
    return ((await answer.json()) as { runs: { ended_at: number | null }[] }).runs;
  };
  await expect.poll(async () => (await runs()).filter((run) => run.ended_at !== null).length).toBe(50);
});

test("what cannot be replayed is told in a sentence that names it", async () => {
  const file = join(folder, "few.csv");
  writeFileSync(file, "who,when,kind,tokens,task,ok\na,yesterday,x,1,t,true\n");
  await expect(replay(file, key)).rejects.toThrow(/row 0: column "when" \(--time\)/);
  writeFileSync(file, "who,when,kind,tokens,task,ok\na,2024-01-01,x,1,t,true\n");
  await expect(replay(file, "snt_wrong")).rejects.toThrow(/401/);
  await expect(replay(file, key, ["--metrics", "nonsense=tokens"])).rejects.toThrow(/--metrics: nonsense/);
  await expect(replay(join(folder, "nothing.csv"), key)).rejects.toThrow(/nothing\.csv/);
});

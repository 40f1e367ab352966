import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXPECTED, readMeasured } from "./measured";

test("everything that can be measured has its place, so that what was never run is missed", () => {
  const source = readFileSync("lib/evals/detection/measure.ts", "utf8");
  const listed = /const SYNTHETIC[^{]*\{([^}]*)\};\s*const REAL[^{]*\{([^}]*)\}/.exec(source)!;
  const names = `${listed[1]}${listed[2]}`.match(/\w+/g)!;
  expect(names.length).toBeGreaterThan(15);
  const expected = new Set(EXPECTED.map(({ name }) => name));
  expect(names.filter((name) => !expected.has(`detection-${name}`))).toEqual([]);
});

test("tables are read, faulty ones say why, missing ones are named, unknown ones come last", async () => {
  const folder = mkdtempSync(join(tmpdir(), "measured-"));
  const put = (name: string, text: string) => writeFileSync(join(folder, `${name}.json`), text);
  try {
    const result = { title: "T", command: "npm run x", measured_at: "2026-01-01T00:00:00Z", rows: [] };
    put("detection-nab", JSON.stringify(result));
    put("detection-asd", "{");
    put("another", JSON.stringify({ ...result, rows: 1 }));
    put("eval-reference", "{}");
    const tables = await readMeasured(folder);
    expect(tables[0]).toEqual({ name: "detection-nab", result });
    expect(tables[1]).toMatchObject({ name: "detection-asd", fault: expect.stringContaining("JSON") });
    expect(tables.find(({ name }) => name === "detection-azure")).toMatchObject({ command: "npm run measure -- azure --data DIR --write" }); // prettier-ignore
    expect(tables.at(-1)).toEqual({ name: "another", fault: "The file is not a results table." });
    expect(tables.some(({ name }) => name === "eval-reference")).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

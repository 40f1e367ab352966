import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CaseKey } from "./case-key";
import { runCases } from "./run";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sentinel-workers-"));
  vi.stubEnv("TMPDIR", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const children = `/proc/${process.pid}/task/${process.pid}/children`;
const left = () => readdirSync(folder).filter((name) => name.startsWith("sentinel-eval-"));

// As one would be that a busy machine gives no time to end by itself.
test.runIf(existsSync(children))(
  "nothing is left of a worker that had to be killed",
  async () => {
    const keys: CaseKey[] = [{ set: "dev", class: "config regression", number: 1, draw: 0, lateMin: 0 }];
    const given = new AbortController();
    const before = new Set(readFileSync(children, "utf8").split(" "));
    const played = runCases(keys, { workers: 1, models: false, onResult: () => undefined, signal: given.signal });
    const [worker] = await vi.waitFor(() => {
      const begun = readFileSync(children, "utf8").split(" ").filter((pid) => pid !== "" && !before.has(pid)); // prettier-ignore
      expect(begun).toHaveLength(1);
      const [own] = left();
      // Its databases are being made.
      expect(readdirSync(join(folder, own!)).length).toBeGreaterThan(0);
      return begun.map(Number);
    }, 300_000);
    process.kill(worker!, "SIGSTOP");
    given.abort(new Error("no longer wanted"));
    await expect(played).rejects.toThrow("no longer wanted");
    expect(left()).toEqual([]);
  },
  600_000,
);

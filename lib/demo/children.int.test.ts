import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";

const LOOK_MS = 50;

/** A program with two children, one of which has ended; it prints the pid of the other. */
const OWNER = `
  import { program } from "./lib/demo/children";
  const [brief, long] = ["0", "600"].map((s) => program("/bin/sleep", [s], () => {}));
  await brief.ended;
  console.log(long.pid);
`;

/** Whether it runs; one that ended and that nobody has asked for its exit code does not. */
function runs(pid: number): boolean {
  try {
    if (!existsSync("/proc/self")) return process.kill(pid, 0);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.charAt(stat.lastIndexOf(")") + 2) !== "Z";
  } catch {
    return false;
  }
}

it.each(["SIGKILL", "SIGTERM", "SIGHUP"] as const)(
  "no child outlives whoever started it, ended by %s",
  async (signal) => {
    const owner = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", OWNER], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(createInterface({ input: owner.stdout }), "line")) as [string];
    const child = Number(line);
    expect(runs(child)).toBe(true);
    owner.kill(signal);
    await once(owner, "exit");
    await expect.poll(() => runs(child), { interval: LOOK_MS, timeout: 60_000 }).toBe(false);
  },
);

it("a program whose children have ended ends", async () => {
  const script = `import { program } from "./lib/demo/children"; await program("/bin/sleep", ["0"], () => {}).ended;`;
  const owner = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], { stdio: "ignore" });
  const [code] = (await Promise.race([once(owner, "exit"), wait(60_000, ["still running"], { ref: false })])) as [
    unknown,
  ];
  expect(code).toBe(0);
});

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as timers from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { execute } from "./exec";
import { HEAD_BYTES, TAIL_BYTES } from "./output";

/** A limit that is over as soon as the program says that it is up: how long it takes to start must not decide. */
const ONCE_UP_MS = 111_111;
const upFile = vi.hoisted(() => ({ path: "" }));
vi.mock("node:timers/promises", async (original) => {
  const real = await original<typeof timers>();
  const setTimeout = async (ms: number, value?: unknown, options?: { signal?: AbortSignal }) => {
    if (ms !== ONCE_UP_MS) return real.setTimeout(ms, value, options);
    while (!existsSync(upFile.path)) await real.setTimeout(10, value, options);
    return value;
  };
  return { ...real, setTimeout };
});

const folder = mkdtempSync(join(tmpdir(), "sentinel-exec-"));
writeFileSync(join(folder, "plain"), "not a program", { mode: 0o644 });
afterAll(() => rmSync(folder, { recursive: true }));

const node = (script: string, { args = [] as string[], timeoutMs = 120_000, graceMs = 120_000, env = {} as Record<string, string> } = {}) =>
  execute({ argv: [process.execPath, "-e", script, ...args], cwd: null, env: { PATH: process.env["PATH"] ?? "", ...env }, timeoutMs }, graceMs); // prettier-ignore
const ended = async (running: ReturnType<typeof execute>) => {
  const done = await running;
  if (done.kind !== "ended") throw new Error(done.reason);
  return done;
};
/** A process that is a zombie has ended; only nobody has asked yet. */
const lives = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};

describe("a program that runs", () => {
  it("gives its code and its words apart", async () => {
    const done = await ended(node(`console.log("out"); console.error("err"); process.exit(3)`));
    expect(done).toMatchObject({ code: 3, signal: null, timedOut: false, stdout: "out\n", stderr: "err\n" });
  });

  it("gets its arguments letter for letter, without a shell", async () => {
    const odd = [
      "; touch x",
      "$(id)",
      "`id`",
      "a b",
      "*",
      "--privileged",
      "line\nbreak",
      "ünï",
      "|",
      ">x",
      "'",
      '"',
      "\\",
    ];
    const done = await ended(node("console.log(JSON.stringify(process.argv.slice(1)))", { args: ["--", ...odd] }));
    expect(JSON.parse(done.stdout)).toEqual(odd);
  });

  it("has only the environment that it is given, and nothing to read", async () => {
    const done = await ended(
      node(`process.stdin.on("end", () => console.log(JSON.stringify(Object.keys(process.env)))).resume()`, { env: { A: "1" } }), // prettier-ignore
    );
    expect(JSON.parse(done.stdout).toSorted()).toEqual(["A", "PATH"]);
  });

  it("keeps the beginning and the end of a hundred megabytes, in bounded memory", async () => {
    const script = `const line = "x".repeat(999) + "\\n"; process.stdout.write("first\\n");
      const more = (n) => { while (n-- > 0) if (!process.stdout.write(line)) return process.stdout.once("drain", () => more(n)); process.stdout.write("last\\n"); };
      more(100_000)`;
    const before = process.memoryUsage().rss;
    const done = await ended(node(script));
    expect(done.stdout).toMatch(/^first\n/);
    expect(done.stdout).toMatch(/last\n$/);
    expect(done.stdout.length).toBeLessThan(HEAD_BYTES + TAIL_BYTES + 100);
    expect(done.stdout.length + Number(/… (\d+) bytes/.exec(done.stdout)?.[1])).toBeGreaterThan(100_000_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  it("has its secrets taken out of what is kept", async () => {
    const done = await ended(node(`console.log("password=hunter2hunter2"); console.error("Bearer abcdefgh12345678")`));
    expect(done.stdout + done.stderr).not.toMatch(/hunter2|abcdefgh/);
  });

  it("may leave something running that holds its output open", async () => {
    const script = `const { spawn } = require("node:child_process");
      const left = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"], { stdio: "inherit" });
      console.log(left.pid); left.unref()`;
    const done = await ended(node(script));
    expect(done).toMatchObject({ code: 0, timedOut: false });
    const pid = Number(done.stdout);
    expect(lives(pid)).toBe(true);
    process.kill(pid, "SIGKILL");
  });

  it("that a signal ends has no code", async () => {
    expect(await ended(node(`process.kill(process.pid, "SIGKILL")`))).toMatchObject({ code: null, signal: "SIGKILL" });
  });
});

describe("a program that takes too long", () => {
  beforeEach(({ task }) => {
    upFile.path = join(folder, task.id);
  });
  const up = () => `require("node:fs").writeFileSync(${JSON.stringify(upFile.path)}, "");`;

  it("is asked to end, and can", async () => {
    const script = `process.on("SIGTERM", () => { console.log("asked"); process.exit(0) }); setInterval(() => {}, 1000); console.log("up"); ${up()}`;
    const done = await ended(node(script, { timeoutMs: ONCE_UP_MS }));
    expect(done).toMatchObject({ code: 0, timedOut: true, stdout: "up\nasked\n" });
  });

  it("is ended with all its children, those too that would not hear", async () => {
    const deaf = `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);`;
    const script = `${deaf} const { spawn } = require("node:child_process");
      const child = spawn(process.execPath, ["-e", ${JSON.stringify(`${deaf} process.send("up")`)}], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      child.on("message", () => { console.log(child.pid); ${up()} })`;
    const done = await ended(node(script, { timeoutMs: ONCE_UP_MS, graceMs: 300 }));
    expect(done).toMatchObject({ code: null, signal: "SIGKILL", timedOut: true });
    const child = Number(done.stdout);
    expect(child).toBeGreaterThan(1);
    await expect.poll(() => lives(child)).toBe(false);
  });

  it("leaves no child behind that outlives it deaf", async () => {
    const script = `const { spawn } = require("node:child_process");
      const child = spawn(process.execPath, ["-e", 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); process.send("up")'], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      child.on("message", () => { console.log(child.pid); ${up()} })`;
    const done = await ended(node(script, { timeoutMs: ONCE_UP_MS, graceMs: 300 }));
    expect(done).toMatchObject({ signal: "SIGTERM", timedOut: true });
    await expect.poll(() => lives(Number(done.stdout))).toBe(false);
  });
});

describe("a program that never runs", () => {
  it.each([
    ["is missing", ["sentinel-no-such-program"], null, /program not found: sentinel-no-such-program/],
    ["is missing, by path", ["/nowhere/program"], null, /program not found/],
    ["has no folder", [process.execPath], "/nowhere/at/all", /folder not found: \/nowhere\/at\/all/],
    ["is no program", [join(folder, "plain")], null, /permission denied/],
    ["has a NUL in it", [process.execPath, "a\0b"], null, /could not be started \(ERR_INVALID_ARG_VALUE\)/],
    ["is none at all", [], null, /could not be started/],
  ])("%s: a value says so", async (_, argv, cwd, reason) => {
    const done = await execute({ argv, cwd, env: {}, timeoutMs: 1_000 });
    expect(done).toEqual({ kind: "not_started", reason: expect.stringMatching(reason) });
  });
});

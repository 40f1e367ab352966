import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endFault, injectFault, listFaults } from "./faults";
import { serveTarget } from "./target-server";
import { type Release, superviseTarget, type TargetStatus, type TargetSupervisor } from "./target-supervisor";

const folder = mkdtempSync(join(tmpdir(), "sentinel-target-"));
const tokenFile = join(folder, "control.token");
const deploys: [Release, Release][] = [];
let target: TargetSupervisor;
let control: Awaited<ReturnType<typeof serveTarget>>;
let url: string;

beforeAll(async () => {
  target = await superviseTarget({ folder, perSecond: 10, onDeploy: (from, to) => deploys.push([from, to]) });
  control = await serveTarget(target, tokenFile);
  url = target.status().url;
});
afterAll(async () => {
  await control.close();
  await target.close();
  rmSync(folder, { recursive: true });
});

const run = promisify(execFile);
/** As Sentinel's allow-list runs it: argv, no shell. */
const command = async (...args: string[]) => {
  const argv = ["--import", "tsx", "lib/demo/target-control.ts", ...args, "--control-url", control.url, "--token-file", tokenFile]; // prettier-ignore
  return JSON.parse((await run(process.execPath, argv)).stdout) as TargetStatus;
};
const get = async (path: string) => {
  const answer = await fetch(url + path, { signal: AbortSignal.timeout(10_000) });
  return { status: answer.status, text: await answer.text() };
};
/** A metric's value now; labels as they are written. NaN when it is not there. */
const metric = async (name: string) =>
  Number(
    (await get("/metrics")).text
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.split(" ")[1],
  );
const work = async (n: number) =>
  (await Promise.all(Array.from({ length: n }, () => get("/work")))).map((a) => a.status);
const log = () => readFileSync(join(folder, "logs", "target.log"), "utf8");

describe("the target", () => {
  it("answers, counts and times work, and says what runs", async () => {
    expect(await work(12)).toEqual(Array(12).fill(200));
    expect(JSON.parse((await get("/health")).text)).toMatchObject({ status: "ok", version: "1.4.0" });
    expect(await metric('build_info{version="1.4.0"}')).toBe(1);
    expect(await metric('http_requests_total{method="GET",route="/work",status="200"}')).toBeGreaterThanOrEqual(12);
    const label = 'method="GET",route="/work",status="200"';
    expect(await metric(`http_request_duration_seconds_bucket{le="+Inf",${label}}`)).toBeGreaterThanOrEqual(12);
    expect(JSON.parse(log().split("\n").find((l) => l.includes("request answered")) ?? "{}")).toMatchObject({ status: 200 }); // prettier-ignore
  });

  it.each([
    ["/stress/cpu?duration=0", /duration must be a number from 1 to 600/],
    ["/stress/cpu?duration=ten", /duration/],
    ["/stress/memory?megabytes=513", /megabytes must be a number from 1 to 512/],
    ["/stress/latency?min_delay=2&max_delay=1", /min_delay must not be above max_delay/],
    ["/stress/latency?min_delay=0&max_delay=60", /max_delay must be a number from 0 to 10/],
    ["/stress/crash?now=1", /now is not a parameter here/],
  ])("refuses %s", async (path, why) => {
    const answer = await get(path);
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(why);
  });

  it.each([
    ["/stress/cpu", { stress: "cpu", duration: 60, threads: 1 }],
    ["/stress/memory", { stress: "memory", megabytes: 256 }],
    ["/stress/latency", { stress: "latency", min_delay: 2.5, max_delay: 4, duration: 60 }],
    ["/stress/latency?max_delay=1", { min_delay: 0, max_delay: 1, duration: null }],
    ["/stress/latency?min_delay=5", { min_delay: 5, max_delay: 5, duration: null }],
  ])("has defaults: %s", async (path, body) => {
    const answer = await get(path);
    expect([answer.status, JSON.parse(answer.text)]).toEqual([202, expect.objectContaining(body)]);
    await command("restart");
  });

  it.each([
    ["cpu", "/stress/cpu?duration=1", null],
    ["latency", "/stress/latency?duration=1", null],
    ["latency", "/stress/latency?min_delay=1&max_delay=2", "/stress/latency?min_delay=0&max_delay=0"],
  ])("the log tells when stress of its %s began and ended (%s)", async (stress, path, over) => {
    const told = (msg: string) =>
      log()
        .split("\n")
        .filter((line) => line.includes(`"msg":"${msg}"`) && line.includes(`"stress":"${stress}"`)).length;
    const [began, ended] = [told("stress began"), told("stress ended")];
    await get(path);
    expect(told("stress began")).toBe(began + 1);
    if (over !== null) await get(over);
    await expect.poll(() => told("stress ended")).toBe(ended + 1);
  });

  it("burns a core while /metrics answers at once", async () => {
    const cpu = await metric("process_cpu_seconds_total");
    expect((await get("/stress/cpu?duration=600&threads=1")).status).toBe(202);
    await expect.poll(() => metric("process_cpu_seconds_total")).toBeGreaterThan(cpu + 1);
    // It was answered all the time: the burn is not over yet.
    expect((await get("/stress/cpu?duration=600&threads=4")).status).toBe(409);
    await command("restart");
  });

  it("is slow until told otherwise", async () => {
    await get("/stress/latency?min_delay=0.4&max_delay=0.5");
    const asked = performance.now();
    await get("/work");
    expect(performance.now() - asked).toBeGreaterThan(390);
    await get("/stress/latency?min_delay=0&max_delay=0");
    // A single quick answer tells: none of those before could be one.
    const quick = async () => {
      const again = performance.now();
      await get("/work");
      return performance.now() - again;
    };
    await expect.poll(quick).toBeLessThan(390);
  });

  it("holds memory until it is restarted", async () => {
    const before = await metric("process_resident_memory_bytes");
    await get("/stress/memory?megabytes=200");
    await expect.poll(() => metric("process_resident_memory_bytes")).toBeGreaterThan(before + 150e6);
    const { pid } = target.status();
    expect((await command("restart")).pid).not.toBe(pid);
    expect(await metric("process_resident_memory_bytes")).toBeLessThan(before + 100e6);
  });

  it("crashes for good, and comes back by a restart alone", async () => {
    await get("/stress/crash");
    await expect.poll(() => target.status().state).toBe("crashed");
    expect(target.status().lastExit?.code).toBe(1);
    // Its last words, and those of who ran it.
    expect(log().trim().split("\n").slice(-2).map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      "uncaught exception",
      "target exited with code 1; it stays down until it is restarted",
    ]); // prettier-ignore
    await expect(get("/health")).rejects.toThrow(/fetch failed/);
    expect(log()).toMatch(/uncaught exception/);
    expect(await command("restart")).toMatchObject({ state: "running" });
    expect((await get("/health")).status).toBe(200);
  });
});

describe("releases", () => {
  it("a bad version fails a share of its work; rolling back ends that", async () => {
    expect(await command("deploy", "--version", "2.0.0")).toMatchObject({ release: { version: "2.0.0" }, previous: { version: "1.4.0" } }); // prettier-ignore
    const bad = (await work(30)).filter((status) => status === 500).length;
    expect(bad).toBeGreaterThanOrEqual(8);
    expect(bad).toBeLessThanOrEqual(12);
    expect(log()).toMatch(/TypeError/);
    expect(await command("rollback")).toMatchObject({ release: { version: "1.4.0" }, previous: null });
    expect(await work(12)).toEqual(Array(12).fill(200));
  });

  it("a bad configuration fails a share of the same version's work", async () => {
    await command("deploy", "--config", '{"store_timeout_ms": 15}');
    const bad = (await work(30)).filter((status) => status === 500).length;
    expect(bad).toBeGreaterThanOrEqual(10);
    expect(bad).toBeLessThan(30);
    expect(log()).toMatch(/store did not answer within 15 ms/);
    await command("rollback");
    expect(deploys.map(([, to]) => to)).toEqual([{ version: "2.0.0", config: {} }, { version: "1.4.0", config: { store_timeout_ms: 15 } }]); // prettier-ignore
  });

  it("says why a command could not be done", async () => {
    await expect(command("rollback")).rejects.toThrow(/there is no previous release/);
    await expect(command("deploy", "--version", "two")).rejects.toThrow(/must look like 1\.4\.0/);
    // A configuration that the version refuses: it does not start, and stays down.
    await expect(command("deploy", "--config", '{"store_timeout_ms": -1}')).rejects.toThrow(
      /ended before it was ready/,
    );
    expect(await command("status")).toMatchObject({ state: "crashed" });
    expect(await command("rollback")).toMatchObject({ state: "running" });
  });

  it("are reached with the token alone, which only its owner may read", async () => {
    expect((await fetch(`${control.url}/restart`, { method: "POST" })).status).toBe(401);
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
  });
});

describe("faults by hand", () => {
  const fleet = createServer((_, response) => response.end('{"faults":[],"active":[]}'));
  beforeAll(async () => {
    await new Promise<void>((resolve) => fleet.listen(0, "127.0.0.1", resolve));
    process.env["SENTINEL_DEMO_CONTROL_URL"] = `http://127.0.0.1:${(fleet.address() as AddressInfo).port}`;
    process.env["SENTINEL_DEMO_CONTROL_TOKEN"] = "fleet";
    process.env["SENTINEL_DEMO_TARGET_URL"] = control.url;
    process.env["SENTINEL_DEMO_TARGET_TOKEN"] = control.token;
  });
  afterAll(() => fleet.close());
  const active = async () => (await listFaults()).active.map(({ kind, agent }) => [kind, agent]);

  it("break the service, and are over when it is cured, whoever cured it", async () => {
    expect((await listFaults()).faults.map(({ agents }) => agents)).toEqual(Array(6).fill(["target"]));
    await injectFault({ kind: "target_crash" });
    await expect.poll(() => target.status().state).toBe("crashed");
    expect(await active()).toEqual([["target_crash", "target"]]);
    await expect(injectFault({ kind: "target_latency" })).rejects.toMatchObject({ code: "conflict" });
    await expect(injectFault({ kind: "target_crash" })).rejects.toMatchObject({ code: "conflict" });
    await target.restart();
    expect(await active()).toEqual([]);

    await injectFault({ kind: "target_bad_deploy" });
    expect(target.status().release.version).toBe("2.0.0");
    expect(await active()).toEqual([["target_bad_deploy", "target"]]);
    await target.rollback();
    expect(await active()).toEqual([]);
  });
  it("are mended by hand", async () => {
    const { id } = await injectFault({ kind: "target_bad_config", agent: "target" });
    const failed = (await work(60)).filter((status) => status === 500).length;
    expect(failed).toBeGreaterThan(2);
    expect(failed).toBeLessThan(40);
    await endFault(id);
    expect(await work(10)).toEqual(Array(10).fill(200));
    await expect(endFault(id)).rejects.toMatchObject({ code: "not_found" });
    await expect(injectFault({ kind: "target_rain" })).rejects.toMatchObject({ code: "invalid" });
  });
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";

export interface Ready {
  url: string;
  link: string;
  control: { url: string; token: string };
  /** The watched service: its address, how its supervisor is reached, and what measures it. */
  target: {
    url: string;
    control: string;
    tokenFile: string;
    monitoring: "prometheus" | "built-in";
    prometheus: string;
  };
}

/** The truth about one fault, as whoever checks the demo may ask for it. */
export interface Fault {
  id: string;
  kind: string;
  target: string;
  startedAt: number;
  endedAt: number | null;
  cures: (string | string[])[];
}

export interface Launched extends Ready {
  stop: () => Promise<void>;
}

export interface Demo extends Launched {
  /** A person's request, as their browser sends it. */
  person: <T>(path: string, body?: unknown) => Promise<T>;
  faults: () => Promise<Fault[]>;
}

/** Minutes, since how busy the machine is must not decide; a first build is part of getting ready. */
const READY_MS = 20 * 60_000;
const ANSWER_MS = 2 * 60_000;

/** Starts `npm run demo` on a folder and a port of its own. Its one-time link is left for whoever signs in. */
export const launchDemo = (folder: string, port: number, ...args: string[]): Promise<Launched> =>
  launch("demo", folder, port, ...args);

/**
 * The same of either script. What it runs is started without npm, which does not hand signals on, and without tsx's own process, which
 * kills what does not answer a signal within milliseconds: on a busy machine the demo would leave its children behind.
 */
export async function launch(
  script: "demo" | "dev",
  folder: string,
  port: number,
  ...args: string[]
): Promise<Launched> {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  const words = scripts[script]!.replace(/^tsx /, "--import tsx ").split(" ");
  const child = spawn(process.execPath, [...words, "--json", "--port", String(port), "--data", folder, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ready = await untilReady(child);
  const stop = async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  return { ...ready, stop };
}

/** The same, signed in by its link. */
export async function startDemo(folder: string, port: number, ...args: string[]): Promise<Demo> {
  const launched = await launchDemo(folder, port, ...args);
  const { url } = launched;
  const cookie = await signIn(launched);
  const person = async <T>(path: string, body?: unknown): Promise<T> => {
    const headers = { cookie, origin: url, "content-type": "application/json" };
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(url + path, { ...init, headers, signal: AbortSignal.timeout(ANSWER_MS) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  return { ...launched, person, faults: () => faultsOf(launched) };
}

/** Every fault of the agents so far, as who breaks them knows it. */
export async function faultsOf({ control }: Ready): Promise<Fault[]> {
  // On a busy machine an idle connection may end in the moment in which it is used again.
  const headers = { "x-fleet-token": control.token, connection: "close" };
  const answer = await fetch(`${control.url}/faults`, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
  return ((await answer.json()) as { faults: Fault[] }).faults;
}

/** Has the target's supervisor do something, as its operator would. */
export async function commandTarget({ target }: Ready, command: "deploy" | "restart" | "rollback", body: object = {}) {
  const answer = await fetch(`${target.control}/${command}`, {
    method: "POST",
    headers: { "x-target-token": readFileSync(target.tokenFile, "utf8"), "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  if (!answer.ok) throw new Error(`${command}: ${answer.status} ${await answer.text()}`);
}

async function untilReady(child: ChildProcess): Promise<Ready> {
  const lines = createInterface({ input: child.stdout! });
  const inTime = new AbortController();
  const late = wait(READY_MS, null, { ref: false, signal: inTime.signal }).then(() => {
    child.kill("SIGTERM");
    throw new Error("the demo did not get ready in time");
  });
  const ready = new Promise<Ready>((done, fail) => {
    lines.on("line", (line) => {
      const said = JSON.parse(line) as { event: string } & Ready;
      if (said.event === "ready") done(said);
    });
    child.once("exit", (code) => fail(new Error(`the demo ended with code ${code}`)));
  });
  try {
    return await Promise.race([ready, late]);
  } finally {
    late.catch(() => {});
    inTime.abort();
  }
}

export async function signIn({ url, link }: Ready): Promise<string> {
  const answer = await fetch(`${url}/api/v1/auth/link`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: new URL(link).hash.replace("#token=", "") }),
  });
  if (!answer.ok) throw new Error(`could not sign in: ${answer.status} ${await answer.text()}`);
  return answer.headers.getSetCookie()[0]!.split(";")[0]!;
}

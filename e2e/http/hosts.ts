import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Of a host process of sdk/typescript/test-host.ts or sdk/python/tests/trial_host.py. */
export interface HostSetting {
  url: string;
  key: string;
  agentType: string;
  agents: { id: string; langchain?: boolean; bufferSize?: number }[];
  paceMs: number;
}

/** What a host tells of one of its agents. */
export interface HostStats {
  id: string;
  made: { models: number; tools: number };
  /** Its slowest run, ms. */
  slowestMs: number;
  /** What the host caught that was no hold. */
  errors: string[];
  held: number;
  delivered: number;
  rejected: number;
  dropped: number;
  waiting: number;
}

const PROBE_MS = 60_000;
/** The oldest Python with which the host runs; the SDK needs less. */
const PROBE = "import sys, ssl; sys.exit(sys.version_info < (3, 9))";
export const hasPython = spawnSync("python3", ["-c", PROBE], { timeout: PROBE_MS }).status === 0;

/** A host process with agents under our SDK, which does as it is told. */
export class Host {
  readonly #lines: AsyncIterator<string>;
  /** What it wrote on its standard error: an SDK has nothing to say there. Of Python's nothing is kept: it logs what it cannot reach. */
  said = "";
  private constructor(private readonly child: ChildProcess) {
    child.stderr?.on("data", (chunk: Buffer) => (this.said += chunk.toString()));
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  static typescript = (setting: HostSetting): Host =>
    new Host(
      spawn(process.execPath, ["--import", "tsx", "sdk/typescript/test-host.ts", JSON.stringify(setting)], {
        stdio: ["pipe", "pipe", "pipe"],
      }),
    );

  static python = (setting: HostSetting): Host =>
    new Host(
      spawn("python3", ["-m", "tests.trial_host", JSON.stringify(setting)], {
        cwd: "sdk/python",
        env: {
          NODE_ENV: "test",
          PATH: process.env["PATH"],
          PYTHONPATH: "src",
          PYTHONDONTWRITEBYTECODE: "1",
        },
        stdio: ["pipe", "pipe", "ignore"],
      }),
    );

  /** Its answer to one order. Throws when it has ended. */
  async order<T>(order: { do: string; [field: string]: unknown }): Promise<T> {
    this.child.stdin!.write(`${JSON.stringify(order)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the host ended at ${order.do}`);
    return JSON.parse(value) as T;
  }

  /** Its exit code, once it has nothing left to do. */
  async end(): Promise<number | null> {
    const ended = once(this.child, "exit");
    this.child.stdin!.end();
    return (await ended)[0] as number | null;
  }

  kill = (): boolean => this.child.kill("SIGKILL");
}

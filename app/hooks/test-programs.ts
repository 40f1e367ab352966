import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startModel, type Step } from "@/e2e/scripted-model";
import { createKey } from "@/lib/auth/keys";
import { closeDb, type Db, getDb, write } from "@/lib/db/client";
import { migratedFile } from "@/lib/db/queries/test-world";
import { createSweeper } from "@/lib/detection/sweeper";
import { serveHere } from "@/lib/http/test-server";
import { flushHooks, loadHooks } from "@/lib/ingest/hooks/ask";
import { guideFor } from "@/lib/ingest/hooks/guides";
import { refreshBook } from "@/lib/response/budgets/book";
import { changeSettings, changeType } from "@/lib/response/settings";
import { sweep } from "@/lib/runtime/sweep";
import { CONFIG, PERSON } from "@/lib/runtime/test-fleet";
import * as hooks from "@/app/api/v1/hooks/[program]/route";
import * as keyedOtlp from "@/app/otlp/[key]/v1/[signal]/route";
import * as logs from "@/app/v1/logs/route";
import * as metrics from "@/app/v1/metrics/route";
import * as traces from "@/app/v1/traces/route";

/** Where Claude Code, Codex and Gemini CLI are installed; without them these tests are skipped and counted. */
const PROGRAMS = process.env["CODING_AGENTS"] ?? join(tmpdir(), "coding-agents");
const bin = (name: string) => join(PROGRAMS, "node_modules", ".bin", name);
/** For a session of a program, on a busy machine. */
const RUN_MS = 5 * 60_000;

/** A hook as it came. */
interface Hook {
  hook_event_name: string;
  session_id: string;
}

/** A run as it is stored. */
export interface Stored {
  id: string;
  state: string;
  enforcement: number;
  calls: number;
  errors: number;
  modelCalls: number;
  tokens: number | null;
  cost: number | null;
}

/** The routes that a built server has, in this process, on a database of their own, with a scripted model beside them. */
export class World {
  readonly #sweeper = createSweeper();
  #looking: Promise<void> = Promise.resolve();
  /** Hooks in the order of arrival. */
  seen: Hook[] = [];
  /** How many of them were refused. */
  refusals = 0;
  /** Told once each export of telemetry has been answered. */
  onExport: () => Promise<void> = async () => {};

  private constructor(
    readonly db: Db,
    readonly model: Awaited<ReturnType<typeof startModel>>,
    private readonly remove: () => Promise<void>,
  ) {}
  url = "";
  #stop = () => {};

  static async open(): Promise<World> {
    const file = await migratedFile();
    process.env["LIBSQL_URL"] = file.url;
    const world = new World(await getDb(), await startModel(() => null), file.remove);
    // However often a script is played: an hour allows few quarantines.
    await changeSettings(
      world.db,
      { limits: { fleet_share: 1, type_share: 1, per_hour: 100_000 } },
      PERSON,
      Date.now(),
    );
    const server = await serveHere((...asked) => world.#serve(...asked));
    world.url = server.url;
    world.#stop = server.stop;
    return world;
  }

  async close(): Promise<void> {
    this.model.stop();
    this.#stop();
    await closeDb();
    await this.remove();
  }

  async #serve(request: Request, [first, second, third, fourth]: string[], sent: Buffer): Promise<Response> {
    const none = { params: Promise.resolve({}) };
    if (first === "otlp" || first === "v1") {
      const answer = await (first === "v1"
        ? { logs, metrics, traces }[second as "logs"].POST(request, none)
        : keyedOtlp.POST(request, { params: Promise.resolve({ key: second!, signal: fourth! }) }));
      await this.onExport();
      return answer;
    }
    if (third !== "hooks") return new Response(null, { status: 404 });
    this.seen.push(JSON.parse(sent.toString()) as Hook);
    const answer = await hooks.POST(request, { params: Promise.resolve({ program: fourth! }) });
    if ((await answer.clone().text()).includes("Held by Sentinel")) this.refusals++;
    return answer;
  }

  /** How many hooks of this name came. */
  asked = (name: string): number => this.seen.filter((one) => one.hook_event_name === name).length;

  /** Stores what was told, judges it, and brings what hooks are answered from up to date. One look at a time. */
  look(): Promise<void> {
    return (this.#looking = this.#looking.then(async () => {
      await flushHooks(this.db);
      await sweep(this.db, Date.now(), CONFIG, this.#sweeper);
      await loadHooks(this.db);
      await refreshBook(this.db, Date.now());
    }));
  }

  /** The runs of this ID as they are after a look, with the agents whose they are. */
  async runs(session: string): Promise<Stored[]> {
    await this.look();
    const { rows } = await this.db.$client.execute({
      sql: "SELECT r.tool_calls AS calls, r.errors AS errors, r.model_calls AS modelCalls, r.tokens AS tokens, r.cost AS cost, a.id AS id, a.state AS state, a.enforcement AS enforcement FROM runs r JOIN agents a ON a.id = r.agent_id WHERE r.run_id = ?",
      args: [session],
    });
    return rows.map((row) => ({ ...row }) as unknown as Stored);
  }

  /** A folder for one program, whose agents are in mode act, with its settings and an ingest key of its own. */
  async homeOf(program: Program): Promise<Home> {
    const home = mkdtempSync(join(tmpdir(), "coding-agent-"));
    mkdirSync(join(home, "app"), { recursive: true });
    // Each a key of its own: whoever is new to a key that has an agent on hold is treated like that one.
    const { secret } = await createKey(this.db, { name: home, createdBy: "t", scopes: ["events"] }, 1);
    const { parts } = guideFor(program.guide, { url: this.url, key: secret, managed: false, whenUnreachable: "block" });
    const file = parts[0]!.where.replace("~", home);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, program.settings(parts[0]!.text, this.model.url));
    await write(this.db, [
      { sql: "INSERT INTO agent_types (type, created_at) VALUES (?, 1) ON CONFLICT DO NOTHING", args: [program.type] },
    ]);
    await changeType(this.db, program.type, { mode: "act" }, PERSON, Date.now());
    await loadHooks(this.db);
    return {
      /** `session`: the one that is to go on; null: a new one. What the program printed. */
      play: (session) => play(home, program.run(session === null ? "work" : "go on", session, this.model.url)),
      remove: () => rmSync(home, { recursive: true, force: true }),
    };
  }
}

export interface Home {
  play: (session: string | null) => Promise<string>;
  remove: () => void;
}

interface Command {
  args: string[];
  env: Record<string, string>;
}

export interface Program {
  guide: "claude-code" | "codex" | "gemini-cli";
  type: string;
  installed: boolean;
  /** The hook before a tool call. */
  before: string;
  /** How long its exporter gathers, ms. */
  exportMs: number;
  /** A refusal ends its turn; else the model is told, and goes on. */
  endsTurn: boolean;
  /** A call that fails, in a way that the program tells of: the next one of another action. */
  failing: (turn: number) => Step;
  /** Its settings as `connect` prints them, and where its model is. */
  settings: (text: string, model: string) => string;
  run: (prompt: string, session: string | null, model: string) => Command;
}

const CLAUDE_EXPORT_MS = 500;

export const CASES: Record<string, Program> = {
  "Claude Code": {
    guide: "claude-code",
    type: "claude-code",
    installed: existsSync(bin("claude")),
    before: "PreToolUse",
    exportMs: CLAUDE_EXPORT_MS,
    endsTurn: true,
    failing: (turn) => `cat /nowhere/${turn}`,
    settings: (text) => text,
    run: (prompt, session, model) => ({
      args: [
        bin("claude"), "-p", prompt, "--allowedTools", "Bash", "--output-format", "stream-json", "--verbose",
        ...(session ? ["--resume", session] : []),
      ],
      env: { ANTHROPIC_BASE_URL: model, ANTHROPIC_API_KEY: "none", OTEL_LOGS_EXPORT_INTERVAL: `${CLAUDE_EXPORT_MS}` },
    }),
  },
  Codex: {
    guide: "codex",
    type: "codex_exec",
    installed: existsSync(bin("codex")),
    before: "PreToolUse",
    exportMs: 1_000,
    endsTurn: false,
    // A command that ends with an error is told of as a success.
    failing: (turn) => ({ args: { cmd: "echo", workdir: `/nowhere/${turn}` } }),
    settings: (text, model) =>
      [
        'model = "scripted"',
        'model_provider = "scripted"',
        'approval_policy = "never"',
        'sandbox_mode = "danger-full-access"',
        "[model_providers.scripted]",
        'name = "scripted"',
        `base_url = "${model}/v1"`,
        'wire_api = "responses"',
        'env_key = "SCRIPTED_KEY"',
        text,
      ].join("\n"),
    run: (prompt, session) => ({
      args: [
        bin("codex"), "exec", "--skip-git-repo-check", "--dangerously-bypass-hook-trust",
        ...(session ? ["resume", session] : []), prompt,
      ],
      env: { SCRIPTED_KEY: "none" },
    }),
  },
  "Gemini CLI": {
    guide: "gemini-cli",
    type: "gemini-cli",
    installed: existsSync(bin("gemini")),
    before: "BeforeTool",
    exportMs: 5_000,
    endsTurn: true,
    // Likewise.
    failing: (turn) => ({ tool: "read_file", args: { file_path: `nowhere-${turn}.txt` } }),
    settings: (text) =>
      JSON.stringify({
        ...(JSON.parse(text) as object),
        security: { auth: { selectedType: "gemini-api-key" } },
        // It has a breaker of its own, after five calls.
        model: { disableLoopDetection: true },
      }),
    run: (prompt, session, model) => ({
      args: [bin("gemini"), "--yolo", "-p", prompt, ...(session ? ["--resume", "latest"] : [])],
      env: { GOOGLE_GEMINI_BASE_URL: model, GEMINI_API_KEY: "none", GEMINI_CLI_TRUST_WORKSPACE: "true" },
    }),
  },
}; // prettier-ignore

/** Runs a program with an environment of its own. What it printed. */
function play(home: string, { args, env }: Command): Promise<string> {
  return new Promise((done, fail) => {
    const child = execFile(
      args[0]!,
      args.slice(1),
      {
        cwd: join(home, "app"),
        env: {
          NODE_ENV: "production",
          PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
          HOME: home,
          USER: "ada",
          HOSTNAME: "test",
          ...env,
        },
        timeout: RUN_MS,
      },
      (error, stdout, stderr) =>
        error?.killed ? fail(new Error(`${args[0]} took too long:\n${stdout}${stderr}`)) : done(`${stdout}${stderr}`),
    );
    child.stdin?.end();
  });
}

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveHere } from "@/lib/http/test-server";
import { createKey } from "@/lib/auth/keys";
import { IDENTICAL_CALLS } from "@/lib/core/agents/breaker";
import { closeDb, type Db, getDb, write } from "@/lib/db/client";
import { migratedFile } from "@/lib/db/queries/test-world";
import { createSweeper } from "@/lib/detection/sweeper";
import { flushHooks, loadHooks } from "@/lib/ingest/hooks/ask";
import { guideFor } from "@/lib/ingest/hooks/guides";
import { startModel } from "@/e2e/scripted-model";
import { commandAgent } from "@/lib/response/agents/command";
import { changeType } from "@/lib/response/settings";
import { sweep } from "@/lib/runtime/sweep";
import { CONFIG, PERSON } from "@/lib/runtime/test-fleet";
import * as logs from "../v1/logs/route";
import * as metrics from "../v1/metrics/route";
import * as traces from "../v1/traces/route";
import * as hooks from "../api/v1/hooks/[program]/route";
import * as keyedOtlp from "../otlp/[key]/v1/[signal]/route";

/** Where Claude Code, Codex and Gemini CLI are installed; without them this is skipped and counted. */
const PROGRAMS = process.env["CODING_AGENTS"] ?? join(tmpdir(), "coding-agents");
const bin = (name: string) => join(PROGRAMS, "node_modules", ".bin", name);
const RUN_MS = 2 * 60_000;
const ORDINARY_CALLS = 30;

let remove: () => Promise<void>;
let db: Db;
let key: string;
let server: Awaited<ReturnType<typeof serveHere>>;
let url: string;
let model: Awaited<ReturnType<typeof startModel>>;
/** Hooks as they came, in the order of arrival. */
interface Hook {
  hook_event_name: string;
  session_id: string;
}
let seen: Hook[] = [];

beforeAll(async () => {
  const file = await migratedFile();
  ({ remove } = file);
  process.env["LIBSQL_URL"] = file.url;
  db = await getDb();
  model = await startModel(() => null);
  server = await serveHere(serve);
  ({ url } = server);
});
afterAll(async () => {
  model.stop();
  server.stop();
  await closeDb();
  await remove();
});

/** The routes that a built server has, in this process. */
async function serve(request: Request, [first, second, third, fourth]: string[], sent: Buffer): Promise<Response> {
  const none = { params: Promise.resolve({}) };
  if (first === "otlp") return keyedOtlp.POST(request, { params: Promise.resolve({ key: second!, signal: fourth! }) });
  if (first === "v1") return { logs, metrics, traces }[second as "logs"].POST(request, none);
  if (third !== "hooks") return new Response(null, { status: 404 });
  const body = JSON.parse(sent.toString()) as Hook;
  seen.push(body);
  return hooks.POST(request, { params: Promise.resolve({ program: fourth! }) });
}

interface Program {
  type: string;
  installed: boolean;
  /** Writes its settings below `home`. */
  set: (home: string) => void;
  /** `session`: the one that is to go on; null: a new one. */
  run: (prompt: string, session: string | null) => { args: string[]; env: Record<string, string> };
  before: string;
}

const settings = (
  program: "claude-code" | "codex" | "gemini-cli",
  home: string,
  and: (text: string) => string = (t) => t,
) => {
  const { parts } = guideFor(program, { url, key, managed: false, whenUnreachable: "block" });
  const file = parts[0]!.where.replace("~", home);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, and(parts[0]!.text));
};

const CASES: Record<string, Program> = {
  "Claude Code": {
    type: "claude-code",
    installed: existsSync(bin("claude")),
    before: "PreToolUse",
    set: (home) => settings("claude-code", home),
    run: (prompt, session) => ({
      args: [
        bin("claude"), "-p", prompt, "--allowedTools", "Bash", "--output-format", "stream-json", "--verbose",
        ...(session ? ["--resume", session] : []),
      ],
      env: { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: "none", OTEL_LOGS_EXPORT_INTERVAL: "500" },
    }),
  },
  Codex: {
    type: "codex_exec",
    installed: existsSync(bin("codex")),
    before: "PreToolUse",
    set: (home) =>
      settings("codex", home, (text) =>
        [
          'model = "scripted"',
          'model_provider = "scripted"',
          'approval_policy = "never"',
          'sandbox_mode = "danger-full-access"',
          "[model_providers.scripted]",
          'name = "scripted"',
          `base_url = "${model.url}/v1"`,
          'wire_api = "responses"',
          'env_key = "SCRIPTED_KEY"',
          text,
        ].join("\n"),
      ),
    run: (prompt, session) => ({
      args: [
        bin("codex"), "exec", "--skip-git-repo-check", "--dangerously-bypass-hook-trust",
        ...(session ? ["resume", session] : []), prompt,
      ],
      env: { SCRIPTED_KEY: "none" },
    }),
  },
  "Gemini CLI": {
    type: "gemini-cli",
    installed: existsSync(bin("gemini")),
    before: "BeforeTool",
    set: (home) =>
      settings("gemini-cli", home, (text) =>
        JSON.stringify({
          ...JSON.parse(text),
          security: { auth: { selectedType: "gemini-api-key" } },
          // It has a breaker of its own, after five calls.
          model: { disableLoopDetection: true },
        }),
      ),
    run: (prompt, session) => ({
      args: [bin("gemini"), "--yolo", "-p", prompt, ...(session ? ["--resume", "latest"] : [])],
      env: { GOOGLE_GEMINI_BASE_URL: model.url, GEMINI_API_KEY: "none", GEMINI_CLI_TRUST_WORKSPACE: "true" },
    }),
  },
}; // prettier-ignore

/** Runs a program with an environment of its own. Its output, and its exit code. */
function run(home: string, { args, env }: { args: string[]; env: Record<string, string> }): Promise<string> {
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

const asked = (name: string) => seen.filter((one) => one.hook_event_name === name).length;
const calls = async (session: string) => {
  await flushHooks(db);
  await sweep(db, Date.now(), CONFIG, createSweeper());
  await loadHooks(db);
  const { rows } = await db.$client.execute({
    sql: "SELECT r.tool_calls AS calls, a.id AS id, a.state AS state, a.enforcement AS enforcement FROM runs r JOIN agents a ON a.id = r.agent_id WHERE r.run_id = ?",
    args: [session],
  });
  return rows.map((row) => ({ ...row }));
};

describe.each(Object.entries(CASES))("the real %s", (_name, program) => {
  const home = mkdtempSync(join(tmpdir(), "coding-agent-"));
  beforeAll(async () => {
    if (!program.installed) return;
    // Each a key of its own: an hour allows one key's agents few quarantines.
    key = (await createKey(db, { name: program.type, createdBy: "t", scopes: ["events"] }, 1)).secret;
    mkdirSync(join(home, "app"), { recursive: true });
    program.set(home);
    await write(db, [
      { sql: "INSERT INTO agent_types (type, created_at) VALUES (?, 1) ON CONFLICT DO NOTHING", args: [program.type] },
    ]);
    await changeType(db, program.type, { mode: "act" }, PERSON, Date.now());
    await loadHooks(db);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  test.skipIf(!program.installed)(
    "an ordinary session of 30 calls is untouched, and each call counts once",
    async () => {
      seen = [];
      model.play((turn) => (turn < ORDINARY_CALLS ? `echo step ${turn}` : null));
      const output = await run(home, program.run("work", null));
      expect(asked(program.before), output).toBe(ORDINARY_CALLS);
      expect(output).toContain("Done.");
      const session = seen[0]!.session_id;
      await expect
        .poll(() => calls(session), { interval: 500 })
        .toMatchObject([{ calls: ORDINARY_CALLS, enforcement: 1 }]);
    },
  );

  test.skipIf(!program.installed)(
    "a loop is held before its eighth call, and the same session finishes once it is released",
    async () => {
      seen = [];
      let refused = 0;
      // A program that goes on with its turn after a refusal would never end: the model gives up after some.
      model.play(() => (asked(program.before) < IDENTICAL_CALLS || refused++ < 2 ? "echo again" : null));
      const output = await run(home, program.run("work", null));
      const session = seen[0]!.session_id;
      expect(output).toContain("Held by Sentinel: 8 identical calls in a row");
      await expect
        .poll(() => calls(session), { interval: 500 })
        .toMatchObject([{ calls: IDENTICAL_CALLS - 1, state: "quarantined" }]);
      const [held] = await calls(session);

      model.play(() => null);
      const asks = asked(program.before);
      await run(home, program.run("go on", session));
      expect(model.turns, "a prompt of a held session reaches no model").toBe(0);
      await commandAgent(db, held!.id as string, "release", undefined, PERSON, Date.now());
      await loadHooks(db);
      model.play((turn) => (turn < 2 ? "echo again" : null));
      const released = await run(home, program.run("go on", session));
      expect(asked(program.before) - asks).toBe(2);
      expect(released).toContain("Done.");
      await expect.poll(() => calls(session), { interval: 500 }).toMatchObject([{ calls: IDENTICAL_CALLS + 1 }]);
    },
  );
});

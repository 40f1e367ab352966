import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Assistant, mcpGuideFor, TOKEN_VARIABLE } from "@/components/settings/mcp-guides";
import { createApiToken } from "@/lib/auth/api-tokens";
import { openServerDb } from "@/lib/db/queries/test-world";
import { serveHere } from "@/lib/http/test-server";
import * as route from "./route";

/** Where Claude Code, Codex and Gemini CLI are installed; without them these tests are skipped and counted. */
const PROGRAMS = process.env["CODING_AGENTS"] ?? join(tmpdir(), "coding-agents");
const BIN = join(PROGRAMS, "node_modules", ".bin");
const RUN_MS = 2 * 60_000;
const run = promisify(execFile);

let server: Awaited<ReturnType<typeof serveHere>>;
let close: () => Promise<void>;
let token = "";
let home = "";
/** Methods of the messages that came with a good token. */
let asked: string[] = [];

beforeAll(async () => {
  const world = await openServerDb();
  close = world.close;
  token = (await createApiToken(world.db, { name: "t", role: "viewer", expiresAt: null, createdBy: "t" }, 1)).secret;
  home = mkdtempSync(join(tmpdir(), "mcp-programs-"));
  mkdirSync(join(home, "app"));
  server = await serveHere(async (request, _, body) => {
    const answer = await (request.method === "POST" ? route.POST : route.GET)(request, { params: Promise.resolve({}) });
    if (answer.ok && body.length > 0) asked.push((JSON.parse(body.toString()) as { method: string }).method);
    return answer;
  });
});
afterAll(async () => {
  server.stop();
  await close();
  rmSync(home, { recursive: true, force: true });
});

/** Nothing of this machine's accounts and settings, and no way to a vendor is needed. */
const environment = () => ({
  HOME: home,
  PATH: `${BIN}:${process.env["PATH"]}`,
  [TOKEN_VARIABLE]: token,
  DISABLE_AUTOUPDATER: "1",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  GEMINI_CLI_TRUST_WORKSPACE: "true",
});
const shell = async (command: string): Promise<string> => {
  const { stdout, stderr } = await run("sh", ["-c", command], { env: environment() as unknown as NodeJS.ProcessEnv, cwd: join(home, "app"), timeout: RUN_MS }); // prettier-ignore
  return stdout + stderr;
};
const connect = (assistant: Assistant) => shell(mcpGuideFor(assistant, server.url).text);
const isMissing = (name: string) => !existsSync(join(BIN, name));

test.skipIf(isMissing("claude"))(
  "Claude Code connects with the settings that the console shows",
  { timeout: 2 * RUN_MS },
  async () => {
    asked = [];
    await connect("claude-code");
    expect(await shell("claude mcp list")).toMatch(/sentinel: .*Connected/);
    expect(asked).toEqual(["server/discover", "tools/list"]);
  },
);

test.skipIf(isMissing("gemini"))("Gemini CLI connects with them", { timeout: 2 * RUN_MS }, async () => {
  asked = [];
  await connect("gemini-cli");
  expect(await shell("gemini mcp list")).toMatch(/sentinel: .* - Connected/);
  expect(asked).toContain("initialize");
});

test.skipIf(isMissing("codex"))("Codex connects with them, and lists the tools", { timeout: 2 * RUN_MS }, async () => {
  asked = [];
  await connect("codex");
  expect(await shell("codex mcp list")).toMatch(/sentinel +http.*enabled +Bearer token/);
  const tools = await listedByCodex();
  expect(tools).toContain("explain_incident");
  expect(tools).not.toContain("hold_agent");
  expect(asked).toEqual(expect.arrayContaining(["initialize", "tools/list"]));
});

/** What Codex found at its servers, as its editors ask it. */
async function listedByCodex(): Promise<string[]> {
  const codex = spawn(join(BIN, "codex"), ["app-server"], { env: environment() as unknown as NodeJS.ProcessEnv, cwd: join(home, "app"), stdio: ["pipe", "pipe", "ignore"], timeout: RUN_MS }); // prettier-ignore
  const send = (message: object) => codex.stdin.write(`${JSON.stringify(message)}\n`);
  send({ id: 1, method: "initialize", params: { clientInfo: { name: "tests", title: "tests", version: "1" } } });
  try {
    for await (const line of createInterface(codex.stdout)) {
      const message = JSON.parse(line) as { id?: number; result?: { data: { tools: Record<string, object> }[] } };
      if (message.id === 1) {
        send({ method: "initialized" });
        send({ id: 2, method: "mcpServerStatus/list", params: {} });
      }
      if (message.id === 2) return message.result?.data.flatMap(({ tools }) => Object.keys(tools)) ?? [];
    }
    throw new Error("Codex ended without an answer");
  } finally {
    codex.kill();
  }
}

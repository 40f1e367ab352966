import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createKey } from "@/lib/auth/keys";
import { TEAM_HEADER } from "@/lib/contracts/hooks";
import type { Db } from "@/lib/db/client";
import { findAgent } from "@/lib/db/queries/agents";
import { openServerDb } from "@/lib/db/queries/test-world";
import { createSweeper } from "@/lib/detection/sweeper";
import { flushHooks, loadHooks } from "@/lib/ingest/hooks/ask";
import { refreshBook } from "@/lib/response/budgets/book";
import { setBudget } from "@/lib/response/budgets/set";
import { changeType } from "@/lib/response/settings";
import { sweep } from "@/lib/runtime/sweep";
import { CONFIG, PERSON } from "@/lib/runtime/test-fleet";
import * as logs from "../../../../v1/logs/route";
import * as hooks from "./route";

/** Hooks name a session, its folder and at most its user; whose budgets it counts towards, telemetry of the session says, or its settings. */
let close: () => Promise<void>;
let db: Db;
let secret: string;
let name: string;
let calls = 0;
const sweeper = createSweeper();
beforeAll(async () => {
  ({ db, close } = await openServerDb());
});
afterAll(() => close());
beforeEach(async () => {
  name = `labels-${++calls}`;
  secret = (await createKey(db, { name, createdBy: "t" }, 1)).secret;
});

const headers = () => ({ authorization: `Bearer ${secret}`, "content-type": "application/json" });
const attributes = (of: object) => Object.entries(of).map(([key, stringValue]) => ({ key, value: { stringValue } }));
const telemetry = (resource: object) =>
  logs.POST(
    new Request("http://sentinel.test/v1/logs", {
      method: "POST",
      headers: headers(),
      body: JSON.stringify({
        resourceLogs: [
          {
            resource: { attributes: attributes({ "service.name": "claude-code", ...resource }) },
            scopeLogs: [
              {
                scope: { name: "s" },
                logRecords: [{ timeUnixNano: `${Date.now()}000000`, attributes: attributes({ "session.id": name, "user.email": name, "event.name": "api_request", "event.sequence": `${++calls}`, model: "m" }) }], // prettier-ignore
              },
            ],
          },
        ],
      }),
    }),
    { params: Promise.resolve({}) },
  );
async function hook(more: Record<string, string> = {}, event = "PreToolUse") {
  const body = {
    session_id: name,
    hook_event_name: event,
    transcript_path: `/home/${name}/.claude/projects/x/${name}.jsonl`,
    cwd: "/home/user/app",
    tool_name: "Bash",
    tool_input: { command: `ls ${++calls}` },
    tool_use_id: `toolu_${calls}`,
    ...(event === "PostToolUse" && { tool_response: { stdout: "x" }, duration_ms: 5 }),
  };
  const request = new Request("http://sentinel.test/api/v1/hooks/claude-code", { method: "POST", headers: { ...headers(), host: "sentinel.test", ...more }, body: JSON.stringify(body) }); // prettier-ignore
  const answer = await hooks.POST(request, { params: Promise.resolve({ program: "claude-code" }) });
  return JSON.stringify(await answer.json());
}
const budget = (scope: "team" | "repository", subject: string) =>
  setBudget(db, { id: name, scope, subject, window: "day", zone: "UTC", measure: "tool_calls", limit: 1, warnShare: 0.8, atLimit: "pause_and_ask" }, PERSON, Date.now()); // prettier-ignore
async function counted() {
  await flushHooks(db);
  await changeType(db, "claude-code", { mode: "act" }, PERSON, Date.now());
  await sweep(db, Date.now(), CONFIG, sweeper);
  await loadHooks(db);
  await refreshBook(db, Date.now());
}

test.each([
  ["team", { team: "ml-otlp" }, "ml-otlp", ""],
  ["repository", { "vcs.repository.name": "acme/shop" }, "acme/shop", ":shop"],
] as const)("a budget by %s holds the session whose telemetry names it", async (scope, resource, subject, part) => {
  const agent = `claude-code:${name}${part}`;
  await budget(scope, subject);
  await telemetry(resource);
  expect(await hook()).toBe("{}");
  await hook({}, "PostToolUse");
  await counted();
  expect(await findAgent(db, agent)).toMatchObject({ labels: { user: name, [scope]: subject } });
  expect(await hook()).toContain(`the budget of ${scope} ${subject} is used up`);
});

test("a team that only the settings of its hooks name counts and is held, and telemetry's comes first", async () => {
  const agent = `claude-code:${name}`;
  const ml = { [TEAM_HEADER]: "ml-hooks" };
  await budget("team", "ml-hooks");
  await telemetry({});
  await hook(ml, "PostToolUse");
  await counted();
  expect((await findAgent(db, agent))?.labels).toMatchObject({ user: name, team: "ml-hooks" });
  expect(await hook(ml)).toContain("the budget of team ml-hooks is used up");
  await telemetry({ team: "web" });
  await hook(ml, "PostToolUse");
  await flushHooks(db);
  expect((await findAgent(db, agent))?.labels).toMatchObject({ team: "web" });
});

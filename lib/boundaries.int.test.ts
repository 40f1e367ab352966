import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";

/** A file, one line that it must not hold, and whether the same room may hold the second line. */
const VIOLATIONS: [file: string, forbidden: string, allowed: string][] = [
  ["lib/core/base/a.ts", 'import "zod";', 'import "simple-statistics";'],
  ["lib/core/base/b.ts", 'import "@/lib/db/client";', 'import "./stats";'],
  ["lib/core/base/c.ts", "export const at = Date.now();", "export const at = 1;"],
  ["lib/core/base/d.ts", "export const n = Math.random();", "export const n = Math.max(1, 2);"],
  ["lib/core/base/e.ts", "export const e = process;", "export const e = 1;"],
  ["lib/core/base/f.ts", 'import "../detection/detect";', 'import "./vocabulary";'],
  ["lib/core/detection/a.ts", 'import "../evidence/bundle";', 'import "../base/stats";'],
  ["lib/core/evidence/a.ts", 'import "../causes/rank";', 'import "../base/stats";'],
  ["lib/core/alerts/a.ts", 'import "../causes/rank";', 'import "../base/vocabulary";'],
  ["lib/core/causes/a.ts", 'import "../detection/detect";', 'import "../evidence/bundle";'],
  ["lib/core/agents/a.ts", 'import "../evidence/bundle";', 'import "../detection/detect";'],
  ["lib/core/scoring/a.ts", 'import "../detection/detect";', 'import "../causes/ground";'],
  ["lib/core/services/a.ts", 'import "../causes/rank";', 'import "../detection/detect";'],
  ["lib/core/budgets/a.ts", 'import "../detection/detect";', 'import "../base/vocabulary";'],
  ["lib/core/notify/a.ts", 'import "../detection/detect";', 'import "../base/act-hours";'],
  ["lib/contracts/a.ts", 'import "@/lib/db/schema";', 'import "@/lib/core/base/vocabulary";'],
  ["lib/db/queries/a.ts", 'import "@/lib/ingest/ingest";', 'import "../client";'],
  ["lib/db/queries/b.ts", 'import "../../ingest/ingest";', 'import "@/lib/core/base/vocabulary";'],
  ["lib/auth/a.ts", 'import "@/lib/http/route";', 'import "@/lib/db/client";'],
  ["lib/evidence/a.ts", 'import "@/lib/env";', 'import "@/lib/core/causes/rank";'],
  ["lib/agents/a.ts", 'import "@/lib/db/client";', 'import "@/lib/evidence/logs";'],
  ["lib/agents/b.ts", 'import "@/lib/actions/index";', 'import "@/lib/core/causes/ground";'],
  ["lib/actions/service/a.ts", 'import "@/lib/db/client";', 'import "@/lib/core/base/policy";'],
  [
    "lib/actions/b.ts",
    'import { z } from "zod"; export const a = z;',
    'import type { z } from "zod"; export type A = z.ZodType;',
  ],
  ["lib/actions/c.ts", 'import "@/lib/core/agents/diagnose";', 'import "@/lib/core/base/vocabulary";'],
  ["lib/actions/d.ts", 'import "./perform";', 'import "./action";'],
  ["lib/notify/a.ts", 'import "@/lib/response/act";', 'import "@/lib/core/base/vocabulary";'],
  ["lib/config/a.ts", 'import "@/lib/db/client";', 'import "@/lib/env";'],
  ["lib/response/a.ts", 'import "@/lib/ingest/ingest";', 'import "@/lib/db/commit";'],
  ["lib/response/b.ts", 'import "@/lib/detection/judge";', 'import "@/lib/actions/index";'],
  ["lib/response/agents/a.ts", 'import "@/lib/runtime/sweep";', 'import "../proposal";'],
  ["lib/response/services/a.ts", 'import "../../db/client";', 'import "./context";'],
  ["lib/ingest/a.ts", 'import "@/lib/detection/judge";', 'import "@/lib/response/decide";'],
  ["lib/ingest/b.ts", 'import "@/lib/http/route";', 'import "@/lib/wake";'],
  ["lib/ingest/sources/a.ts", 'import "@/lib/db/client";', 'import "@/lib/contracts/endpoint";'],
  ["lib/ingest/sources/x/a.ts", 'import "../../take-alerts";', 'import "../alert-parse";'],
  ["lib/ingest/sources/x/guide.ts", 'import "zod";', 'import "../guide";'],
  ["lib/ingest/hooks/guides.ts", 'import "@/lib/contracts/hooks";', "export const a = 1;"],
  ["components/settings/b.tsx", 'import "@/lib/ingest/hooks/ask";', 'import "@/lib/ingest/hooks/guides";'],
  ["app/hooks/[key]/a.ts", 'import "@/components/ui/badge";', 'import "@/app/api/v1/hooks/[program]/route";'],
  ["lib/ingest/sources/y/guide.ts", 'import "./schema";', 'import "./template";'],
  ["lib/detection/a.ts", 'import "@/lib/runtime/sweep";', 'import "@/lib/response/decide";'],
  ["lib/detection/b.ts", 'import "@/app/api/v1/ingest/route";', 'import "@/lib/ingest/take-in";'],
  ["lib/runtime/a.ts", 'import "@/lib/http/route";', 'import "@/lib/detection/judge";'],
  ["lib/runtime/b.ts", 'import "@/lib/drills/loop";', 'import "./sweep";'],
  ["lib/views/a.ts", 'import "@/lib/response/decide";', 'import "@/lib/db/client";'],
  ["lib/mcp/a.ts", 'import "@/lib/response/decide";', 'import "@/lib/response/agents/quarantine";'],
  ["lib/mcp/b.ts", 'import "@/lib/response/agents/command";', 'import "@/lib/views/incidents";'],
  ["lib/mcp/c.ts", 'import { approvalClaim } from "@/lib/db/queries/healing";', 'import "@/lib/views/changes";'],
  ["lib/mcp/d.ts", 'import { saveSettings } from "@/lib/db/queries/settings";', 'import "@/lib/config/agents";'],
  ["lib/mcp/e.ts", 'import { setRole } from "@/lib/db/queries/users";', 'import "@/lib/contracts/users";'],
  [
    "lib/mcp/f.ts",
    'import { createApiToken } from "@/lib/auth/api-tokens"; export const a = createApiToken;',
    'import type { TokenPerson } from "@/lib/auth/api-tokens"; export type A = TokenPerson;',
  ],
  [
    "lib/mcp/g.ts",
    'import { write } from "@/lib/db/client"; export const a = write;',
    'import type { Db } from "@/lib/db/client"; export type A = Db;',
  ],
  ["lib/mcp/h.ts", 'import { changeRole } from "@/lib/auth/roles";', 'import "@/lib/errors";'],
  ["lib/mcp/tools/b.ts", 'import "../../response/agents/command";', 'import "../tool";'],
  ["lib/mcp/tools/a.ts", 'import "drizzle-orm";', 'import "@/lib/views/agents";'],
  ["app/api/mcp/a.ts", 'import "@/lib/views/agents";', 'import "@/lib/mcp/answer";'],
  ["lib/telemetry/a.ts", 'import "@/lib/env";', 'import "@/lib/core/base/vocabulary";'],
  ["lib/wake.ts", 'import "@/lib/log";', "export const a = 1;"],
  [
    "lib/response/d.ts",
    "export const t = (db: any) => db.transaction();",
    "export const t = (db: { batch(): void }) => db.batch();",
  ],
  ["lib/response/e.ts", 'import "drizzle-orm";', 'import "@/lib/db/queries/agents";'],
  ["lib/ingest/c.ts", 'import "drizzle-orm";', 'import "@/lib/db/queries/agents";'],
  ["lib/detection/c.ts", 'import "drizzle-orm";', 'import "@/lib/db/queries/agents";'],
  ["lib/runtime/c.ts", 'import "drizzle-orm";', 'import "@/lib/db/queries/agents";'],
  ["lib/drills/b.ts", 'import "drizzle-orm";', 'import "@/lib/db/queries/agents";'],
  ["lib/drills/a.ts", 'import "@/lib/http/route";', 'import "@/lib/runtime/service-turn";'],
  ["lib/evals/a.ts", 'import "@/lib/http/route";', 'import "@/lib/runtime/sweep";'],
  ["lib/http/a.ts", 'import "@/lib/ingest/ingest";', 'import "@/lib/auth/people";'],
  ["lib/http/b.ts", 'import "@/lib/ingest/take-alerts";', 'import "@/lib/ingest/sources/index";'],
  ["lib/cli/a.ts", 'import "@/app/page";', 'import "@/lib/runtime/sweep";'],
  ["lib/scrape/a.ts", 'import "@/lib/env";', 'import "./store";'],
  ["lib/log.ts", 'import "@/lib/db/client";', 'import "./env";'],
  ["lib/a.ts", "export const e = process.env.HOME;", "export const e = process.pid;"],
  [
    "components/agents/card.tsx",
    'import "@/lib/db/client";',
    'import type { AgentView } from "@/lib/contracts/agents";',
  ],
  [
    "components/agents/d.tsx",
    'import { AGENTS } from "@/lib/contracts/agents";',
    'import { PATHS } from "@/lib/contracts/paths";',
  ],
  ["components/agents/b.tsx", 'import "@/lib/env";', 'import "@/lib/core/base/vocabulary";'],
  ["components/agents/c.tsx", 'import "@/lib/core/detection/detect";', 'import "@/components/ui/badge";'],
  ["components/settings/a.tsx", 'import "@/lib/ingest/sources/index";', 'import "@/lib/ingest/sources/guides";'],
  ["components/status/a.tsx", 'import "@/lib/actions/perform";', 'import "@/lib/actions/index";'],
  ["components/ui/a.tsx", 'import "@/lib/contracts/agents";', 'import "./cn";'],
  ["app/(console)/page.tsx", 'import "@/lib/runtime/sweep";', 'import "@/lib/db/queries/agents";'],
  ["app/(console)/evals/page.tsx", 'import "@/lib/evals/results";', 'import "@/lib/views/measured";'],
  ["app/(console)/evals/page.tsx", 'import "@/lib/evals/cases/start-run";', 'import "@/lib/evals/cases/offer";'],
  ["app/api/v1/x/route.ts", 'import "@/components/ui/badge";', 'import "@/lib/ingest/ingest";'],
  ["app/api/v1/y/route.ts", 'import "@/lib/db/schema";', 'import "@/lib/db/queries/agents";'],
  ["app/api/cron/improve/route.ts", 'import "@/lib/evals/cases/run";', 'import "@/lib/evals/improve/start";'],
  ["sdk/typescript/a.ts", 'import "@/lib/core/base/vocabulary";', 'import "./client";'],
  ["seeds/fleet/a.ts", 'import "@/lib/env";', 'import "@/sdk/typescript/index";'],
  ["e2e/http/a.test.ts", 'import "@/lib/env";', 'import "./server";'],
];

const folder = mkdtempSync(join(tmpdir(), "boundaries-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The files in which the linter finds an error. */
async function lint(lines: (violation: (typeof VIOLATIONS)[number]) => string): Promise<Set<string>> {
  for (const violation of VIOLATIONS) {
    const path = join(folder, violation[0]);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${lines(violation)}\nexport {};\n`);
  }
  cpSync(".oxlintrc.json", join(folder, ".oxlintrc.json"));
  const output = await new Promise<string>((done, fail) => {
    execFile(
      resolve("node_modules/.bin/oxlint"),
      ["--format=json", "."],
      { cwd: folder, timeout: 5 * 60_000 },
      (error, stdout) => (stdout ? done(stdout) : fail(error ?? new Error("no output"))),
    );
  });
  const { diagnostics } = JSON.parse(output) as { diagnostics: { filename: string; code: string }[] };
  return new Set(diagnostics.filter(({ code }) => /restricted|process-env/.test(code)).map(({ filename }) => filename));
}

/** What a statement looks like in a string: the linter reads imports only. */
const STATEMENT = /\b(SELECT\s.+\sFROM|INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM)\b|\bsql`/s;

test.each([
  ["`SELECT id\n FROM agents`", true],
  ['"UPDATE agents SET state = ?"', true],
  ["db.all(sql`x`)", true],
  ["// The newest is selected from those that were updated.", false],
])("%s is a statement: %s", (text, found) => {
  expect(STATEMENT.test(text)).toBe(found);
});

test.each(["response", "ingest", "detection", "runtime", "drills", "mcp"])("lib/%s holds no SQL", (room) => {
  const files = readdirSync(`lib/${room}`, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !/(^|\/)(test|fixture)-|\.test\.ts$/.test(file),
  );
  expect(files.length).toBeGreaterThan(5);
  expect(files.filter((file) => STATEMENT.test(readFileSync(`lib/${room}/${file}`, "utf8")))).toEqual([]);
});

test("each import rule of the house is broken once, and the linter says so", async () => {
  const found = await lint(([, forbidden]) => forbidden);
  expect(VIOLATIONS.map(([file]) => file).filter((file) => !found.has(file))).toEqual([]);
});

test("what each room may do passes", async () => {
  expect([...(await lint(([, , allowed]) => allowed))]).toEqual([]);
});

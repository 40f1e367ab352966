import { z } from "zod";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const count = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);
const flag = (fallback: boolean) =>
  z
    .enum(["1", "0", "true", "false"])
    .default(fallback ? "1" : "0")
    .transform((value) => value === "1" || value === "true");
const secret = (min: number) => z.string().min(min, `must have at least ${min} characters`).optional();
const origin = z
  .url({ protocol: /^https?$/ })
  .transform((value) => new URL(value).origin)
  .optional();

/** Every variable Sentinel reads: its form, its default and one line about it. `.env.example` is written from here (see the test). */
export const VARIABLES = {
  LIBSQL_URL: z
    .string()
    .regex(/^(file|libsql|https?|wss?):/, "must begin with file:, libsql:, http(s): or ws(s):")
    .default("file:./data/sentinel.db")
    .describe("Where everything is kept: one local file, or any libSQL server"),
  LIBSQL_AUTH_TOKEN: z.string().optional().describe("Token of the libSQL server"),
  SQLITE_SYNC: z
    .enum(["NORMAL", "FULL"])
    .default("NORMAL")
    .describe("FULL also survives power loss, at the cost of speed"),
  SENTINEL_URL: origin.describe(
    "Public origin, for links, cookies and the origin check; by default the host of each request",
  ),
  PORT: count(3000, 1, 65_535).describe("Port to listen on; `next start -p` sets it too"),
  SENTINEL_SECRET: secret(32).describe("Signs session cookies; by default generated once and kept in the database"),
  CRON_SECRET: secret(16).describe("Bearer token of the cron route; without it that route is closed"),
  METRICS_TOKEN: secret(16).describe("Bearer token of /metrics; without it /metrics is open to whoever reaches it"),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("Least level that is logged"),
  LOG_FORMAT: z.enum(["json", "pretty"]).default("json").describe("json for machines, pretty for people"),
  SWEEP_IN_PROCESS: flag(true).describe("0 leaves sweeping to the cron route"),
  SWEEP_INTERVAL_MS: count(SECOND, 10, HOUR).describe("Time between two sweeps"),
  SWEEP_STALE_MS: count(30 * SECOND, 100, 24 * HOUR).describe(
    "A last sweep older than this makes /readyz answer not ready",
  ),
  RETENTION_RAW_DAYS: count(14, 1, 3_650).describe("Days that single events are kept"),
  RETENTION_ROLLUP_DAYS: count(90, 1, 3_650).describe("Days that hourly rollups are kept"),
  MAX_LATE_MS: count(10 * MINUTE, SECOND, 30 * 24 * HOUR).describe(
    "Events older than this on arrival are stored, not judged",
  ),
  MAX_CLOCK_SKEW_MS: count(2 * MINUTE, 0, 24 * HOUR).describe(
    "Events from further in the future are re-stamped and flagged",
  ),
  INSTANCE_LIVE_MS: count(45 * SECOND, 100, 24 * HOUR).describe("An instance not heard of for this long is not live"),
  ACK_TIMEOUT_MS: count(30 * SECOND, 100, 24 * HOUR).describe("A directive not confirmed after this notifies"),
  IN_FLIGHT_MS: count(30 * SECOND, 0, HOUR).describe("Reports this soon after a quarantine count as in flight"),
  DIRECTIVE_LEASE_S: count(300, 5, 86_400).describe("How long an agent keeps its last directive when Sentinel is away"),
  LONG_POLL_MAX: count(200, 0, 10_000).describe("Directive long-polls held at once; beyond it the answer is immediate"),
  APPROVAL_TTL_MS: count(24 * HOUR, SECOND, 30 * 24 * HOUR).describe(
    "A proposal not decided by then expires (nothing is done)",
  ),
  FLEET_WAIT_MS: count(2 * SECOND, 0, MINUTE).describe("How long a suspicion waits for others that share its cause"),
  PROBATION_SAMPLES: count(20, 1, 10_000).describe("Fresh samples that decide whether an action worked"),
  PROBATION_MS: count(15 * MINUTE, 100, 24 * HOUR).describe("Probation is decided by then at the latest"),
  KEY_EVENTS_PER_SECOND: count(50_000, 1, 10_000_000).describe("Events a second that one ingest key may send"),
  KEY_MAX_AGENTS: count(2_000, 1, 1_000_000).describe("Agents that one ingest key may introduce"),
  SENTINEL_DEMO_CONTROL_URL: origin.describe("Demo only: the fleet's fault control"),
  SENTINEL_DEMO_CONTROL_TOKEN: z.string().optional().describe("Demo only: its token"),
  SENTINEL_REAL_DATA: z
    .string()
    .optional()
    .describe("Tests only: folder of real data sets; without it their tests are skipped and counted"),
  REQUIRE_ALL: flag(false).describe("Tests only: a skipped test fails"),
} as const satisfies Record<string, z.ZodType>;

const Env = z.object(VARIABLES);
export type Env = Readonly<z.infer<typeof Env>>;

/** A variable has a value that Sentinel cannot run with. The message names each, and never repeats its value. */
export class EnvError extends Error {
  override readonly name = "EnvError";
}

/** Parses an environment; "" counts as not set. Throws EnvError naming every bad variable. */
export function parseEnv(source: Record<string, string | undefined>): Env {
  const set = Object.fromEntries(Object.entries(source).filter(([name, value]) => name in VARIABLES && value !== ""));
  const result = Env.safeParse(set);
  if (result.success) return Object.freeze(result.data);
  const problems = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new EnvError(`Bad environment. ${problems.join("; ")}`, { cause: result.error });
}

let parsed: Env | undefined;

/** This process's environment, parsed at first use and then fixed. */
export function env(): Env {
  return (parsed ??= parseEnv(process.env));
}

/** Variables of a .env file in the working directory, for entry points that Next does not start. Set variables win. */
export function loadEnvFile(path = ".env"): void {
  try {
    process.loadEnvFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw new EnvError(`Cannot read ${path}`, { cause: error });
  }
}

/** The environment for a child process: this one's, with changes. */
export const childEnv = (changes: Record<string, string>): NodeJS.ProcessEnv => ({ ...process.env, ...changes });

import { z } from "zod";
import { DEFAULT_LIMITS, DEFAULT_METRICS, METRIC_NAME } from "./core/services/signals";

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
/** A token, a password, a path. A line break at its end is how a file that was pasted whole shows; it would end up in a header. */
const line = z.string().regex(/^\P{Cc}*$/u, "must be one line without control characters");
const secret = (min: number) => line.min(min, `must have at least ${min} characters`).optional();
const address = z
  .url({ protocol: /^https?$/ })
  .transform((value) => value.replace(/(?<!\/)\/+$/, ""))
  .optional();
const origin = z
  .url({ protocol: /^https?$/ })
  .transform((value) => new URL(value).origin)
  .optional();
const HeaderFields = z.record(z.string(), z.string());
/** A JSON object of headers that every request carries; what HTTP does not allow is refused. */
const headers = z
  .string()
  .transform((text, context): Record<string, string> => {
    try {
      const parsed = HeaderFields.parse(JSON.parse(text));
      new Headers(parsed);
      return parsed;
    } catch {
      context.addIssue({ code: "custom", message: 'must be a JSON object of headers, {"Name": "value"}' });
      return z.NEVER;
    }
  })
  .optional();

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

const threshold = (fallback: number) => z.coerce.number().positive().max(1_000_000).default(fallback);
/** A metric's or label's name, as PromQL takes it. */
const metricName = (fallback: string) =>
  z.string().regex(METRIC_NAME, "must be a name of a metric or label").default(fallback);

const PROVIDER = "(openai|groq|anthropic|azure|ollama|openai-compatible)";
/** `provider/model`, comma-separated; a model's own name may have slashes and colons in it. */
const models = z
  .string()
  .regex(
    new RegExp(`^\\s*${PROVIDER}/[^\\s,]+(\\s*,\\s*${PROVIDER}/[^\\s,]+)*\\s*$`),
    "must be provider/model, comma-separated; providers: openai, groq, anthropic, azure, ollama, openai-compatible",
  )
  .optional();
/** Every variable Sentinel reads: its form, its default and one line about it. `.env.example` is written from here (see the test). */
export const VARIABLES = {
  LIBSQL_URL: z
    .string()
    .regex(/^(file|libsql|https?|wss?):/, "must begin with file:, libsql:, http(s): or ws(s):")
    .default("file:./data/sentinel.db")
    .describe("Where everything is kept: one local file, or any libSQL server"),
  LIBSQL_AUTH_TOKEN: line.optional().describe("Token of the libSQL server"),
  SQLITE_SYNC: z
    .enum(["NORMAL", "FULL"])
    .default("NORMAL")
    .describe("FULL also survives power loss, at the cost of speed"),
  SENTINEL_URL: origin.describe(
    "Public origin, for links, cookies and the origin check; by default the host of each request",
  ),
  TRUSTED_PROXIES: count(0, 0, 10).describe(
    "Reverse proxies in front of the server, whose X-Forwarded-For is believed; 0: the address of the connection counts",
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
  SWEEPER_ENABLED: flag(true).describe(
    "1 starts a sweeper beside the server; 0 leaves regular sweeps to the cron route",
  ),
  SWEEP_INTERVAL_MS: count(SECOND, 10, HOUR).describe("Time between two sweeps"),
  SWEEP_STALE_MS: count(30 * SECOND, 100, 24 * HOUR).describe(
    "A last sweep older than this makes /readyz answer not ready",
  ),
  RETENTION_RAW_DAYS: count(14, 1, 3_650).describe("Days that single events and pushed log lines are kept"),
  RETENTION_ROLLUP_DAYS: count(90, 1, 3_650).describe("Days that hourly rollups are kept"),
  DRILL_TTL_MS: count(24 * HOUR, SECOND, 30 * 24 * HOUR).describe("A drill is deleted by itself after this"),
  DRILLS_DIR: line
    .optional()
    .describe("Folder of drills; by default beside the database's file, ./data/drills where that is on a server"),
  MAX_LATE_MS: count(10 * MINUTE, SECOND, 30 * 24 * HOUR).describe(
    "Events older than this on arrival are judged by their time of arrival; those of an outage are stored, not judged",
  ),
  MAX_CLOCK_SKEW_MS: count(2 * MINUTE, 0, 24 * HOUR).describe(
    "Events from further in the future are judged by their time of arrival; a clock further off is shown",
  ),
  INSTANCE_LIVE_MS: count(45 * SECOND, 100, 24 * HOUR).describe("An instance not heard of for this long is not live"),
  ACK_TIMEOUT_MS: count(30 * SECOND, 100, 24 * HOUR).describe(
    "A directive not confirmed after this is marked as needing attention in the console",
  ),
  IN_FLIGHT_MS: count(30 * SECOND, 0, HOUR).describe("Reports this soon after a quarantine count as in flight"),
  DIRECTIVE_LEASE_S: count(300, 5, 86_400).describe("How long an agent keeps its last directive when Sentinel is away"),
  LONG_POLL_MAX: count(200, 0, 10_000).describe(
    "Directive long-polls held at once; beyond it the key that holds the most has its oldest answered at once",
  ),
  APPROVAL_TTL_MS: count(24 * HOUR, SECOND, 30 * 24 * HOUR).describe(
    "A proposal not decided by then expires (nothing is done)",
  ),
  FLEET_WAIT_MS: count(2 * SECOND, 0, MINUTE).describe("How long a suspicion waits for others that share its cause"),
  PROBATION_SAMPLES: count(20, 1, 10_000).describe("Fresh samples that decide whether an action worked"),
  PROBATION_MS: count(15 * MINUTE, 100, 24 * HOUR).describe("Probation is decided by then at the latest"),
  PROMETHEUS_URL: address.describe(
    "Prometheus, or what speaks its HTTP API; without it services are known by alerts only",
  ),
  PROMETHEUS_TOKEN: line.optional().describe("Bearer token of Prometheus"),
  PROMETHEUS_USER: line.optional().describe("User of Prometheus, for basic authentication instead"),
  PROMETHEUS_PASSWORD: line.optional().describe("Password of that user"),
  PROMETHEUS_HEADERS: headers.describe(
    'Further headers of every request to Prometheus, as JSON: {"X-Scope-OrgID":"team-a"} for a tenant of Mimir or Cortex',
  ),
  LOKI_URL: address.describe("Loki, for logs of services"),
  LOKI_TOKEN: line.optional().describe("Bearer token of Loki"),
  LOKI_USER: line.optional().describe("User of Loki for basic authentication; a token goes before it"),
  LOKI_PASSWORD: line.optional().describe("Its password"),
  LOKI_HEADERS: headers.describe('Further headers for Loki, as JSON: {"X-Scope-OrgID": "shop"}'),
  LOKI_SERVICE_LABEL: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a label's name")
    .default("service_name")
    .describe("Label of Loki's streams that holds a service's name"),
  SERVICE_LOGS_DIR: line
    .optional()
    .describe("Folder with log files: NAME.log, its rotated files (NAME.log.1, .gz), or NAME/*.log, for each service"),
  LOG_TIME_ZONE: z
    .string()
    .refine(isTimeZone, "must be an IANA time zone, such as Europe/Berlin")
    .default("UTC")
    .describe("Zone of times in log files that name none, as in Europe/Berlin"),
  KUBERNETES_URL: address.describe("Kubernetes API server, read only"),
  KUBERNETES_TOKEN: line.optional().describe("Its bearer token"),
  KUBERNETES_TOKEN_FILE: line
    .optional()
    .describe("File with that token instead, read anew for every question: projected tokens change"),
  KUBERNETES_CA_FILE: line.optional().describe("File with the certificate authority of the API server"),
  KUBERNETES_NAMESPACE: line.default("default").describe("Namespace whose services are looked at"),
  SENTINEL_RUNBOOKS_DIR: line.default("./seeds/runbooks").describe("Folder of markdown runbooks"),
  SENTINEL_SERVICES_FILE: line.optional().describe("JSON file that adds and corrects services and their dependencies"),
  SENTINEL_EMBEDDING_URL: address.describe(
    "OpenAI-compatible address for embeddings of past incidents, ending where /embeddings begins",
  ),
  SENTINEL_EMBEDDING_MODEL: line
    .optional()
    .describe("Its model; without one past incidents are found by words and features"),
  SENTINEL_EMBEDDING_KEY: line.optional().describe("Key for the embeddings"),
  SENTINEL_ACTIONS_FILE: line.optional().describe("JSON file with the allow-list of operations on services"),
  SENTINEL_WEBHOOK_SECRET: line.optional().describe("Signs webhooks that Sentinel calls (Standard Webhooks, whsec_…)"),
  GITHUB_API_URL: z
    .url({ protocol: /^https?$/ })
    .default("https://api.github.com")
    .describe("GitHub's REST API"),
  GITHUB_TOKEN: line.optional().describe("Token that may open rollback pull requests"),
  GITHUB_WEBHOOK_SECRET: secret(16).describe("Verifies GitHub's webhooks; without it they are refused"),
  PAGERDUTY_WEBHOOK_SECRET: line.optional().describe("Verifies PagerDuty's webhooks; without it they are refused"),
  WATCH_INTERVAL_MS: count(15 * SECOND, 200, HOUR).describe("Time between two looks at the signals of services"),
  WATCH_RATE_WINDOW: z
    .string()
    .regex(/^[1-9]\d*[smh]$/, "must look like 1m")
    .default("1m")
    .describe("PromQL window of rates: four scrape intervals or more"),
  CPU_THRESHOLD: threshold(DEFAULT_LIMITS.cpu).describe(
    "CPU limit, in cores an instance; where a container's own limit is known, nine tenths of that count instead",
  ),
  LATENCY_THRESHOLD: threshold(DEFAULT_LIMITS.latency_p90).describe(
    "Latency limit: seconds within which nine requests in ten are answered",
  ),
  ERROR_THRESHOLD: threshold(DEFAULT_LIMITS.errors).describe("Limit of failed requests, as a share of all"),
  CPU_METRIC: metricName(DEFAULT_METRICS.cpu).describe("Counter of CPU time, in seconds"),
  LATENCY_METRIC: metricName(DEFAULT_METRICS.latency).describe(
    "Histogram of request durations in seconds, without _bucket",
  ),
  REQUESTS_METRIC: metricName(DEFAULT_METRICS.requests).describe("Counter of requests"),
  REQUESTS_STATUS_LABEL: metricName(DEFAULT_METRICS.status).describe("Label of that counter with the HTTP status"),
  MEMORY_METRIC: metricName(DEFAULT_METRICS.memory).describe("Resident memory, in bytes"),
  ALERT_GROUP_WAIT_MS: count(3 * SECOND, 0, 10 * MINUTE).describe(
    "An incident gathers alerts for so long before it is investigated",
  ),
  NO_DATA_MS: count(5 * MINUTE, SECOND, 24 * HOUR).describe("A service without data for this long is an incident"),
  VERIFY_SETTLE_MS: count(30 * SECOND, 0, HOUR).describe("Time that an operation has before its effect is measured"),
  VERIFY_WINDOW_MS: count(2 * MINUTE, SECOND, 24 * HOUR).describe(
    "How long a service must be back in band to count as recovered",
  ),
  VERIFY_DEADLINE_MS: count(15 * MINUTE, SECOND, 24 * HOUR).describe("An operation without effect by then had none"),
  KEY_EVENTS_PER_SECOND: count(50_000, 1, 10_000_000).describe(
    "Events, log lines and changes a second that one ingest key may send",
  ),
  KEY_BYTES_PER_SECOND: count(20_000_000, 1_000, 10_000_000_000).describe(
    "Bytes a second, after inflation, that one ingest key may send",
  ),
  KEY_MAX_AGENTS: count(2_000, 1, 1_000_000).describe("Agents that one ingest key may introduce"),
  SENTINEL_ANALYSIS_MODEL: models.describe(
    "Model that reads further and writes on top of the analysis, as provider/model; more, comma-separated, are asked when it fails. None: no model",
  ),
  SENTINEL_TRIAGE_MODEL: models.describe("Model of the triage; by default the analysis model"),
  SENTINEL_JUDGE_MODEL: models.describe(
    "Model that will judge evaluations; checked at the start, and not asked by anything yet",
  ),
  SENTINEL_MODEL_PRICES: z
    .string()
    .regex(
      /^\s*[^\s,=]+=[\d.]+:[\d.]+(\s*,\s*[^\s,=]+=[\d.]+:[\d.]+)*\s*$/,
      "must be provider/model=input:output, comma-separated",
    )
    .optional()
    .describe(
      "USD per million tokens, as provider/model=input:output, comma-separated; unknown ones are counted as dear",
    ),
  OPENAI_API_KEY: line.optional().describe("Key for openai/ models"),
  GROQ_API_KEY: line.optional().describe("Key for groq/ models"),
  ANTHROPIC_API_KEY: line.optional().describe("Key for anthropic/ models"),
  AZURE_OPENAI_ENDPOINT: origin.describe("Resource of azure/ models, https://NAME.openai.azure.com"),
  AZURE_OPENAI_API_KEY: line.optional().describe("Key of that resource"),
  OPENAI_COMPATIBLE_URL: address.describe("Base address of openai-compatible/ models, usually ending in /v1"),
  OPENAI_COMPATIBLE_KEY: line.optional().describe("Its key, where it wants one"),
  OLLAMA_URL: z
    .url({ protocol: /^https?$/ })
    .default("http://127.0.0.1:11434")
    .transform((value) => new URL(value).origin)
    .describe("Where ollama/ models are served"),
  SENTINEL_DEMO_CONTROL_URL: origin.describe("Demo only: the fleet's fault control"),
  SENTINEL_DEMO_CONTROL_TOKEN: line.optional().describe("Demo only: its token"),
  SENTINEL_DEMO_TARGET_URL: origin.describe("Demo only: the watched service's supervisor"),
  SENTINEL_DEMO_TARGET_TOKEN: line.optional().describe("Demo only: its token"),
  SENTINEL_REAL_DATA: line
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

/** Names that variables had before; each is still read where its new name is not set. */
const FORMER_NAMES: Readonly<Record<string, keyof typeof VARIABLES>> = { SWEEP_IN_PROCESS: "SWEEPER_ENABLED" };

/** Parses an environment; "" counts as not set. Throws EnvError naming every bad variable. */
export function parseEnv(given: Record<string, string | undefined>): Env {
  const source = { ...given };
  for (const [former, name] of Object.entries(FORMER_NAMES)) source[name] ||= given[former];
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

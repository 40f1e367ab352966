import { z } from "zod";
import { headers, otlpHeaders } from "./env-headers";
import { DEMO_VARIABLES } from "./env-demo";
import { NOTIFY_VARIABLES } from "./env-notify";
import { address, origin, upstream } from "./env-urls";
import { isZone } from "./core/base/time-zone";
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
    .describe("Database: one local file, or any libSQL server"),
  LIBSQL_AUTH_TOKEN: line.optional().describe("Auth token for the libSQL server"),
  SQLITE_SYNC: z
    .enum(["NORMAL", "FULL"])
    .default("NORMAL")
    .describe("FULL also survives power loss, at the cost of speed"),
  SENTINEL_URL: origin.describe(
    "Public origin, for links, cookies and the origin check; by default the host of each request",
  ),
  TRUSTED_PROXIES: count(0, 0, 10).describe(
    "Number of reverse proxies whose X-Forwarded-For is trusted; 0 uses the address of the connection",
  ),
  PORT: count(3000, 1, 65_535).describe("Port to listen on; `next start -p` sets it too"),
  SENTINEL_SECRET: secret(32).describe("Signs session cookies; by default generated once and kept in the database"),
  CRON_SECRET: secret(16).describe("Bearer token of the cron routes; without it they are disabled"),
  METRICS_TOKEN: secret(16).describe("Bearer token of /metrics; without it, /metrics is open to anyone"),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("Minimum log level"),
  LOG_FORMAT: z.enum(["json", "pretty"]).default("json").describe("json for machines, pretty for people"),
  SWEEPER_ENABLED: flag(true).describe(
    "1 starts a sweeper process alongside the server; 0 leaves regular sweeps to the cron route",
  ),
  SWEEP_INTERVAL_MS: count(SECOND, 10, HOUR).describe("Time between two sweeps"),
  SWEEP_STALE_MS: count(30 * SECOND, 100, 24 * HOUR).describe(
    "/readyz reports not ready when the last sweep is older than this",
  ),
  RETENTION_RAW_DAYS: count(14, 1, 3_650).describe("Days to keep raw events and pushed log lines"),
  RETENTION_CONTENT_DAYS: count(3, 1, 90).describe(
    "Days to keep prompts, tool arguments and outputs of keys that may store them",
  ),
  RETENTION_ROLLUP_DAYS: count(90, 1, 3_650).describe("Days to keep hourly rollups"),
  DRILL_TTL_MS: count(24 * HOUR, SECOND, 30 * 24 * HOUR).describe("Drills are deleted automatically after this long"),
  DRILLS_DIR: line
    .optional()
    .describe("Folder for drills; by default next to the database file, or ./data/drills with a libSQL server"),
  MAX_LATE_MS: count(10 * MINUTE, SECOND, 30 * 24 * HOUR).describe(
    "Events older than this on arrival are evaluated at their arrival time; the backlog of an outage is stored without being evaluated",
  ),
  MAX_CLOCK_SKEW_MS: count(2 * MINUTE, 0, 24 * HOUR).describe(
    "Events further in the future than this are evaluated at their arrival time; a clock that is further off is reported",
  ),
  INSTANCE_LIVE_MS: count(45 * SECOND, 100, 24 * HOUR).describe(
    "An instance that has not reported for this long is not live",
  ),
  ACK_TIMEOUT_MS: count(30 * SECOND, 100, 24 * HOUR).describe(
    "A directive not confirmed within this time is marked as needing attention in the console",
  ),
  IN_FLIGHT_MS: count(30 * SECOND, 0, HOUR).describe(
    "Work reported within this time after a quarantine counts as already in flight, not as a breach",
  ),
  DIRECTIVE_LEASE_S: count(300, 5, 86_400).describe(
    "Seconds that an agent follows its last directive while Sentinel is unreachable; after that it runs unrestricted, or stops if its SDK is set to closed",
  ),
  LONG_POLL_MAX: count(200, 0, 10_000).describe(
    "Maximum concurrent directive long-polls; beyond it, the oldest poll of the key with the most is answered immediately",
  ),
  APPROVAL_TTL_MS: count(24 * HOUR, SECOND, 30 * 24 * HOUR).describe(
    "A proposal that is not decided within this time expires; nothing is done",
  ),
  FLEET_WAIT_MS: count(2 * SECOND, 0, MINUTE).describe(
    "How long a suspected agent waits to see whether others share its cause",
  ),
  PROBATION_SAMPLES: count(20, 1, 10_000).describe("Fresh samples that decide whether an action worked"),
  PROBATION_MS: count(15 * MINUTE, 100, 24 * HOUR).describe("Probation ends after this long at the latest"),
  BUDGET_TIME_ZONE: z
    .string()
    .refine(isZone, "must be an IANA time zone, such as Europe/Berlin")
    .default("UTC")
    .describe("Time zone of the days and months on the Spend page, and default for new budgets"),
  PROMETHEUS_URL: address.describe(
    "Prometheus, or anything with its HTTP API; without it, services are known only from alerts",
  ),
  PROMETHEUS_TOKEN: line.optional().describe("Bearer token for Prometheus"),
  PROMETHEUS_USER: line.optional().describe("User for basic authentication to Prometheus, instead of a token"),
  PROMETHEUS_PASSWORD: line.optional().describe("Password of that Prometheus user"),
  PROMETHEUS_HEADERS: headers.describe(
    'Extra headers for every request to Prometheus, as JSON: {"X-Scope-OrgID":"team-a"} for a tenant of Mimir or Cortex',
  ),
  LOKI_URL: address.describe("Loki, for service logs"),
  LOKI_TOKEN: line.optional().describe("Bearer token for Loki"),
  LOKI_USER: line.optional().describe("User for basic authentication to Loki; a token takes precedence"),
  LOKI_PASSWORD: line.optional().describe("Password of that Loki user"),
  LOKI_HEADERS: headers.describe('Extra headers for every request to Loki, as JSON: {"X-Scope-OrgID": "shop"}'),
  LOKI_SERVICE_LABEL: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a label's name")
    .default("service_name")
    .describe("Loki stream label that holds the service name"),
  SERVICE_LOGS_DIR: line
    .optional()
    .describe(
      "Folder with log files for each service: NAME.log and its rotated files (NAME.log.1, .gz), or NAME/*.log",
    ),
  LOG_TIME_ZONE: z
    .string()
    .refine(isZone, "must be an IANA time zone, such as Europe/Berlin")
    .default("UTC")
    .describe("Time zone of log files whose timestamps have none, such as Europe/Berlin"),
  KUBERNETES_URL: address.describe("Kubernetes API server, read only"),
  KUBERNETES_TOKEN: line.optional().describe("Bearer token for the Kubernetes API"),
  KUBERNETES_TOKEN_FILE: line
    .optional()
    .describe("File with that token; read for every request, because projected tokens rotate"),
  KUBERNETES_CA_FILE: line.optional().describe("File with the certificate authority of the API server"),
  KUBERNETES_NAMESPACE: line.default("default").describe("Namespace to watch"),
  SENTINEL_RUNBOOKS_DIR: line.default("./seeds/runbooks").describe("Folder of markdown runbooks"),
  SENTINEL_SERVICES_FILE: line.optional().describe("JSON file that adds and corrects services and their dependencies"),
  SENTINEL_EMBEDDING_URL: address.describe(
    "OpenAI-compatible base URL for embeddings of past incidents, without /embeddings",
  ),
  SENTINEL_EMBEDDING_MODEL: line
    .optional()
    .describe("Embedding model; without one, past incidents are matched by words and features"),
  SENTINEL_EMBEDDING_KEY: line.optional().describe("API key for embeddings"),
  SENTINEL_ACTIONS_FILE: line.optional().describe("JSON file with the allow-list of operations on services"),
  SENTINEL_WEBHOOK_SECRET: line
    .optional()
    .describe("Signs the webhooks that Sentinel calls (Standard Webhooks, whsec_…)"),
  GITHUB_API_URL: z
    .url({ protocol: /^https?$/ })
    .default("https://api.github.com")
    .describe("Base URL of the GitHub REST API"),
  GITHUB_TOKEN: line
    .optional()
    .describe("GitHub token with permission to open pull requests, for rollbacks and improvements"),
  GITHUB_READ_TOKEN: line
    .optional()
    .describe(
      "GitHub token with read-only access to contents, with which investigations read the diffs of changes; falls back to GITHUB_TOKEN",
    ),
  IMPROVE_REPOSITORY: z
    .string()
    .regex(/^[A-Za-z\d][A-Za-z\d-]{0,38}\/[A-Za-z\d_][\w.-]{0,99}$/, "must be owner/name")
    .optional()
    .describe(
      "GitHub repository of Sentinel, owner/name, where `sentinel improve` may propose a better-scoring change as a pull request; unset: off",
    ),
  IMPROVE_BRANCH: z
    .string()
    .regex(/^[A-Za-z\d](?:[\w./-]{0,198}\w)?$/, "must be a branch")
    .default("main")
    .describe("Base branch of those pull requests"),
  GITHUB_WEBHOOK_SECRET: secret(16).describe("Verifies GitHub's webhooks; without it they are rejected"),
  PAGERDUTY_WEBHOOK_SECRET: line.optional().describe("Verifies PagerDuty's webhooks; without it they are rejected"),
  ...NOTIFY_VARIABLES,
  WATCH_INTERVAL_MS: count(15 * SECOND, 200, HOUR).describe("Interval between measurements of service signals"),
  WATCH_RATE_WINDOW: z
    .string()
    .regex(/^[1-9]\d*[smh]$/, "must look like 1m")
    .default("1m")
    .describe("PromQL window for rates: at least four scrape intervals"),
  CPU_THRESHOLD: threshold(DEFAULT_LIMITS.cpu).describe(
    "CPU limit, in cores per instance; 90 % of the container's own limit is used instead where it is known",
  ),
  LATENCY_THRESHOLD: threshold(DEFAULT_LIMITS.latency_p90).describe("Latency limit (p90), in seconds"),
  ERROR_THRESHOLD: threshold(DEFAULT_LIMITS.errors).describe("Limit of failed requests, as a share of all requests"),
  CPU_METRIC: metricName(DEFAULT_METRICS.cpu).describe("Counter of CPU time, in seconds"),
  LATENCY_METRIC: metricName(DEFAULT_METRICS.latency).describe(
    "Histogram of request durations in seconds, without _bucket",
  ),
  REQUESTS_METRIC: metricName(DEFAULT_METRICS.requests).describe("Counter of requests"),
  REQUESTS_STATUS_LABEL: metricName(DEFAULT_METRICS.status).describe(
    "Label of the request counter that holds the HTTP status",
  ),
  MEMORY_METRIC: metricName(DEFAULT_METRICS.memory).describe("Resident memory, in bytes"),
  ALERT_GROUP_WAIT_MS: count(3 * SECOND, 0, 10 * MINUTE).describe(
    "How long an incident collects alerts before it is investigated",
  ),
  NO_DATA_MS: count(5 * MINUTE, SECOND, 24 * HOUR).describe("A service without data for this long opens an incident"),
  VERIFY_SETTLE_MS: count(30 * SECOND, 0, HOUR).describe("Time after an operation before its effect is measured"),
  VERIFY_WINDOW_MS: count(2 * MINUTE, SECOND, 24 * HOUR).describe(
    "How long a service must stay within its limits and usual range to count as recovered",
  ),
  VERIFY_DEADLINE_MS: count(15 * MINUTE, SECOND, 24 * HOUR).describe(
    "An operation whose effect has not been measured by this time counts as having no effect",
  ),
  KEY_EVENTS_PER_SECOND: count(50_000, 1, 10_000_000).describe(
    "Events, log lines and changes per second that one ingest key may send",
  ),
  KEY_BYTES_PER_SECOND: count(20_000_000, 1_000, 10_000_000_000).describe(
    "Bytes per second, after decompression, that one ingest key may send",
  ),
  KEY_MAX_AGENTS: count(2_000, 1, 1_000_000).describe("Agents that one ingest key may register"),
  SENTINEL_ANALYSIS_MODEL: models.describe(
    "Model that reads more evidence and adds to the local analysis, as provider/model; comma-separated fallbacks are tried when it fails. Unset: no model is used",
  ),
  SENTINEL_TRIAGE_MODEL: models.describe("Model for triage; by default the analysis model"),
  SENTINEL_JUDGE_MODEL: models.describe(
    "Model that also answers the scorer's yes/no questions in `sentinel eval`, as provider/model; should be from another family than the analysis model. Scores do not depend on it. Unset: no judge is used",
  ),
  SENTINEL_MODEL_PRICES: z
    .string()
    .regex(
      /^\s*[^\s,=]+=\d+(?:\.\d+)?:\d+(?:\.\d+)?(\s*,\s*[^\s,=]+=\d+(?:\.\d+)?:\d+(?:\.\d+)?)*\s*$/,
      "must be provider/model=input:output, comma-separated",
    )
    .optional()
    .describe(
      "USD per million tokens, as provider/model=input:output, comma-separated; models not listed are assumed to be expensive",
    ),
  SENTINEL_AGENT_PRICES: z
    .string()
    .regex(
      /^\s*[^\s,=]+=\d+(?:\.\d+)?(?::\d+(?:\.\d+)?){1,3}(\s*,\s*[^\s,=]+=\d+(?:\.\d+)?(?::\d+(?:\.\d+)?){1,3})*\s*$/,
      "must be model=input:output, comma-separated",
    )
    .optional()
    .describe(
      "USD per million tokens, for calls reported over OTLP without a cost, as model=input:output[:cached[:cache write]], comma-separated; takes precedence over the built-in list. A model in neither has no cost",
    ),
  OTEL_EXPORTER_OTLP_ENDPOINT: address.describe(
    "OTLP/HTTP collector that receives Sentinel's own metrics and traces; unset: off",
  ),
  OTEL_EXPORTER_OTLP_HEADERS: otlpHeaders.describe(
    "Headers for that collector, as name=value, comma-separated, percent-encoded",
  ),
  OTEL_SERVICE_NAME: line.default("sentinel").describe("service.name of Sentinel's own telemetry"),
  OTEL_METRIC_EXPORT_INTERVAL: count(MINUTE, SECOND, HOUR).describe("Interval between exports of metrics"),
  GATEWAY_OPENAI_URL: upstream.describe(
    "Base URL that the gateway passes OpenAI's requests on to, such as https://api.openai.com/v1; unset: that gateway is off",
  ),
  GATEWAY_OPENAI_KEY: line.optional().describe("API key for that URL; it never leaves the server"),
  GATEWAY_ANTHROPIC_URL: upstream.describe(
    "Base URL that the gateway passes Anthropic's requests on to, such as https://api.anthropic.com; unset: that gateway is off",
  ),
  GATEWAY_ANTHROPIC_KEY: line.optional().describe("API key for that URL; it never leaves the server"),
  GATEWAY_CONNECT_MS: count(5 * SECOND, 10, MINUTE).describe(
    "How long the gateway waits for a connection to an upstream",
  ),
  GATEWAY_IDLE_MS: count(5 * MINUTE, 100, HOUR).describe(
    "How long an upstream may send nothing, before or during its response, before the gateway gives up",
  ),
  OPENAI_API_KEY: line.optional().describe("API key for openai/ models"),
  GROQ_API_KEY: line.optional().describe("API key for groq/ models"),
  ANTHROPIC_API_KEY: line.optional().describe("API key for anthropic/ models"),
  AZURE_OPENAI_ENDPOINT: origin.describe("Resource for azure/ models, https://NAME.openai.azure.com"),
  AZURE_OPENAI_API_KEY: line.optional().describe("API key for azure/ models"),
  OPENAI_COMPATIBLE_URL: address.describe("Base URL for openai-compatible/ models, usually ending in /v1"),
  OPENAI_COMPATIBLE_KEY: line.optional().describe("API key for openai-compatible/ models, if it needs one"),
  OLLAMA_URL: z
    .url({ protocol: /^https?$/ })
    .default("http://127.0.0.1:11434")
    .transform((value) => new URL(value).origin)
    .describe("Base URL for ollama/ models"),
  SENTINEL_DEMO_CONTROL_TOKEN: line.optional().describe("Demo only: token for it"),
  SENTINEL_DEMO_TARGET_TOKEN: line.optional().describe("Demo only: token for it"),
  ...DEMO_VARIABLES,
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
const FORMER_NAMES: Readonly<Record<string, keyof typeof VARIABLES>> = {
  SWEEP_IN_PROCESS: "SWEEPER_ENABLED",
  OTEL_METRIC_EXPORT_INTERVAL_MS: "OTEL_METRIC_EXPORT_INTERVAL",
};

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

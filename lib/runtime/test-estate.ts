import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllowList } from "@/lib/actions/service/allow-list";
import { realOperator } from "@/lib/actions/service/index";
import { parseWebhook } from "@/lib/ingest/sources/alertmanager/parse";
import type { Alert } from "@/lib/core/alerts/alert";
import { DEFAULT_LIMITS, DEFAULT_METRICS } from "@/lib/core/services/signals";
import type { Db } from "@/lib/db/client";
import { openTestDb } from "@/lib/db/queries/test-world";
import type { Repositories } from "@/lib/evidence/changes";
import type { Embedder } from "@/lib/evidence/embedding";
import type { Kubernetes } from "@/lib/evidence/kubernetes";
import type { LogSource } from "@/lib/evidence/logs";
import { fileLogs } from "@/lib/evidence/logs-files";
import { pushedLogs } from "@/lib/evidence/logs-pushed";
import { couldNotLook, found, type Looked } from "@/lib/evidence/looked";
import type { Prometheus, RangeSeries, Sample } from "@/lib/evidence/prometheus";
import type { ServiceConfig } from "@/lib/config/services";
import { type Received, receiveAlerts } from "@/lib/ingest/receive-alerts";
import { serviceTurn, type TurnReport } from "./service-turn";
import { freshRuntime, type ServiceRuntime } from "./service-runtime";
import type { Integrations } from "@/lib/response/services/context";

const CONFIG: ServiceConfig = {
  watchMs: 15_000,
  rateWindow: "1m",
  noDataMs: 300_000,
  settleMs: 30_000,
  verifyMs: 60_000,
  verifyDeadlineMs: 600_000,
  approvalTtlMs: 3_600_000,
  groupWaitMs: 0,
  signals: { metrics: DEFAULT_METRICS, limits: DEFAULT_LIMITS },
  overrides: new Map(),
};

/** One scrape every so many seconds. */
const STEP_S = 15;
const MINUTE = 60_000;
/** Turns after which a loop that has not come to rest never will. */
const MAX_TURNS = 50;

/** What a service's signals are at a moment (epoch ms); a signal that is not there was not measured. */
type Measured = (signal: string, at: number) => number | null;

/**
 * Services whose clock and metrics are in the test's hand; database, files, commands and everything behind an alert are the
 * real thing. The operation on the allow-list appends a line to a file, which is how the tests know how often it ran.
 */
export class TestEstate {
  now = Date.UTC(2026, 4, 20, 12);
  runtime: ServiceRuntime = freshRuntime();
  readonly measured = new Map<string, Measured>();
  blind = false;
  /** Whether a source of metrics is configured. */
  metrics = true;
  kubernetes: Kubernetes | null = null;
  repositories: Repositories | null = null;
  embedder: Embedder | null = null;
  /** Beside pushed lines and files. */
  loki: LogSource | null = null;
  /** Windows that the source was asked for. */
  windows = 0;
  /** What the operation writes, as the allow-list has it now. */
  says = "{service}";
  /** What the operation runs, where it is not to write. */
  argv: readonly string[] | null = null;
  readonly #folder = mkdtempSync(join(tmpdir(), "sentinel-estate-"));

  private constructor(
    readonly db: Db,
    readonly close: () => Promise<void>,
  ) {}

  static async open(
    opened: Pick<Awaited<ReturnType<typeof openTestDb>>, "db" | "close"> | null = null,
  ): Promise<TestEstate> {
    const { db, close } = opened ?? (await openTestDb());
    return new TestEstate(db, close);
  }

  async end(): Promise<void> {
    await Promise.all(this.runtime.pending);
    await this.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** What the operation wrote, a line for each time that it ran. */
  ran(): string[] {
    const file = join(this.#folder, "ran");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  /** Lines of a service's log, as its file has them. */
  log(service: string, lines: readonly [at: number, line: string][]): void {
    const text = lines.map(([at, msg]) => JSON.stringify({ time: new Date(at).toISOString(), level: "error", msg }));
    writeFileSync(join(this.#folder, `${service}.log`), `${text.join("\n")}\n`);
  }

  get integrations(): Integrations {
    const program = `require("fs").appendFileSync(process.argv[1], process.argv[2] + "\\n")`;
    return {
      prometheus: this.metrics ? this.prometheus : null,
      watched: this.metrics ? this.prometheus : null,
      logs: (db) => [
        pushedLogs(db),
        fileLogs({ source: "log files", path: this.#folder }),
        ...(this.loki ? [this.loki] : []),
      ],
      kubernetes: this.kubernetes,
      repositories: this.repositories,
      allowList: parseAllowList(
        {
          operations: [
            {
              name: "restart",
              kind: "command",
              title: "Restart",
              services: ["*"],
              remedies: ["resource_exhaustion", "crash", "memory_leak", "slow", "failing", "overload", "silent"],
              risk: "hard_to_undo",
              blast_radius: "{service} answers nothing for some seconds",
              argv: this.argv ?? [process.execPath, "-e", program, join(this.#folder, "ran"), this.says],
            },
          ],
        },
        { secrets: {}, github: false },
      ),
      operator: realOperator({ env: { PATH: "/usr/bin:/bin" }, github: null, now: () => this.now }),
      chains: {},
      embedder: this.embedder,
    };
  }

  /** A Prometheus that answers our own queries from `measured`: which signal and which service stands in the query. */
  readonly prometheus: Prometheus = {
    source: "prometheus",
    instant: (query, at = this.now / 1_000) => Promise.resolve(this.#instant(query, at * 1_000)),
    range: (query, { from, to, minStep = STEP_S }) => {
      this.windows += 1;
      if (this.blind) return Promise.resolve(couldNotLook("prometheus", "connection refused"));
      const [service] = servicesIn(query, [...this.measured.keys()]);
      const signal = signalIn(query);
      if (service === undefined || signal === null) return Promise.resolve(found("prometheus", []));
      const step = Math.max(minStep, Math.ceil((to - from) / 600));
      const points: RangeSeries["points"] = [];
      for (let t = Math.ceil(from / step) * step; t <= to; t += step) {
        const value = this.measured.get(service)!(signal, t * 1_000);
        if (value !== null) points.push([t, value]);
      }
      return Promise.resolve(found("prometheus", points.length > 0 ? [{ labels: { job: service }, points }] : []));
    },
    labelValues: () => Promise.resolve(found("prometheus", [])),
    series: () => Promise.resolve(found("prometheus", [])),
    targets: () => Promise.resolve(found("prometheus", [])),
    alerts: () => Promise.resolve(found("prometheus", [])),
    rules: () => Promise.resolve(found("prometheus", [])),
  };

  #instant(query: string, at: number): Looked<Sample[]> {
    if (this.blind) return couldNotLook("prometheus", "connection refused");
    const signal = query.startsWith("count by (service") ? "up" : signalIn(query);
    const samples = [...this.measured].flatMap(([service, measure]): Sample[] => {
      const value = signal === null ? null : measure(signal, at);
      return value === null ? [] : [{ labels: { job: service }, t: at / 1_000, value }];
    });
    return found("prometheus", samples);
  }

  /** Alerts, as Alertmanager's webhook says them. */
  alert(
    list: readonly {
      name: string;
      service: string;
      status?: "firing" | "resolved";
      at?: number;
      expr?: string;
      severity?: string;
    }[],
  ): Promise<Received> {
    const parsed = parseWebhook(
      "alertmanager",
      {
        alerts: list.map(({ name, service, status = "firing", at = this.now, expr, severity = "critical" }) => ({
          status,
          labels: { alertname: name, job: service, severity },
          annotations: { summary: `${name} on ${service}` },
          startsAt: new Date(at).toISOString(),
          endsAt: status === "firing" ? "0001-01-01T00:00:00Z" : new Date(this.now).toISOString(),
          generatorURL: expr ? `http://prometheus:9090/graph?${new URLSearchParams({ "g0.expr": expr })}` : "",
        })),
      } as never,
      this.now,
    );
    const alerts: Alert[] = parsed.alerts;
    return receiveAlerts(this.db, "source-1", alerts, this.now);
  }

  /** One turn, and whatever it began. */
  async turn(): Promise<TurnReport> {
    const report = await serviceTurn({
      db: this.db,
      integrations: this.integrations,
      config: CONFIG,
      runtime: this.runtime,
      clock: () => this.now,
      wake: () => undefined,
      wakeIn: () => undefined,
    });
    await Promise.all(this.runtime.pending);
    return report;
  }

  /** Turns until nothing more happens at this moment. */
  async rest(): Promise<void> {
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const { begun, acted, judged, passed } = await this.turn();
      if (begun + acted + judged + passed === 0) return;
    }
    throw new Error("The loop over services does not come to rest");
  }

  /** Time goes by, with a look at the services at every scrape. */
  async pass(minutes: number): Promise<void> {
    const until = this.now + minutes * MINUTE;
    while (this.now < until) {
      this.now += STEP_S * 1_000;
      await this.rest();
    }
  }
}

const SIGNALS: readonly [RegExp, string][] = [
  [/process_cpu_seconds_total/, "cpu"],
  [/http_request_duration_seconds_bucket/, "latency_p90"],
  [/status=~"5\.\."/, "errors"],
  [/http_requests_total/, "requests"],
  [/process_resident_memory_bytes/, "memory"],
  [/\bup\b/, "up"],
];
const signalIn = (query: string): string | null => SIGNALS.find(([pattern]) => pattern.test(query))?.[1] ?? null;
const servicesIn = (query: string, services: readonly string[]): string[] =>
  services.filter((service) => query.includes(`="${service}"`));

import { type AllowList, EMPTY_ALLOW_LIST, loadAllowList } from "@/lib/actions/service/allow-list";
import { withImprovement } from "@/lib/actions/service/improvement";
import { realOperator } from "@/lib/actions/service/index";
import { chainOf, MODEL_ROLES, type ModelSettings, modelSettings } from "@/lib/agents/models";
import { PROMPT_VARIANTS, PROMPT_VARIANTS_FILE } from "@/lib/agents/investigation/prompt-variants";
import { changesOf } from "@/lib/core/base/declared";
import { TUNABLES, TUNABLES_FILE } from "@/lib/core/causes/tunables";
import { createEmbedder } from "@/lib/evidence/embedding";
import { readServicesFile } from "@/lib/ingest/services-file";
import { pushedLogs } from "@/lib/evidence/logs-pushed";
import { log } from "@/lib/log";
import type { Integrations } from "@/lib/response/services/context";
import { readFileSync } from "node:fs";
import { childEnv, type Env, env } from "@/lib/env";
import type { Auth } from "@/lib/evidence/ask";
import type { Repositories } from "@/lib/evidence/changes";
import { fetchTrusting } from "@/lib/evidence/fetch-trusting";
import { createGithubReader } from "@/lib/evidence/github";
import { createKubernetes, type Kubernetes } from "@/lib/evidence/kubernetes";
import type { LogSource } from "@/lib/evidence/logs";
import { fileLogs } from "@/lib/evidence/logs-files";
import { lokiLogs } from "@/lib/evidence/logs-loki";
import { createPrometheus, type Prometheus, type PrometheusEndpoint } from "@/lib/evidence/prometheus";

/* The sources of evidence that an environment names, as readers. */

const ports = { fetch, now: Date.now };

/** Null where none is named. Each has a budget and a pause after failures of its own. */
export function prometheusOf(e: Env, more: Partial<PrometheusEndpoint> = {}): Prometheus | null {
  if (e.PROMETHEUS_URL === undefined) return null;
  return createPrometheus(
    {
      source: "prometheus",
      url: e.PROMETHEUS_URL,
      ...authOf(e.PROMETHEUS_TOKEN, e.PROMETHEUS_USER, e.PROMETHEUS_PASSWORD),
      ...(e.PROMETHEUS_HEADERS ? { headers: e.PROMETHEUS_HEADERS } : {}),
      ...more,
    },
    ports,
  );
}

/** Log files, then Loki, where they are named. */
export function logSourcesOf(e: Env): LogSource[] {
  const sources: LogSource[] = [];
  if (e.SERVICE_LOGS_DIR)
    sources.push(fileLogs({ source: "log files", path: e.SERVICE_LOGS_DIR, timeZone: e.LOG_TIME_ZONE }));
  if (e.LOKI_URL)
    sources.push(
      lokiLogs(
        {
          source: "loki",
          url: e.LOKI_URL,
          nodeLabel: e.LOKI_SERVICE_LABEL,
          ...(e.LOKI_HEADERS ? { headers: e.LOKI_HEADERS } : {}),
          ...authOf(e.LOKI_TOKEN, e.LOKI_USER, e.LOKI_PASSWORD),
        },
        ports,
      ),
    );
  return sources;
}

export function kubernetesOf(e: Env): Kubernetes | null {
  if (e.KUBERNETES_URL === undefined) return null;
  const auth: Auth | null = e.KUBERNETES_TOKEN_FILE
    ? { kind: "bearer_file", path: e.KUBERNETES_TOKEN_FILE }
    : e.KUBERNETES_TOKEN
      ? { kind: "bearer", token: e.KUBERNETES_TOKEN }
      : null;
  return createKubernetes(
    { source: "kubernetes", url: e.KUBERNETES_URL, namespaces: [e.KUBERNETES_NAMESPACE], ...(auth ? { auth } : {}) },
    { ...ports, fetch: e.KUBERNETES_CA_FILE ? fetchTrusting(readFileSync(e.KUBERNETES_CA_FILE, "utf8")) : fetch },
  );
}

/** Null without a token. Which repository is which service's is read anew each time: the file may be edited. */
export function repositoriesOf(e: Env): Repositories | null {
  const token = e.GITHUB_READ_TOKEN ?? e.GITHUB_TOKEN;
  if (token === undefined) return null;
  const file = e.SENTINEL_SERVICES_FILE;
  return {
    github: createGithubReader({ url: e.GITHUB_API_URL, token }, ports),
    rules: async () => (file === undefined ? null : await readServicesFile(file))?.github ?? [],
  };
}

/** A token goes before a user; `user:password@` in the address stands where neither is set. */
function authOf(token?: string, user?: string, password = ""): { auth?: Auth } {
  if (token) return { auth: { kind: "bearer", token } };
  return user ? { auth: { kind: "basic", user, password } } : {};
}

/** Questions a minute that watching may ask: six signals of a few kinds of label, every second in the demo. */
const WATCH_PER_MINUTE = 1_200;
/** Services that one question of watching may be answered for. */
const WATCH_SERIES = 10_000;

/** One Next process holds several copies of this module: they share one. */
const shared = (): { integrations: Promise<Integrations> | null } => {
  const global = globalThis as unknown as Record<symbol, { integrations: Promise<Integrations> | null }>;
  return (global[Symbol.for("sentinel.integrations")] ??= { integrations: null });
};

/** What this process can reach, from its environment. Throws for an allow-list that is not valid: a wrong one must not half work. */
export const processIntegrations = (): Promise<Integrations> => (shared().integrations ??= createIntegrations(env()));

/** The same from an environment that is given. */
export async function createIntegrations(e: Env): Promise<Integrations> {
  const means = { secrets: { default: e.SENTINEL_WEBHOOK_SECRET }, github: Boolean(e.GITHUB_TOKEN) };
  const settings = modelSettings(e);
  const logs = logSourcesOf(e);
  return {
    prometheus: prometheusOf(e),
    watched: prometheusOf(e, { gate: { perMinute: WATCH_PER_MINUTE }, maxSeries: WATCH_SERIES }),
    logs: (db) => [pushedLogs(db), ...logs],
    kubernetes: kubernetesOf(e),
    repositories: repositoriesOf(e),
    allowList: improvable(
      e.SENTINEL_ACTIONS_FILE ? await loadAllowList(e.SENTINEL_ACTIONS_FILE, means) : EMPTY_ALLOW_LIST,
      e,
    ),
    operator: realOperator({
      env: childEnv({}),
      github: e.GITHUB_TOKEN ? { api: e.GITHUB_API_URL, token: e.GITHUB_TOKEN } : null,
      now: Date.now,
    }),
    chains: chainsOf(settings),
    embedder:
      e.SENTINEL_EMBEDDING_URL && e.SENTINEL_EMBEDDING_MODEL
        ? createEmbedder(
            {
              source: "embeddings",
              url: e.SENTINEL_EMBEDDING_URL,
              model: e.SENTINEL_EMBEDDING_MODEL,
              ...(e.SENTINEL_EMBEDDING_KEY
                ? { auth: { kind: "bearer" as const, token: e.SENTINEL_EMBEDDING_KEY } }
                : {}),
            },
            { fetch, now: Date.now },
          )
        : null,
  };
}

/** The list with the operation that proposes a change of Sentinel, where a repository for it is named. */
function improvable(list: AllowList, { IMPROVE_REPOSITORY, IMPROVE_BRANCH: base, GITHUB_TOKEN }: Env): AllowList {
  if (IMPROVE_REPOSITORY === undefined || !GITHUB_TOKEN) return list;
  const [owner = "", repo = ""] = IMPROVE_REPOSITORY.split("/");
  const changes = [...changesOf(TUNABLES, TUNABLES_FILE), ...changesOf(PROMPT_VARIANTS, PROMPT_VARIANTS_FILE)];
  return withImprovement(list, { owner, repo, base, changes });
}

/** The models of each role; one that is named and cannot be asked is told of once, here. */
function chainsOf(settings: ModelSettings): Integrations["chains"] {
  return Object.fromEntries(
    MODEL_ROLES.map((role) => {
      const chain = chainOf(role, settings);
      if (chain.missing.length > 0)
        log().warn({ role, missing: chain.missing }, "models without an API key or URL are skipped");
      return [role, chain];
    }),
  );
}

import { readFileSync } from "node:fs";
import type { Env } from "@/lib/env";
import type { Auth } from "@/lib/evidence/ask";
import { fetchTrusting } from "@/lib/evidence/fetch-trusting";
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

/** A token goes before a user; `user:password@` in the address stands where neither is set. */
function authOf(token?: string, user?: string, password = ""): { auth?: Auth } {
  if (token) return { auth: { kind: "bearer", token } };
  return user ? { auth: { kind: "basic", user, password } } : {};
}

import { readFileSync } from "node:fs";
import { startBuiltIn } from "@/lib/scrape/built-in";
import { findPrometheus, SCRAPE_EVERY_S, startPrometheus, type Watched } from "./prometheus";

export interface Monitoring {
  kind: "prometheus" | "built-in";
  /** Where PromQL is answered. */
  url: string;
  /** Ends what runs in this process; children end with the demo. */
  stop: () => Promise<void>;
}

/** Watches the target with Prometheus and Alertmanager where both are installed, and with the built-in scraper otherwise. */
export async function startMonitoring(watched: Watched, builtIn = false): Promise<Monitoring> {
  const found = builtIn ? null : findPrometheus();
  if (found) {
    const { url } = await startPrometheus(found, watched);
    return { kind: "prometheus", url, stop: async () => {} };
  }
  const { url, stop } = await startBuiltIn({
    targets: [{ address: watched.target, job: "target", labels: { service: "target" } }],
    rules: readFileSync("seeds/prometheus/rules.json", "utf8"),
    webhook: watched.webhook,
    intervalMs: SCRAPE_EVERY_S * 1000,
    say: watched.say,
  });
  return { kind: "built-in", url, stop };
}

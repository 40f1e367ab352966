import { createAlertSender, type Webhook } from "./alert-sender";
import { serveApi } from "./api";
import { createAlerts, readRules } from "./rules";
import { createScraper, every, type ScrapeTarget } from "./scraper";
import { createStore } from "./store";

/** How far back is kept: an hour of looking back, and the ten minutes before that rules look at. */
const KEPT_MS = 70 * 60_000;
/** Some ten services such as the demo's. With 2,100 samples each that is at most 100 MB. */
const MAX_SERIES = 3_000;

export interface BuiltInOptions {
  targets: ScrapeTarget[];
  /** A Prometheus rule file in JSON. */
  rules: string;
  webhook: Webhook;
  intervalMs: number;
  port?: number;
  say?: (line: string) => void;
}

export interface BuiltIn {
  url: string;
  stop: () => Promise<void>;
}

/**
 * A small stand-in for Prometheus and Alertmanager where neither is installed: reads the targets' metrics, keeps them in memory
 * for an hour, answers PromQL (see {@link parsePromql} for how much of it), evaluates alert rules and tells a webhook.
 */
export async function startBuiltIn(options: BuiltInOptions): Promise<BuiltIn> {
  const { intervalMs, say = () => {} } = options;
  const points = Math.ceil(KEPT_MS / intervalMs);
  const store = createStore({ maxSeries: MAX_SERIES, points, keptMs: KEPT_MS });
  const rules = readRules(options.rules);
  const alerts = createAlerts(rules, store);
  const scrapers = options.targets.map((target) => createScraper(target, store, intervalMs));
  const api = await serveApi(
    { store, rules, targets: () => scrapers.map((s) => s.state), alerts: alerts.list },
    options.port,
  );
  const sender = createAlertSender(options.webhook, api.url, say);
  const watching = every(intervalMs, async () => {
    const now = Date.now();
    await Promise.all(scrapers.map((s) => s.scrape(now)));
    try {
      alerts.turn(Date.now());
    } catch (error) {
      say(`the rules could not be evaluated: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  // Apart, so that a webhook that hangs holds up no measurement.
  const telling = every(intervalMs, () => sender.turn(alerts.list(), Date.now()));
  return {
    url: api.url,
    async stop() {
      await Promise.all([watching.stop(), telling.stop()]);
      await api.close();
    },
  };
}

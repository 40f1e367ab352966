import { rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Child } from "./children";
import { type Monitoring, startMonitoring } from "./monitoring";
import { targetOperations } from "./target-operations";
import { serveTarget } from "./target-server";
import { type Release, superviseTarget } from "./target-supervisor";

export interface WatchedService {
  /** For Sentinel's environment. */
  env: Record<string, string>;
  /** For whoever breaks it by hand or tests: its address, and how its supervisor is reached. */
  target: { url: string; control: string; tokenFile: string; monitoring: Monitoring["kind"]; prometheus: string };
  stop: () => Promise<void>;
}

interface Options {
  folder: string;
  /** Where Sentinel will listen. */
  sentinel: string;
  alertToken: string;
  builtIn: boolean;
  keep: (child: Child) => Child;
  say: (from: string) => (line: string) => void;
  onDeploy: (from: Release, to: Release, at: number) => void;
}

/** Starts the service that is watched, what measures it, and what its commands go through. */
export async function startWatchedService(options: Options): Promise<WatchedService> {
  const folder = resolve(options.folder);
  const tokenFile = join(folder, "target-control.token");
  const alertTokenFile = join(folder, "alertmanager.token");
  rmSync(alertTokenFile, { force: true });
  writeFileSync(alertTokenFile, options.alertToken, { mode: 0o600, flag: "wx" });
  const say = options.say("target");
  const supervisor = await superviseTarget({ folder, onDeploy: options.onDeploy, say });
  const control = await serveTarget(supervisor, tokenFile);
  let monitoring: Monitoring | null = null;
  const stop = async () => {
    await monitoring?.stop();
    await control.close();
    await supervisor.close();
    rmSync(alertTokenFile, { force: true });
  };
  const { url } = supervisor.status();
  try {
    monitoring = await startMonitoring(
      {
        folder: join(folder, "prometheus"),
        target: new URL(url).host,
        webhook: { url: `${options.sentinel}/api/v1/alerts/alertmanager`, tokenFile: alertTokenFile },
        keep: options.keep,
        say: options.say("prometheus"),
      },
      options.builtIn,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  const operations = join(folder, "operations.json");
  writeFileSync(operations, JSON.stringify(targetOperations(control.url, tokenFile), null, 2));
  return {
    env: {
      PROMETHEUS_URL: monitoring.url,
      SERVICE_LOGS_DIR: join(folder, "logs"),
      SENTINEL_DEMO_TARGET_URL: control.url,
      SENTINEL_DEMO_TARGET_TOKEN: control.token,
      SENTINEL_ACTIONS_FILE: operations,
      SENTINEL_SERVICES_FILE: resolve("seeds/services.json"),
      ...WATCHING,
    },
    target: { url, control: control.url, tokenFile, monitoring: monitoring.kind, prometheus: monitoring.url },
    stop,
  };
}

/** A demo's patience: looks as often as its Prometheus measures, and judges a cure by a quarter of a minute of it. */
const WATCHING = {
  WATCH_INTERVAL_MS: "2000",
  WATCH_RATE_WINDOW: "16s",
  NO_DATA_MS: "60000",
  VERIFY_SETTLE_MS: "5000",
  VERIFY_WINDOW_MS: "16000",
  VERIFY_DEADLINE_MS: "180000",
};

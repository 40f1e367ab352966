import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Child, program } from "./children";
import { findProgram } from "./executables";
import { anyPort } from "./ports";
import { untilReady } from "./ready";

const TEMPLATES = "seeds/prometheus";
/** As short as keeps the two cores of a small machine free for what is watched. */
export const SCRAPE_EVERY_S = 2;
const KEPT = "6h";

export interface Watched {
  /** A folder for configuration and data. */
  folder: string;
  /** host:port of what is watched. */
  target: string;
  /** Where alerts go, and the file that holds the bearer token for it. */
  webhook: { url: string; tokenFile: string };
  /** Takes what was started, so that its end ends the demo and the demo's end ends it. */
  keep: (child: Child) => Child;
  say: (line: string) => void;
}

/** Paths of the real Prometheus and Alertmanager on this machine; null unless both are there. */
export function findPrometheus(): { prometheus: string; alertmanager: string } | null {
  const prometheus = findProgram("prometheus");
  const alertmanager = findProgram("prometheus-alertmanager", "alertmanager");
  return prometheus && alertmanager ? { prometheus, alertmanager } : null;
}

/**
 * Starts both on free loopback ports, with configuration written from the templates. Resolves with their addresses when
 * they are ready. What a former run measured is removed: it was of another target.
 */
export async function startPrometheus(found: { prometheus: string; alertmanager: string }, watched: Watched) {
  const folder = resolve(watched.folder);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [port, alertPort] = [await anyPort(), await anyPort()];
  const rules = resolve(TEMPLATES, "rules.json");
  const write = (name: string, words: Record<string, string>) => {
    const path = join(folder, name);
    writeFileSync(path, fill(readFileSync(join(TEMPLATES, name), "utf8"), words));
    return path;
  };
  const alerting = write("alertmanager.yml", {
    WEBHOOK: watched.webhook.url,
    TOKEN_FILE: resolve(watched.webhook.tokenFile),
  });
  const scraping = write("prometheus.yml", {
    INTERVAL: `${SCRAPE_EVERY_S}s`,
    TARGET: watched.target,
    RULES: rules,
    ALERTMANAGER: `127.0.0.1:${alertPort}`,
  });

  const alertmanager = watched.keep(
    program(found.alertmanager, [
      `--config.file=${alerting}`,
      `--storage.path=${join(folder, "alertmanager")}`,
      `--web.listen-address=127.0.0.1:${alertPort}`,
      // One of its kind: no cluster, and no port for one.
      "--cluster.listen-address=",
      "--log.level=warn",
    ], watched.say),
  ); // prettier-ignore
  const prometheus = watched.keep(
    program(found.prometheus, [
      `--config.file=${scraping}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--storage.tsdb.retention.time=${KEPT}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ], watched.say),
  ); // prettier-ignore
  const [url, alertmanagerUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${alertPort}`];
  await untilReady(`${alertmanagerUrl}/-/ready`, alertmanager);
  await untilReady(`${url}/-/ready`, prometheus);
  return { url, alertmanagerUrl };
}

/** Fills in `__WORD__`s. Throws when a word is not known: a template that was half filled would be read wrongly. */
function fill(template: string, words: Record<string, string>): string {
  return template.replace(/__([A-Z_]+?)__/g, (_, word: string) => {
    const value = words[word];
    if (value === undefined) throw new Error(`the template refers to ${word}, which is unknown`);
    // Within double quotes YAML takes JSON's escapes.
    return JSON.stringify(value).slice(1, -1);
  });
}

import { readFileSync } from "node:fs";
import { ALERT_SENDERS } from "@/lib/ingest/sources/index";

/** A text stands in a sample at a path of names and numbers. */
type Path = readonly (string | number)[];

const textsIn = (value: unknown, at: Path = []): Path[] =>
  typeof value === "string"
    ? [at]
    : Object.entries(value ?? {}).flatMap(([name, inner]) => textsIn(inner, [...at, name]));

function put(sample: unknown, path: Path, text: string): void {
  let holder = sample as Record<string | number, unknown>;
  for (const name of path.slice(0, -1)) holder = holder[name] as Record<string | number, unknown>;
  holder[path.at(-1)!] = text;
}

/** For every sender: its sample with a text spread over all texts that may say anything, read as an alert of it, at `now`. */
export const sampleReaders = (now: number): { what: string; read: (text: string) => unknown }[] =>
  Object.entries(ALERT_SENDERS).map(([kind, { resource, parse }]) => {
    const sample: unknown = JSON.parse(readFileSync(`lib/ingest/sources/${kind}/sample.json`, "utf8"));
    const read = (paths: readonly Path[], text: string) => {
      const sent = structuredClone(sample);
      const length = Math.ceil(text.length / paths.length);
      paths.forEach((path, i) => put(sent, path, text.slice(i * length, (i + 1) * length)));
      return parse(resource.endpoints.POST.body.parse(sent), now);
    };
    const isFree = (path: Path) => {
      const { alerts, rejected } = read([path], "any text");
      return alerts.length > 0 && rejected.length === 0;
    };
    const free = textsIn(sample).filter(isFree);
    return { what: `the sample of ${kind}`, read: (text) => read(free, text) };
  });

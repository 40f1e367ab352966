import { type Logger, pino } from "pino";
import pretty from "pino-pretty";
import { env } from "./env";

/** Paths that may hold a secret. Whoever logs an object by mistake shall not leak one. */
const SECRETS = ["authorization", "cookie", "token", "secret", "password", "key", "set-cookie"].flatMap((name) => [
  `["${name}"]`,
  `*["${name}"]`,
  `*.headers["${name}"]`,
]);

/** A logger of its own, writing to `destination`; `log()` is the process's. */
export function createLog(
  options: { level: string; format: "json" | "pretty" },
  destination?: NodeJS.WritableStream,
): Logger {
  const settings = { level: options.level, base: null, redact: { paths: SECRETS, censor: "[redacted]" } };
  const out = destination ?? pino.destination(1);
  if (options.format === "pretty")
    return pino(settings, pretty({ destination: out, sync: true, ignore: "pid,hostname" }));
  return pino(
    { ...settings, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } },
    out,
  );
}

const KEY = Symbol.for("sentinel.log");

/** The process's logger, made on first use. One Next process holds several copies of this module: they share it. */
export function log(): Logger {
  const shared = globalThis as unknown as Record<symbol, Logger | undefined>;
  return (shared[KEY] ??= createLog(settings()));
}

/** A bad environment has to be logged too, by whoever finds it. */
function settings(): { level: string; format: "json" | "pretty" } {
  try {
    return { level: env().LOG_LEVEL, format: env().LOG_FORMAT };
  } catch {
    return { level: "info", format: "json" };
  }
}

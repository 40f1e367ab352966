/** Where structured loggers keep what a person would read, in order of preference. */
const MESSAGE_FIELDS = ["message", "msg", "log", "event", "error"] as const;
const LEVEL_FIELDS = ["level", "severity", "levelname", "lvl"] as const;
/** Numeric levels of bunyan and pino, from the highest. */
const LEVEL_NUMBERS = [
  [60, "fatal"],
  [50, "error"],
  [40, "warn"],
  [30, "info"],
  [20, "debug"],
] as const;
/** A longer line is taken as plain text rather than parsed. */
const JSON_MAX = 64_000;

export interface LogMessage {
  text: string;
  /** In lower case; null when the line is plain text or names none. */
  level: string | null;
}

/**
 * The message of a log line: the message field of a JSON object (nested objects are not searched), else the line as it is.
 * Never throws.
 */
export function messageOf(line: string): LogMessage {
  const plain = { text: line, level: null };
  if (line.charCodeAt(0) !== 123 || line.length > JSON_MAX) return plain;
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return plain;
  }
  const field = MESSAGE_FIELDS.find((name) => typeof fields[name] === "string");
  if (field === undefined) return plain;
  return { text: (fields[field] as string).trimEnd(), level: levelOf(fields) };
}

function levelOf(fields: Record<string, unknown>): string | null {
  for (const name of LEVEL_FIELDS) {
    const level = fields[name];
    if (typeof level === "string") return level.toLowerCase();
    if (typeof level === "number") return LEVEL_NUMBERS.find(([from]) => level >= from)?.[1] ?? null;
  }
  return null;
}

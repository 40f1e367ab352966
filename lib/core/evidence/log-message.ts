/** Where structured loggers keep what a person would read, in order of preference: the usual, journald, GELF, Serilog, GCP, OTLP. */
const MESSAGE_FIELDS = [
  "message", "msg", "log", "MESSAGE", "Message", "short_message", "@m", "RenderedMessage", "@mt", "textPayload", "body",
  "event", "error",
] as const; // prettier-ignore
/** And its level: the usual, ECS, .NET, OTLP, Serilog, journald, MongoDB. */
const LEVEL_FIELDS = [
  "level", "severity", "levelname", "lvl", "log.level", "Level", "LogLevel", "severityText", "severity_text", "@l", "PRIORITY",
  "s",
] as const; // prettier-ignore
/** Numeric levels of bunyan and pino, from the highest. */
const LEVEL_NUMBERS = [
  [60, "fatal"],
  [50, "error"],
  [40, "warn"],
  [30, "info"],
  [20, "debug"],
] as const;
/** Severities of syslog, by number (RFC 5424), as journald and GELF write them. */
const SYSLOG_LEVELS = ["fatal", "fatal", "fatal", "error", "warn", "info", "info", "debug"] as const;
const LETTERS: Readonly<Record<string, string>> = { f: "fatal", e: "error", w: "warn", i: "info", d: "debug" };
/** A longer text under a level's name is no level. */
const LEVEL_CHARS = 20;
/** A longer line is taken as plain text rather than parsed. */
const JSON_MAX = 64_000;
/** A line within a line within a line: a container's log of an application that writes JSON, collected by journald. */
const LAYERS_MAX = 4;
/** What stands before JSON (a syslog header, a container's name) is no longer. */
const PREFIX_CHARS = 200;

/** What containerd and CRI-O put before a container's line. */
const CRI = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.?\d{0,9}(?:Z|[+-]\d\d:\d\d) (?:stdout|stderr) [PF](?::\S{0,20})? /;
const ESCAPES = ["\u001b", "\u009b", "#033"];
const ESCAPE = String.raw`(?:\u001b|#033)`;
/** Colours and other orders to a terminal (ECMA-48), also as rsyslog writes them; links with their address. */
const TERMINAL = new RegExp(
  String.raw`${ESCAPE}\[[\d;:?]{0,32}[ -/]{0,4}[@-~]|${ESCAPE}\][^\u0007\u001b]{0,200}(?:\u0007|\u001b\\)|\u009b[\d;:?]{0,32}[@-~]`,
  "g",
);

export interface LogMessage {
  text: string;
  /** In lower case; null when the line is plain text or names none. */
  level: string | null;
}

/**
 * The message of a log line: what is left when a container runtime's or journald's wrapping, colours and a byte order mark are
 * taken off; of a JSON object its message field (other nested objects are not searched), else the text as it is. The level is
 * the innermost that is named. Never throws.
 */
export function messageOf(line: string): LogMessage {
  let text = line;
  let level: string | null = null;
  for (let layer = 0; layer < LAYERS_MAX; layer++) {
    if (text.length > JSON_MAX) break;
    text = withoutColours(text);
    const cri = CRI.exec(text);
    if (cri) {
      text = text.slice(cri[0].length);
      continue;
    }
    const inner = recordIn(text);
    if (inner === null) break;
    text = inner.text.trimEnd();
    level = inner.level ?? level;
  }
  return { text, level };
}

/** A text without what only a terminal understands, and without the byte order mark that its file began with. */
export function withoutColours(text: string): string {
  const unmarked = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  return ESCAPES.some((escape) => unmarked.includes(escape)) ? unmarked.replace(TERMINAL, "") : unmarked;
}

/** The message and level of a JSON object that a text is; or that it ends in, if that names both. */
function recordIn(text: string): LogMessage | null {
  if (text.charCodeAt(0) === 123) return read(text);
  if (!text.trimEnd().endsWith("}")) return null;
  const at = text.indexOf("{");
  if (at < 0 || at > PREFIX_CHARS) return null;
  const record = read(text.slice(at));
  return record?.level == null ? null : record;
}

function read(json: string): LogMessage | null {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return null;
  }
  for (const name of MESSAGE_FIELDS) {
    const text = textOf(fields[name]);
    if (text !== null) return { text, level: levelOf(fields) };
  }
  return null;
}

/** A text, or the bytes of one: journald's form for what is not plain UTF-8. */
function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (!Array.isArray(value) || value.length === 0) return null;
  if (!value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)) return null;
  return new TextDecoder().decode(Uint8Array.from(value as number[]));
}

/**
 * A level as a logger writes it, in lower case: a word, or a number of bunyan's and pino's, of syslog's where `syslog` says so.
 * Null for what is none.
 */
export function levelName(level: unknown, syslog = false): string | null {
  if (typeof level === "number" || (typeof level === "string" && /^\d{1,3}$/.test(level))) {
    const number = Number(level);
    return (syslog ? SYSLOG_LEVELS[number] : LEVEL_NUMBERS.find(([from]) => number >= from)?.[1]) ?? null;
  }
  // Console loggers colour the level in JSON too.
  const word = typeof level === "string" && level.length <= 2 * LEVEL_CHARS ? withoutColours(level).trim() : "";
  return word.length <= LEVEL_CHARS ? word.toLowerCase() || null : null;
}

function levelOf(fields: Record<string, unknown>): string | null {
  const syslog = "PRIORITY" in fields || "short_message" in fields;
  for (const name of LEVEL_FIELDS) {
    const level = fields[name];
    if (level === undefined) continue;
    const word = levelName(level, syslog);
    if (name !== "s") {
      if (word !== null || typeof level === "number") return word;
      // One letter says little: only MongoDB means a severity by it.
    } else if (word !== null && /^(?:[fewi]|d[1-5]?)$/.test(word)) return LETTERS[word.charAt(0)]!;
  }
  const ecs = fields["log"];
  return typeof ecs === "object" && ecs !== null && "level" in ecs ? levelName(ecs.level) : null;
}

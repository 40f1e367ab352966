import { EVENT_PREFIXES, LOG_EVENTS, NAMES, PERSONAL, type Rule } from "./aliases";
import { contentOf } from "./content";
import { attribute, identityOf, NO_PROGRAM, programOf } from "./identity";
import { isToldTwice, readCall, said, yes } from "./read-call";
import { short } from "./series";
import type { Attributes, Item, LogRecord } from "./shape";
import type { Tally } from "./tally";
import { callRecord, type Reading } from "./told";

/** Events of agents, and lines of services' logs. What an agent's program logs besides is kept by its name. */
export function* readLogs(items: readonly Item<LogRecord>[], reading: Reading, tally: Tally): Generator<void> {
  const sessions = sessionsOfTraces(items);
  for (const item of items) {
    yield;
    const { source, record } = item;
    const { resource } = source;
    const program = programOf(resource);
    const name = nameOf(record, program);
    const rule = Object.hasOwn(LOG_EVENTS, name) ? LOG_EVENTS[name] : undefined;
    if (rule === undefined || isToldTwice(program, name)) {
      const ofAgent = PERSONAL.has(program) || EVENT_PREFIXES.some((prefix) => name.startsWith(prefix));
      if (ofAgent) {
        tally.add(source, name, name === "" ? "dropped" : "kept_by_name");
        const content = contentOf(record.content, { isTool: false, event: name, body: record.bodyText });
        if (content) reading.told.push({ ...toldOf(item, name, reading, sessions), kind: "content", content });
      } else if (program === NO_PROGRAM || record.body === null || record.body.trim() === "")
        tally.add(source, "", "dropped");
      else {
        const counted = tally.add(source, "", "taken");
        const { body: line, severity: level } = record;
        reading.lines.push({ service: program, line, level, timestamp: timeOf(record), counted });
      }
      continue;
    }
    if (!counts(rule, record.attributes)) {
      tally.add(source, name, "kept_by_name");
      continue;
    }
    const { amounts, event } = readCall(rule, record.attributes, { failed: null, latencyMs: null });
    const isTool = rule.is === "tool_call";
    const content = contentOf(record.content, { isTool, event: name, body: record.bodyText });
    reading.told.push({
      ...toldOf(item, name, reading, sessions),
      kind: isTool ? "tool_call" : "model_call",
      id: idOf(rule, name, timeOf(record), record.attributes),
      amounts,
      event,
      ...(content && { content }),
    });
    tally.add(source, name, "taken");
  }
}

/** What a record says whatever it is. */
function toldOf(
  { source: { resource }, record }: Item<LogRecord>,
  name: string,
  { identity }: Reading,
  sessions: ReadonlyMap<string, string>,
) {
  const session = attribute(NAMES.session, record.attributes, resource);
  const at = timeOf(record);
  return {
    signal: "logs" as const,
    who: identityOf(resource, record.attributes, identity),
    session: session === undefined ? (sessions.get(record.trace) ?? null) : String(session),
    trace: record.trace || null,
    id: recordId(name, at, record.attributes),
    at,
    amounts: {},
    event: {},
  };
}

const recordId = (name: string, at: number, attributes: Attributes): string =>
  short(`${name}\n${at}\n${JSON.stringify(attributes)}`);

/** Names a record: a tool call by its own id, where it has one, since a hook may have told of it too. */
function idOf(rule: Rule, name: string, at: number, attributes: Attributes): string {
  const callId = rule.is === "tool_call" ? said("callId", attributes) : undefined;
  return callId === undefined ? recordId(name, at, attributes) : callRecord(String(callId));
}

/** Whether a record that a rule knows is one that is counted. */
export function counts(rule: Rule, attributes: Attributes): boolean {
  if (rule.is === "nothing" || (rule.needs && !rule.needs.some((name) => attributes[name] !== undefined))) return false;
  if (!rule.onlyFailed) return true;
  const status = Number(said("status", attributes));
  return yes(said("success", attributes)) === false || status >= 400 || said("error", attributes) !== undefined;
}

/** The name of an event. Claude Code leaves its prefix out of the attribute and has it in the body. */
function nameOf({ name, body, attributes }: LogRecord, program: string): string {
  const named = attributes["event.name"];
  if (typeof named !== "string") return name;
  if (program === "claude-code" && !named.startsWith("claude_code.")) return `claude_code.${named}`;
  return named === "" ? (body ?? "").slice(0, 100) : named;
}

/** When it happened: as the record says, else an attribute, else when it was seen. 0: nobody says. */
function timeOf({ at, observedAt, attributes }: LogRecord): number {
  if (at > 0) return Math.round(at);
  const stated = Date.parse(String(said("time", attributes) ?? ""));
  return Number.isNaN(stated) ? Math.round(observedAt) : stated;
}

/** Sessions that records of a trace name, for those of it that name none. */
function sessionsOfTraces(items: readonly Item<LogRecord>[]): Map<string, string> {
  const sessions = new Map<string, string>();
  for (const { record } of items) {
    const session = said("session", record.attributes);
    if (record.trace !== "" && session !== undefined) sessions.set(record.trace, String(session));
  }
  return sessions;
}

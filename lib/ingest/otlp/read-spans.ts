import { NAMES, PEERS, PERSONAL, type Rule, SPAN_KINDS, SPAN_LOOKS, SPAN_NAMES } from "./aliases";
import { contentOf } from "./content";
import { asName, attribute, identityOf, NO_PROGRAM, programOf } from "./identity";
import { counts } from "./read-logs";
import { readCall, said } from "./read-call";
import { ServedRequests } from "./served";
import type { Item, Span } from "./shape";
import type { Tally } from "./tally";
import type { Reading } from "./told";

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

/**
 * Calls and runs of agents, and who calls whom. A call within a call of the same kind is the same one, told by the library below;
 * a session that one span of a trace names is that of its others.
 */
export function* readSpans(items: readonly Item<Span>[], reading: Reading, tally: Tally): Generator<void> {
  const rules = new Map<string, Rule | undefined>();
  const services = new Map<string, string>();
  const sessions = new Map<string, string>();
  for (const { source, record } of items) {
    yield;
    const key = spanKey(record.trace, record.id);
    rules.set(key, ruleOf(record));
    services.set(key, programOf(source.resource));
    const session = attribute(NAMES.session, record.attributes, record.events);
    if (session !== undefined) sessions.set(record.trace, String(session));
  }
  const edges = new Set<string>();
  const served = new ServedRequests();
  for (const { source, record } of items) {
    yield;
    const rule = rules.get(spanKey(record.trace, record.id));
    const above = rules.get(spanKey(record.trace, record.parent));
    if (!rule) {
      const program = programOf(source.resource);
      edgeOf(record, program, services, edges);
      const counted = tally.add(source, "", isCall(record.kind) && isService(program) ? "taken" : "dropped");
      if (record.kind === SERVER && isService(program)) served.add(program, record, counted);
      continue;
    }
    const repeats = rule.is !== "run" && above?.is === rule.is;
    const session =
      attribute(NAMES.session, record.attributes, record.events, source.resource) ?? sessions.get(record.trace);
    const named = session === undefined ? null : String(session);
    // A session outlives its turns: only a trace that is a run of its own ends with its outermost span.
    const isEnd = rule.is === "run" && record.parent === "" && named === null;
    if (repeats || (rule.is === "run" ? !isEnd : !counts(rule, record.attributes))) {
      tally.add(source, record.name, "kept_by_name");
      continue;
    }
    const latencyMs = record.end >= record.start && record.start > 0 ? record.end - record.start : null;
    const content = contentOf(record.content, { isTool: rule.is === "tool_call" });
    const call = rule.is === "run" ? null : readCall(rule, record.attributes, { failed: record.failed, latencyMs });
    reading.told.push({
      signal: "traces",
      kind: rule.is === "tool_call" ? "tool_call" : rule.is === "run" ? "run_end" : "model_call",
      who: identityOf(source.resource, record.attributes, reading.identity),
      session: named,
      trace: record.trace,
      id: Buffer.from(record.id, "hex").toString("base64url"),
      at: Math.round(record.end > 0 ? record.end : record.start),
      amounts: call?.amounts ?? {},
      event: call?.event ?? { success: !record.failed, error_type: asName(said("error", record.attributes)) },
      ...(content && { content }),
    });
    tally.add(source, record.name, "taken");
  }
  reading.edges = [...edges].map((edge) => edge.split("\n") as [string, string]);
  reading.served = served.sums();
}

const spanKey = (trace: string, id: string): string => trace + id;
/** Whether it is somebody's service: what nobody named is none, and neither is a program that a person runs. */
const isService = (program: string): boolean => program !== NO_PROGRAM && !PERSONAL.has(program);
const isCall = (kind: number): boolean => kind >= SERVER && kind <= CONSUMER;

/** What a span is; undefined: nothing that agents do. */
function ruleOf({ attributes, name }: Span): Rule | undefined {
  for (const { key, words } of SPAN_KINDS) {
    const word = attributes[key];
    if (typeof word !== "string") continue;
    if (Object.hasOwn(words, word)) return words[word];
  }
  if (Object.hasOwn(SPAN_NAMES, name)) return SPAN_NAMES[name];
  return SPAN_LOOKS.find(
    ({ needs, rule }) => needs.some((one) => attributes[one] !== undefined) && counts(rule, attributes),
  )?.rule;
}

/** An edge that a span shows: to the service that it names, or from the one whose span it continues. */
function edgeOf(span: Span, program: string, services: ReadonlyMap<string, string>, edges: Set<string>): void {
  if (!isService(program)) return;
  if (span.kind === CLIENT || span.kind === PRODUCER) {
    const peer = asName(attribute(PEERS, span.attributes));
    if (peer !== null && peer !== program) edges.add(`${program}\n${peer}`);
  } else if (span.kind === SERVER || span.kind === CONSUMER) {
    const caller = services.get(spanKey(span.trace, span.parent));
    if (caller !== undefined && caller !== program && caller !== NO_PROGRAM) edges.add(`${caller}\n${program}`);
  }
}

import { saidBy } from "./bundle-marks";
import { badness, type Tone, toneOf } from "./fault-words";
import { isRecord, type Json, type JsonRecord, numberOf, timeOf } from "./bundle-times";

/** What a record is called by, if it has a name; names of things have no blanks. */
const NAMED =
  /^(?:name|id|identifier|[a-z_]*identifier|(?:pod|node|host|service|instance|container|deployment|cluster|db|resource)_?(?:name|id)?|hostname)$/i;
/** What a message is about, best first. */
const ABOUT =
  /^(?:involved_?object|source_?identifier|object|subject|service(?:_?name)?|app|component|resource|pod(?:_?name)?|instance|container(?:_?name)?|job|host(?:name)?|node(?:_?name)?|source)$/i;
const MESSAGE = /^(?:message|msg|text|log|line|body|description|event|summary|content|detail|details|title|note)$/i;
const LEVEL = /^(?:level|severity|status|type|priority)$/i;
const REASON = /^(?:reason|event_?type|category|[a-z_]*categories|code|action)$/i;
/** A thing on its way out: what it says of itself is no longer the state of the system. */
const LEAVING = /^(?:deletion_?timestamp|deleted_?at|terminated_?at|removed_?at|retired_?at)$/i;
const TEXT_CHARS = 400;
const STATE_CHARS = 700;
/** Depth to which what belongs to one thing is read as its state. */
const STATE_DEPTH = 4;

const clean = (text: string): string => text.replace(/\s+/g, " ").trim();
const short = (text: string, most = TEXT_CHARS): string => (text.length > most ? `${text.slice(0, most)}…` : text);

/** `Pod/payments-7f9` → `payments-7f9`; null for what is no name. */
function bareName(value: Json | undefined): string | null {
  if (typeof value !== "string") return isRecord(value) ? bareName(value["name"]) : null;
  const name = value.slice(value.lastIndexOf("/") + 1).trim();
  return name === "" || name.length > 200 || /\s/.test(name) || timeOf(name) !== null ? null : name;
}

/** The name of the thing a record describes; null if it has none. CloudWatch's dimensions and `key:value` tags count. */
export function nameOf(record: JsonRecord): string | null {
  const dimensions = record["dimensions"] ?? record["Dimensions"];
  if (Array.isArray(dimensions))
    for (const item of dimensions) {
      const name = isRecord(item) ? bareName(item["Value"] ?? item["value"]) : null;
      if (name !== null) return name;
    }
  const named = Object.keys(record).filter((key) => NAMED.test(key));
  for (const key of named.toSorted((a, b) => rankOf(a) - rankOf(b))) {
    const name = typeof record[key] === "string" && /[a-z]/i.test(record[key]) ? bareName(record[key]) : null;
    if (name !== null) return name;
  }
  const metadata = record["metadata"];
  return taggedName(record) ?? (isRecord(metadata) ? bareName(metadata["name"]) : null);
}
const rankOf = (key: string): number =>
  /^name$/i.test(key) ? 0 : /identifier|_?name$/i.test(key) ? 1 : /^id$/i.test(key) ? 3 : 2;

/** Tags and labels that say whose a record is: `service:checkout`, `{ pod: … }`. */
function taggedName(record: JsonRecord): string | null {
  const tags = [record["tags"], record["labels"], record["metric"], record["stream"], record["scope"]].find(
    (value) => typeof value === "object" || (typeof value === "string" && value.includes(":")),
  );
  const pairs: [string, Json][] = isRecord(tags)
    ? Object.entries(tags)
    : (Array.isArray(tags) ? tags : typeof tags === "string" ? tags.split(",") : []).flatMap((tag) => {
        if (typeof tag !== "string") return [];
        const [key, ...value] = tag.split(":");
        return [[key!.trim(), value.join(":")]];
      });
  for (const wanted of [/service/i, /deployment|workload/i, /pod/i, /instance|host|node/i, /job|app/i])
    for (const [key, value] of pairs) {
      const name = wanted.test(key) ? bareName(value) : null;
      if (name !== null) return name;
    }
  return null;
}

export interface Message {
  /** Its first and last time in epoch seconds; null when it has none. */
  first: number | null;
  last: number | null;
  about: string | null;
  line: string;
}

/** A record as a message: it has text and a time. Null for anything else. */
export function messageOf(record: JsonRecord): Message | null {
  const texts = Object.entries(record).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const message = texts.filter(([key]) => MESSAGE.test(key)).toSorted((a, b) => b[1].length - a[1].length)[0];
  const times = Object.values(record)
    .map(timeOf)
    .filter((t) => t !== null);
  if (message === undefined || times.length === 0 || message[1].trim() === "") return null;
  const reasons = Object.entries(record).flatMap(([key, value]) => {
    if (!REASON.test(key)) return [];
    return Array.isArray(value)
      ? value.filter((item) => typeof item === "string")
      : typeof value === "string"
        ? [value]
        : [];
  });
  const level = texts.find(
    ([key, value]) => LEVEL.test(key) && /^(?:warn|err|fatal|crit|alert|emerg|panic)/i.test(value),
  );
  const count = numberOf(record["count"] ?? record["occurrences"]);
  const about = Object.keys(record)
    .filter((key) => ABOUT.test(key))
    .toSorted((a, b) => aboutRank(a) - aboutRank(b))
    .map((key) => bareName(record[key]))
    .find((name) => name !== null);
  const told = clean(message[1]);
  const head = [level?.[1], ...reasons].filter((part) => part !== undefined && part !== "" && !told.startsWith(part));
  const times_ = count !== null && count > 1 ? ` (${count} times)` : "";
  return {
    first: Math.min(...times),
    last: Math.max(...times),
    about: about ?? taggedName(record),
    line: `${head.length > 0 ? `${head.join(" ")}: ` : ""}${told}${times_}`,
  };
}
const aboutRank = (key: string): number =>
  [/object|subject|identifier/i, /service|app|component/i, /resource|instance|pod|container/i, /./].findIndex((r) =>
    r.test(key),
  );

export interface ObjectState {
  name: string | null;
  line: string;
  /** Since when it is on its way out; null while it is there. */
  leaving: number | null;
  /** Values that may name other things: its host, its owner. */
  refers: string[];
}

/** What a thing says of itself: its values as `key=value`, the worst first. Null when it says nothing. */
export function stateOf(record: JsonRecord, path: string): ObjectState | null {
  const said: string[] = [];
  const about: string[] = [];
  let leaving: number | null = null;
  const refers: string[] = [];
  const judged = Object.keys(record).some((key) => VERDICT.test(key));
  const read = (value: Json, key: string, depth: number) => {
    if (value === null || value === "" || depth > STATE_DEPTH) return;
    if (isRecord(value)) {
      const paired = conditionOf(value);
      if (paired !== null) return void said.push(...paired);
      for (const [inner, item] of Object.entries(value)) read(item, key === "" ? inner : `${key}.${inner}`, depth + 1);
      return;
    }
    if (Array.isArray(value)) {
      if (value.some(isRecord)) for (const item of value) read(item, key, depth + 1);
      return;
    }
    const last = key.slice(key.lastIndexOf(".") + 1);
    const name = bareName(value);
    if (name !== null && (depth === 1 || /^spec\.\w+$/.test(key))) refers.push(name);
    if (LEAVING.test(last)) leaving = timeOf(value);
    else if (
      timeOf(value) !== null ||
      DECLARED.test(key) ||
      SKIPPED.test(last) ||
      (typeof value === "string" && value.includes("\n"))
    )
      return;
    else if (depth === 1 && judged && MESSAGE.test(last)) about.push(quoted(value));
    else said.push(`${key}=${quoted(value)}`);
  };
  read(record, "", 0);
  said.push(...shortfalls(record));
  if (said.length === 0) return null;
  const name = nameOf(record);
  const worst = [...new Set(said)]
    .map((text, i) => ({ text, i, bad: badness(toneOf(text)) }))
    .toSorted((a, b) => b.bad - a.bad || a.i - b.i)
    .map(({ text }) => text);
  const title = typeof record["name"] === "string" ? record["name"] : (name ?? "");
  const more = about.length > 0 ? `${ABOUT_MARK}${about.join(", ")})` : "";
  return { name, line: short(`${path} "${title}": ${worst.join(STATE_MARK)}${more}`, STATE_CHARS), leaving, refers };
}

/** What a thing's check found, as one word; then its message says what would be wrong, and not what is. */
const VERDICT = /^(?:[a-z_]*state|[a-z_]*status|health|phase|verdict|result)$/i;
/** Says nothing of how it is. */
const SKIPPED = /^(?:name|[a-z_]*_name|namespace|query|[a-z_]*ip|id|uid|type|kind|instance_type|tags)$/i;
/** What a thing was asked to be, and its papers, are not how it is. */
const DECLARED = /^(?:metadata|spec)\./;
/** A count of what happened so far says little of now. */
const COUNTER = /_?(?:count|total)=/i;
const COUNTER_WEIGHT = 0.5;
const STATE_MARK = "; ";
const ABOUT_MARK = " (about: ";

/** The tone of a state line: its worst value's, and not that of a quoted name before them or of the words that describe what is checked. */
export function toneOfState(line: string): Tone {
  const named = line.indexOf('": ');
  const [values] = (named < 0 ? saidBy(line) : line.slice(named + 3)).split(ABOUT_MARK);
  const tones = values!.split(STATE_MARK).map((value) => {
    const tone = toneOf(value);
    return COUNTER.test(value) ? { ...tone, bad: tone.bad * COUNTER_WEIGHT } : tone;
  });
  const worst = tones.toSorted((a, b) => badness(b) - badness(a))[0]!;
  return { ...worst, good: Math.max(...tones.map(({ good }) => good)) };
}

/** `{type: "Ready", status: "False", reason, message}` reads `Ready=False`, with its reason. */
function conditionOf(value: JsonRecord): string[] | null {
  const type = value["type"] ?? value["condition"];
  const status = value["status"];
  if (typeof type !== "string" || (typeof status !== "string" && typeof status !== "boolean")) return null;
  const why = [value["reason"], value["message"]].filter((part) => typeof part === "string" && part !== "");
  return [`${type}=${String(status)}`, ...why.map((part) => `${type}: ${quoted(part as string)}`)];
}

const quoted = (value: string | number | boolean): string =>
  typeof value === "string" && /\s/.test(value) ? `"${short(clean(value))}"` : String(value);

const WANTED = /^(?:desired|wanted|expected|replicas|total|min|minimum)(?:_?(?:replicas|count|size|tasks|capacity))?$/i;
const THERE = /^(?:ready|available|running|healthy|current|in_?service)(?:_?(?:replicas|count|tasks|hosts|targets))?$/i;

/** Fewer there than wanted. */
function shortfalls(record: JsonRecord): string[] {
  const wanted = Object.entries(record).find(([key, value]) => WANTED.test(key) && typeof value === "number");
  if (wanted === undefined) return [];
  return Object.entries(record)
    .filter(([key, value]) => THERE.test(key) && typeof value === "number" && value < (wanted[1] as number))
    .map(([key, value]) => `missing ${(wanted[1] as number) - (value as number)} of ${wanted[1] as number} ${key}`);
}

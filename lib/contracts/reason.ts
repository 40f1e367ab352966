import { z } from "zod";

/** Longest reason that is answered. */
const REASON_MAX = 300;
/** Choices that are listed; of more only the first. */
const CHOICES_LISTED = 20;

const standard = z.locales.en().localeError;

/** What a value should have been, as people call it. */
const KINDS: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  tuple: "a list",
  date: "a time",
};
const RECEIVED: Record<string, string> = { ...KINDS, null: "null", NaN: "NaN" };

/**
 * Why a value was refused, as a sentence that names its field: "http_status must be at most 599". What a schema says in
 * its own words is kept. At most 300 characters; a value never appears in it.
 */
export function reasonOf(issue: z.core.$ZodIssue): string {
  const name = nameOf(issue.path);
  return sentence(name, issue).slice(0, REASON_MAX);
}

/** The field's own name: of `events[3].cost`, "cost"; of an item of a list, the list's name and its place. */
function nameOf(path: readonly PropertyKey[]): string {
  const last = path.at(-1);
  if (last === undefined) return "the value";
  if (typeof last !== "number") return String(last);
  const list = path.at(-2);
  return list === undefined ? `item ${last}` : `${String(list)}[${last}]`;
}

function sentence(name: string, issue: z.core.$ZodIssue): string {
  if (!isStandard(issue)) return said(name, issue.message);
  switch (issue.code) {
    case "invalid_type": {
      const received = /received (\w+)/.exec(issue.message)?.[1];
      if (received === "undefined") return `${name} is missing`;
      const not = received && RECEIVED[received] && issue.expected !== "int" ? `, not ${RECEIVED[received]}` : "";
      return `${name} must be ${KINDS[issue.expected] ?? issue.expected}${not}`;
    }
    case "too_small":
      if (issue.origin === "string")
        return issue.minimum === 1
          ? `${name} must not be empty`
          : `${name} must have at least ${issue.minimum} characters`;
      if (issue.origin === "array" || issue.origin === "set")
        return issue.minimum === 1 ? `${name} must not be empty` : `${name} must have at least ${issue.minimum} items`;
      return `${name} must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`;
    case "too_big":
      if (issue.origin === "string") return `${name} must have at most ${issue.maximum} characters`;
      if (issue.origin === "array" || issue.origin === "set") return `${name} must have at most ${issue.maximum} items`;
      return `${name} must be ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}`;
    case "invalid_value": {
      const [only, ...more] = issue.values;
      if (more.length === 0) return `${name} must be ${String(only)}`;
      return `${name} must be one of ${issue.values.slice(0, CHOICES_LISTED).map(String).join(", ")}`;
    }
    case "invalid_format":
      return issue.format === "datetime"
        ? `${name} must be an ISO 8601 time with its offset`
        : `${name} is not a valid ${issue.format}`;
    case "unrecognized_keys":
      return `unknown ${issue.keys.length === 1 ? "field" : "fields"}: ${issue.keys.join(", ")}`;
    case "invalid_union": {
      // Of the ways in which it could have been right, the one that came closest speaks.
      const closest = issue.errors.flat().toSorted((a, b) => b.path.length - a.path.length)[0];
      if (!closest) return `${name} is invalid`;
      const kinds = unionOf(issue);
      return kinds ? `${name} must be ${kinds}` : reasonOf({ ...closest, path: [...issue.path, ...closest.path] });
    }
    case "not_multiple_of":
      return `${name} must be a multiple of ${issue.divisor}`;
    case "invalid_key":
    case "invalid_element":
    case "custom":
      return `${name} is invalid`;
  }
}

/** "text or a number", where a value of neither type was given. */
function unionOf(issue: z.core.$ZodIssueInvalidUnion): string | null {
  const types = issue.errors.map(([first]) =>
    first?.code === "invalid_type" && first.path.length === 0 ? (KINDS[first.expected] ?? first.expected) : null,
  );
  return types.length > 0 && types.every((type) => type !== null) ? [...new Set(types)].join(" or ") : null;
}

function said(name: string, message: string): string {
  if (message.includes(name)) return message;
  return /^(?:must|is|may) /.test(message) ? `${name} ${message}` : `${name}: ${message}`;
}

/** Whether the words are zod's own and not those of one of our schemas. The type that was received is not kept with an issue. */
function isStandard(issue: z.core.$ZodIssue): boolean {
  if (issue.code === "invalid_type") return issue.message.startsWith("Invalid input: expected ");
  const words = standard(issue as unknown as z.core.$ZodRawIssue);
  return issue.message === (typeof words === "string" ? words : words?.message);
}

import { type Risk, RISKS, type CauseKind } from "../base/vocabulary";

export type ArgValue = string | number | boolean;

/** An allow-listed operation that would suit a cause. What is not offered does not exist. */
export interface Offer {
  /** Unique within the incident. */
  id: string;
  /** Name of the entry. */
  action: string;
  /** The service it acts on. */
  target: string;
  args: Record<string, ArgValue>;
  /** Arguments that may be set otherwise, and to what. */
  open?: Record<string, { oneOf: string[] } | { min: number; max: number }>;
  risk: Risk;
  /** Why it suits, in a sentence. */
  reason: string;
  blastRadius?: string;
  undo?: string | null;
}

/** What an argument may be. A name is one of things outside (a host, a revision), so only its form can be checked. */
export type Param =
  | { type: "enum"; values: string[]; default: string }
  | { type: "int"; min: number; max: number; default: number }
  | { type: "name"; default: string };
export type Params = Record<string, Param>;

/**
 * Names of services and name parameters: ASCII letters, digits, `.`, `_`, `-`, 1 to 128, beginning with a letter or digit.
 * Such a word is never an option, a path, a pattern, or a shell's syntax, whatever program it is handed to.
 */
const NAME = /^[A-Za-z\d][\w.-]{0,127}$/;
export const isName = (text: string): boolean => NAME.test(text);

/** `{word}`, where a value goes. Other braces (JSON, Go templates) are text. */
const PLACEHOLDER = /\{([a-z][a-z\d_]*)\}/g;

/** Names of the placeholders in a text, in order. */
export const placeholdersOf = (text: string): string[] => [...text.matchAll(PLACEHOLDER)].map(([, name]) => name!);

/** `text` with its placeholders replaced, in one pass: what a value says is never read again. Unknown ones stay. */
export const fill = (text: string, values: Record<string, ArgValue>): string =>
  text.replace(PLACEHOLDER, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));

/** As {@link fill}; a text that is nothing but one placeholder becomes the value itself, number or not. */
export function fillValue(given: ArgValue, values: Record<string, ArgValue>): ArgValue {
  if (typeof given !== "string") return given;
  const [name] = placeholdersOf(given);
  return name !== undefined && given === `{${name}}` && Object.hasOwn(values, name)
    ? values[name]!
    : fill(given, values);
}

/** Whether a pattern of the allow-list covers a service: letter for letter, `*` stands for any part, also an empty one. */
export function covers(pattern: string, service: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === service;
  const last = rest.pop()!;
  if (!service.startsWith(first) || service.length < first.length + last.length || !service.endsWith(last))
    return false;
  // Taking the first place where a part fits leaves the most room for those after it.
  const end = service.length - last.length;
  let at = first.length;
  for (const part of rest) {
    const found = service.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

export type Checked<T> = { ok: true; value: T } | { ok: false; reason: string };

/** Every argument of an operation, each within its bounds; what is not given has its default. Reasons quote no value. */
export function checkArgs(params: Params, given: Readonly<Record<string, unknown>>): Checked<Record<string, ArgValue>> {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(params, name));
  if (unknown !== undefined) return { ok: false, reason: `it has no argument ${JSON.stringify(unknown.slice(0, 40))}` };
  const args: Record<string, ArgValue> = {};
  for (const [name, param] of Object.entries(params)) {
    const value = Object.hasOwn(given, name) ? given[name] : param.default;
    const wrong = whyNot(param, value);
    if (wrong !== null) return { ok: false, reason: `its argument ${name} ${wrong}` };
    args[name] = value as ArgValue;
  }
  return { ok: true, value: args };
}

function whyNot(param: Param, value: unknown): string | null {
  switch (param.type) {
    case "enum":
      return typeof value === "string" && param.values.includes(value)
        ? null
        : `must be one of ${param.values.join(", ")}`;
    case "int":
      return Number.isSafeInteger(value) && (value as number) >= param.min && (value as number) <= param.max
        ? null
        : `must be a whole number from ${param.min} to ${param.max}`;
    case "name":
      return typeof value === "string" && isName(value)
        ? null
        : "must be a name: letters, digits, dot, underscore, hyphen, beginning with a letter or digit";
  }
}

/** What an offer leaves open. Names are not: whoever chooses can only choose among what is known. */
export function openOf(params: Params): NonNullable<Offer["open"]> {
  const open: NonNullable<Offer["open"]> = {};
  for (const [name, param] of Object.entries(params))
    switch (param.type) {
      case "enum":
        open[name] = { oneOf: param.values };
        break;
      case "int":
        open[name] = { min: param.min, max: param.max };
        break;
      case "name":
        break;
    }
  return open;
}

/**
 * Those that are a remedy for the kind of cause: first those that name it earlier among what they remedy, then the less
 * risky, then as they are listed.
 */
export const fitting = <T extends { remedies: readonly CauseKind[]; risk: Risk }>(
  entries: readonly T[],
  kind: CauseKind,
): T[] =>
  entries
    .filter(({ remedies }) => remedies.includes(kind))
    .toSorted(
      (a, b) => a.remedies.indexOf(kind) - b.remedies.indexOf(kind) || RISKS.indexOf(a.risk) - RISKS.indexOf(b.risk),
    );

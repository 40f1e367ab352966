import { z } from "zod";
import { AgentEvent } from "./event";
import { isStep } from "./plain-text";

/**
 * Most events are flat: names, numbers and yes-or-no, all of them right. These are read here in one pass over the fields
 * that they have, several times faster than the schema does it. The rules are the schema's own, read off its JSON Schema;
 * what they do not cover (attributes, lists, times as text, letters beyond ASCII, anything that is wrong) is left to the
 * schema, which alone knows how to say what is the matter.
 */
type Rule =
  | { kind: "text"; most: number; mayBeEmpty: boolean }
  | { kind: "word"; of: ReadonlySet<string> }
  | { kind: "number"; least: number; most: number; whole: boolean }
  | { kind: "flag" };

interface Shape {
  type?: string | string[];
  anyOf?: Shape[];
  const?: string;
  enum?: string[];
  pattern?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
}

const branches = (shape: Shape): Shape[] => shape.anyOf?.flatMap(branches) ?? [shape];

/** The rule of one field, null where only the schema can judge it. A field may be named, numbered or neither, never both. */
function ruleOf(shape: Shape): Rule | null {
  const all = branches(shape);
  for (const { type, pattern, maxLength, minimum, maximum, enum: words } of all) {
    if (words) return { kind: "word", of: new Set(words) };
    if (type === "string" && maxLength !== undefined && !pattern)
      return { kind: "text", most: maxLength, mayBeEmpty: all.some((one) => one.const === "") };
    if ((type === "number" || type === "integer") && minimum !== undefined && maximum !== undefined)
      return { kind: "number", least: minimum, most: maximum, whole: type === "integer" };
    if ([type].flat().includes("boolean")) return { kind: "flag" };
  }
  return null;
}

const RULES: ReadonlyMap<string, Rule | null> = new Map(
  Object.entries(z.toJSONSchema(z.object(AgentEvent.shape)).properties ?? {}).map(([name, shape]) => [
    name,
    ruleOf(shape as Shape),
  ]),
);

/**
 * The event with what it says and nothing else (null and "" say nothing); null when the schema has to look at it. Names of
 * fields that no event has are handed to `onUnknownField`.
 */
export function plainEvent(raw: unknown, onUnknownField: (name: string) => void): AgentEvent | null {
  if (typeof raw !== "object" || raw === null || !("agent_id" in raw)) return null;
  const event: Record<string, unknown> = {};
  for (const name in raw) {
    const value = (raw as Record<string, unknown>)[name];
    const rule = RULES.get(name);
    // What a queued task has to say depends on more than one field.
    if (name === "kind" && value === "queued_task") return null;
    if (rule === undefined) onUnknownField(name);
    else if (value === null) {
      if (name === "agent_id") return null;
    } else if (rule === null || !follows(rule, value) || isStep(value as string)) return null;
    else if (value !== "") event[name] = value;
  }
  return event as AgentEvent;
}

function follows(rule: Rule, value: unknown): boolean {
  switch (rule.kind) {
    case "text":
      return typeof value === "string" && (value === "" ? rule.mayBeEmpty : isPrintable(value, rule.most));
    case "word":
      return typeof value === "string" && rule.of.has(value);
    case "number":
      return typeof value === "number" && value >= rule.least && value <= rule.most && (!rule.whole || Number.isSafeInteger(value)); // prettier-ignore
    case "flag":
      return typeof value === "boolean";
  }
}

/** Printable ASCII holds no control characters and no halves of characters. */
function isPrintable(text: string, most: number): boolean {
  if (text.length > most) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

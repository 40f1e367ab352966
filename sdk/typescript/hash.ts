import { createHash } from "node:crypto";
import { parseJson } from "./wire.js";

/** Hex digits kept of a SHA-256: 64 bits, so that among a million prompts or actions a clash is a one-in-ten-million chance. */
const DIGITS = 16;

export const hashText = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, DIGITS);

/** JSON with sorted keys, so that equal values have equal text. Functions and undefined vanish, as in JSON; what JSON cannot hold is named by its type. */
export function canonicalJson(value: unknown): string {
  try {
    return write(value);
  } catch {
    return `<${typeof value}>`;
  }
}

function write(value: unknown): string {
  return (
    (JSON.stringify(value, (_key, v: unknown) =>
      typeof v === "object" && v !== null && !Array.isArray(v)
        ? Object.fromEntries(Object.entries(v).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : v,
    ) as string | undefined) ?? "null"
  );
}

export const hashValue = (value: unknown) => hashText(canonicalJson(value));

/**
 * One tool call as an identity: the same tool with the same arguments, whatever their order. Arguments that are JSON text already, as models
 * write them, are read first.
 */
export const hashAction = (tool: string, args: unknown) =>
  hashValue([tool, typeof args === "string" ? (parseJson(args) ?? args) : args]);

/** The tool set as an identity: names, descriptions and schemas, whatever their order. */
export const hashTools = (tools: { name: string; description?: string; schema?: unknown }[]) =>
  hashValue(
    tools.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((t) => [t.name, t.description ?? null, t.schema ?? null]),
  );

import { readFileSync } from "node:fs";

/** What an operator may set without a new version. A bad value is a config regression; a missing one has its default. */
export interface Config {
  /** How long the store may take, ms. */
  storeTimeoutMs: number;
  /** Lookups at once. */
  storeConnections: number;
}

const NUMBERS = {
  store_timeout_ms: { fallback: 250, min: 1, max: 60_000 },
  store_connections: { fallback: 8, min: 1, max: 1_000 },
};

/** Reads a JSON object. Throws naming the field that is not a number within its bounds, or not known. */
export function parseConfig(text: string): Config {
  const given = JSON.parse(text) as Record<string, unknown>;
  for (const name of Object.keys(given)) if (!(name in NUMBERS)) throw new Error(`config: ${name} is not known`);
  const number = (name: keyof typeof NUMBERS) => {
    const { fallback, min, max } = NUMBERS[name];
    const value = given[name] ?? fallback;
    if (typeof value !== "number" || !(value >= min && value <= max))
      throw new Error(`config: ${name} must be a number from ${min} to ${max}`);
    return value;
  };
  return { storeTimeoutMs: number("store_timeout_ms"), storeConnections: number("store_connections") };
}

export const readConfig = (path: string | undefined): Config => parseConfig(path ? readFileSync(path, "utf8") : "{}");

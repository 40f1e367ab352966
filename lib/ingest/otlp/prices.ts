import type { Amounts } from "./aliases";

/** When the list was last looked through. Prices move: a setting (SENTINEL_AGENT_PRICES) goes before it. */
export const PRICES_DATE = "2026-11-28";

/** USD per million tokens. `cached` and `cacheWrite` left out: as `input`. */
export interface Price {
  input: number;
  output: number;
  cached?: number;
  cacheWrite?: number;
}

/**
 * List prices of the makers' own APIs, standard tier, short contexts, by the exact name of the model; a date at its end is passed
 * over. A model that is not here has no cost: that is unknown, never 0. Each was checked against genai-prices 0.1.8 (Pydantic) on the date above.
 */
const PRICES: Readonly<Record<string, Price>> = {
  "claude-opus-5-5": { input: 4, cached: 0.2, cacheWrite: 5, output: 20 },
  "claude-opus-4-5": { input: 5, cached: 0.5, cacheWrite: 6.25, output: 25 },
  "claude-opus-4-1": { input: 15, cached: 1.5, cacheWrite: 18.75, output: 75 },
  "claude-opus-4": { input: 15, cached: 1.5, cacheWrite: 18.75, output: 75 },
  "claude-sonnet-4-5": { input: 3, cached: 0.3, cacheWrite: 3.75, output: 15 },
  "claude-sonnet-4": { input: 3, cached: 0.3, cacheWrite: 3.75, output: 15 },
  "claude-haiku-4-5": { input: 1, cached: 0.1, cacheWrite: 1.25, output: 5 },
  "gpt-4o": { input: 2.5, cached: 1.25, output: 10 },
  "gpt-4o-mini": { input: 0.15, cached: 0.075, output: 0.6 },
  "gpt-4.1": { input: 2, cached: 0.5, output: 8 },
  "gpt-4.1-mini": { input: 0.4, cached: 0.1, output: 1.6 },
  "gpt-4.1-nano": { input: 0.1, cached: 0.025, output: 0.4 },
  "gpt-5": { input: 1.25, cached: 0.125, output: 10 },
  "gpt-5-mini": { input: 0.25, cached: 0.025, output: 2 },
  "gpt-5-nano": { input: 0.05, cached: 0.005, output: 0.4 },
  o3: { input: 2, cached: 0.5, output: 8 },
  "o4-mini": { input: 1.1, cached: 0.275, output: 4.4 },
};

/** `-20250929` or `-2024-08-06`: a dated release of the model. */
const DATED = /-(?:\d{8}|\d{4}-\d\d-\d\d)$/;

/** What a model costs; null: nobody said. `mine`: prices of the settings, which go first. */
export function priceOf(model: string, mine: ReadonlyMap<string, Price>): Price | null {
  for (const name of [model, model.replace(DATED, "")]) {
    const price = mine.get(name) ?? (Object.hasOwn(PRICES, name) ? PRICES[name] : undefined);
    if (price) return price;
  }
  return null;
}

/**
 * What tokens cost at a price, in 1e-9 USD; null where neither input nor output is known. Output of models that reason holds the
 * reasoning tokens, except where they are told beside it (`total` is then more than input and output).
 */
export function costOf(price: Price, { input, output, cached = 0, cacheWrite = 0, total }: Amounts): number | null {
  if (input === undefined && output === undefined) return null;
  const plain = Math.max(0, (input ?? 0) - cached - cacheWrite);
  const written = Math.max(output ?? 0, (total ?? 0) - (input ?? 0));
  const perMillion =
    plain * price.input +
    cached * (price.cached ?? price.input) +
    cacheWrite * (price.cacheWrite ?? price.input) +
    written * price.output;
  return Math.round(perMillion * 1e3);
}

/** What one counter's growth adds to the cost: as `costOf`, where each kind of tokens is counted apart. */
export function marginalCost(price: Price, { input, output, cached, cacheWrite }: Amounts): number | null {
  if ([input, output, cached, cacheWrite].every((tokens) => tokens === undefined)) return null;
  const perMillion =
    (input ?? 0) * price.input +
    (cached ?? 0) * ((price.cached ?? price.input) - price.input) +
    (cacheWrite ?? 0) * ((price.cacheWrite ?? price.input) - price.input) +
    (output ?? 0) * price.output;
  return Math.round(perMillion * 1e3);
}

const ENTRY = /^[^\s,=]+=\d+(?:\.\d+)?(?::\d+(?:\.\d+)?){1,3}$/;

/**
 * Prices of the settings, `model=input:output[:cached[:cache_write]]`, comma-separated; null where it is not written so.
 */
export function parsePrices(text: string): Map<string, Price> | null {
  const prices = new Map<string, Price>();
  for (const entry of text.split(",").map((part) => part.trim())) {
    if (!ENTRY.test(entry)) return null;
    const at = entry.lastIndexOf("=");
    const [input, output, cached, cacheWrite] = entry
      .slice(at + 1)
      .split(":")
      .map(Number);
    prices.set(entry.slice(0, at), {
      input: input!,
      output: output!,
      ...(cached === undefined ? {} : { cached }),
      ...(cacheWrite === undefined ? {} : { cacheWrite }),
    });
  }
  return prices;
}

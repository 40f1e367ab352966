import { env } from "@/lib/env";
import { parsePrices, type Price } from "./prices";

let read: { from: string | undefined; prices: ReadonlyMap<string, Price> } | undefined;

/** Prices of the settings, which go before those of the list. */
export function agentPrices(): ReadonlyMap<string, Price> {
  const from = env().SENTINEL_AGENT_PRICES;
  if (!read || read.from !== from) read = { from, prices: (from && parsePrices(from)) || new Map() };
  return read.prices;
}

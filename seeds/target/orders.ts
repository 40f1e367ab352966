import { setTimeout as wait } from "node:timers/promises";
import type { Rng } from "../fleet/rng";
import type { Config } from "./config";

/** What the store knows of a customer. Guests have no tier of their own. */
const TIERS = ["gold", "silver", "guest"] as const;
type Tier = (typeof TIERS)[number];
const DISCOUNTS: Partial<Record<Tier, { share: number }>> = { gold: { share: 0.1 }, silver: { share: 0.05 } };

/** The store's usual answer, ms, and how much it varies (log-sd): one answer in a thousand takes about 60 ms. */
const STORE_MS = 18;
const STORE_SPREAD = 0.4;

/** The service's one piece of work: the price of an order, after a look at the customer in the store. */
export interface Pricing {
  /** Rejects when the store is too slow for this configuration, or when this version cannot price the order. */
  price(order: number): Promise<{ order: number; price: number }>;
}

export function createPricing(version: string, config: Config, rng: Rng): Pricing {
  const discountOf = Number(version.split(".")[0]) >= 2 ? discountFromTable : discountOrNone;
  let open = 0;
  const waiting: (() => void)[] = [];

  /** Asks over one of the connections; waiting for one is not part of the timeout, as in most pools. */
  async function lookUp(order: number): Promise<Tier> {
    if (open >= config.storeConnections) await new Promise<void>((free) => void waiting.push(free));
    open += 1;
    try {
      const takes = STORE_MS * rng.lognormal(STORE_SPREAD);
      await wait(Math.min(takes, config.storeTimeoutMs));
      if (takes > config.storeTimeoutMs)
        throw new Error(`store did not answer within ${config.storeTimeoutMs} ms (store_timeout_ms)`);
      return TIERS[order % TIERS.length] ?? "guest";
    } finally {
      open -= 1;
      waiting.shift()?.();
    }
  }

  return {
    async price(order) {
      const tier = await lookUp(order);
      return { order, price: Math.round(1000 * (1 - discountOf(tier))) / 10 };
    },
  };
}

/** 1.x: who has no discount gets none. */
const discountOrNone = (tier: Tier): number => DISCOUNTS[tier]?.share ?? 0;

/** 2.x: "every customer has an entry". Guests have not: this release is bad on purpose, in the way that releases are. */
const discountFromTable = (tier: Tier): number => (DISCOUNTS as Record<Tier, { share: number }>)[tier].share;

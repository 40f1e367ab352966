/** What a node is and whom it calls. Times in ms, memory in MB. */
export interface NodeSpec {
  id: string;
  kind: "service" | "database" | "cache" | "external" | "worker" | "host";
  /** Its own work for one request, without what it calls. */
  workMs: number;
  /** Requests it can work on at once. */
  servers: number;
  memoryMb: number;
  calls?: CallSpec[];
}

export interface CallSpec {
  to: string;
  /** Calls for each request; by default one. */
  per?: number;
  timeoutMs?: number;
  /** Without an answer the caller goes on, a little worse. */
  optional?: boolean;
  /** Connections kept to a database. */
  pool?: number;
}

export interface System {
  /** Where requests come from outside, and how many a second at an ordinary hour. */
  entry: { node: string; perSecond: number }[];
  nodes: NodeSpec[];
}

const service = (id: string, workMs: number, servers: number, memoryMb: number, calls: CallSpec[] = []): NodeSpec => ({ id, kind: "service", workMs, servers, memoryMb, calls }); // prettier-ignore
const store = (id: string, kind: NodeSpec["kind"], workMs: number, servers: number, memoryMb: number): NodeSpec => ({ id, kind, workMs, servers, memoryMb }); // prettier-ignore

/** A shop: a page is made of many services, and few pages become orders. */
export const SHOP: System = {
  entry: [{ node: "edge-gateway", perSecond: 120 }],
  nodes: [
    service("edge-gateway", 2, 8, 240, [{ to: "storefront", timeoutMs: 10_000 }]),
    service("storefront", 12, 8, 620, [
      { to: "catalog", timeoutMs: 4_000 },
      { to: "search", per: 0.4, timeoutMs: 3_000 },
      { to: "cart", per: 0.5, timeoutMs: 2_000 },
      { to: "recommender", per: 0.7, timeoutMs: 3_000, optional: true },
      { to: "checkout", per: 0.12, timeoutMs: 8_000 },
    ]),
    service("catalog", 9, 6, 900, [{ to: "catalog-db", per: 1.5, pool: 40 }, { to: "pricing", timeoutMs: 2_000 }]),
    service("pricing", 5, 4, 410, [{ to: "price-cache", per: 1 }, { to: "catalog-db", per: 0.1, pool: 20 }]),
    service("search", 14, 5, 1_400, [{ to: "search-index", timeoutMs: 2_000 }]),
    service("cart", 4, 4, 300, [{ to: "cart-cache", per: 2 }]),
    service("recommender", 22, 8, 1_900, [{ to: "feature-store", per: 1, timeoutMs: 1_000 }]),
    service("checkout", 16, 4, 520, [
      { to: "inventory", timeoutMs: 3_000 },
      { to: "payments", timeoutMs: 6_000 },
      { to: "orders", timeoutMs: 5_000 },
    ]),
    service("payments", 10, 4, 480, [{ to: "card-gateway", timeoutMs: 4_000 }]),
    service("orders", 8, 4, 700, [{ to: "orders-db", per: 3, pool: 20, timeoutMs: 3_000 }]),
    service("inventory", 6, 4, 380, [{ to: "inventory-db", per: 2, pool: 20 }]),
    store("catalog-db", "database", 3, 4, 6_000),
    store("orders-db", "database", 6, 4, 5_200),
    store("inventory-db", "database", 4, 3, 3_100),
    store("price-cache", "cache", 0.6, 2, 2_000),
    store("cart-cache", "cache", 0.5, 2, 1_100),
    store("feature-store", "cache", 3, 4, 4_000),
    store("search-index", "database", 24, 6, 8_000),
    store("card-gateway", "external", 140, 400, 0),
    store("node-pool-a", "host", 0, 1, 32_000),
  ],
}; // prettier-ignore

/** Rides: a few services under an app's interface, and books kept behind it. */
export const RIDES: System = {
  entry: [
    { node: "mobile-api", perSecond: 90 },
    { node: "billing", perSecond: 6 },
    { node: "ledger-export", perSecond: 3 },
  ],
  nodes: [
    service("mobile-api", 5, 8, 450, [
      { to: "accounts", per: 0.6, timeoutMs: 2_000 },
      { to: "trips", per: 0.5, timeoutMs: 5_000 },
      { to: "dispatch", per: 0.25, timeoutMs: 5_000 },
      { to: "notifications", per: 0.2, timeoutMs: 3_000, optional: true },
    ]),
    service("accounts", 4, 4, 520, [{ to: "accounts-db", per: 1.2, pool: 30 }]),
    service("trips", 11, 5, 760, [
      { to: "trips-db", per: 2, pool: 40 },
      { to: "fares", timeoutMs: 3_000 },
    ]),
    service("fares", 7, 4, 340, [{ to: "geo", per: 0.25, timeoutMs: 2_000 }]),
    service("dispatch", 18, 5, 1_200, [
      { to: "geo", per: 2, timeoutMs: 2_000 },
      { to: "drivers", per: 1.5, timeoutMs: 2_000 },
    ]),
    service("geo", 8, 4, 2_600),
    service("drivers", 5, 4, 430, [{ to: "drivers-cache", per: 2 }]),
    service("notifications", 9, 4, 390, [{ to: "push-provider", per: 1, timeoutMs: 2_500, optional: true }]),
    service("billing", 20, 4, 610, [
      { to: "ledger-db", per: 4, pool: 20, timeoutMs: 4_000 },
      { to: "accounts", timeoutMs: 2_000 },
    ]),
    { id: "ledger-export", kind: "worker", workMs: 60, servers: 6, memoryMb: 800, calls: [{ to: "ledger-db", per: 8, pool: 20 }] },
    store("accounts-db", "database", 3, 4, 4_200),
    store("trips-db", "database", 4, 4, 5_600),
    store("ledger-db", "database", 7, 4, 4_800),
    store("drivers-cache", "cache", 0.6, 2, 1_500),
    store("push-provider", "external", 90, 400, 0),
    store("worker-3", "host", 0, 1, 64_000),
  ],
}; // prettier-ignore

import type { Rng } from "../fleet/rng";
import { simulate } from "./simulate";
import type { CallSpec, NodeSpec, System } from "./system";

/** Trades that a drawn system may be in, each with the names of its services: no two systems share their vocabulary. */
const TRADES: readonly { entry: string[]; fronts: string[]; inner: string[]; outside: string[]; hosts: string[] }[] = [
  { entry: ["public-api", "web-edge"], fronts: ["booking", "timetable", "seatmap", "stations"], inner: ["quotes", "fleet-plan", "loyalty", "vouchers", "refunds", "manifest", "crew", "baggage"], outside: ["weather-feed", "card-acquirer"], hosts: ["pool-rail", "pool-blue"] },
  { entry: ["gateway", "portal"], fronts: ["admissions", "appointments", "patient-view", "triage-desk"], inner: ["records", "imaging", "lab-orders", "pharmacy", "consent", "bed-board", "coding", "claims"], outside: ["insurer-api", "sms-carrier"], hosts: ["ward-nodes", "rack-7"] },
  { entry: ["ingress", "api-front"], fronts: ["player", "library", "channel-page", "subscriptions"], inner: ["transcode", "subtitles", "drm", "playlists", "watch-history", "artwork", "entitlements", "ad-break"], outside: ["cdn-origin", "tax-service"], hosts: ["gpu-pool", "blade-3"] },
  { entry: ["edge", "shopfront"], fronts: ["listing", "basket-page", "seller-desk", "offers"], inner: ["valuation", "shipping-rates", "returns", "escrow", "photo-check", "reviews", "disputes", "stock-sync"], outside: ["parcel-carrier", "bank-link"], hosts: ["pool-green", "host-12"] },
  { entry: ["app-api", "partner-api"], fronts: ["meter-view", "outage-map", "tariff-page", "move-home"], inner: ["readings", "forecast", "settlement", "direct-debit", "grid-model", "letters", "switching", "budget-plan"], outside: ["market-operator", "address-lookup"], hosts: ["pool-amber", "node-set-c"] },
  { entry: ["front-door", "mobile-edge"], fronts: ["feed", "inbox", "profile", "groups"], inner: ["ranking", "presence", "media-store", "mentions", "moderation", "follow-graph", "counters", "translate"], outside: ["push-gateway", "captcha-service"], hosts: ["pool-delta", "metal-5"] },
  { entry: ["lobby", "game-edge"], fronts: ["matchmaker", "store-page", "leaderboard", "party"], inner: ["session-alloc", "inventory-core", "anti-cheat", "skill-rating", "replays", "gifting", "season-pass", "chat-relay"], outside: ["platform-login", "payment-hub"], hosts: ["arena-pool", "bare-9"] },
  { entry: ["citizen-portal", "service-bus"], fronts: ["permits", "parking", "school-places", "waste-calendar"], inner: ["case-file", "fees", "geodata", "identity-check", "document-vault", "inspections", "notices", "calendar"], outside: ["postal-register", "state-treasury"], hosts: ["hall-pool", "vm-farm"] },
]; // prettier-ignore

/** Busy share of each node at an ordinary hour: room for the day's wave, and for trouble to be seen. */
const BUSY = { from: 0.15, to: 0.42 };
/** Of a pool's connections, what is in use at an ordinary hour. */
const POOL_IN_USE = { from: 0.2, to: 0.45 };
/** A caller waits so many times a callee's usual 95th percentile, and at least a second. */
const PATIENCE = 12;

const between = (rng: Rng, from: number, to: number) => from + rng.next() * (to - from);
const shuffled = <T>(rng: Rng, list: readonly T[]): T[] =>
  list
    .map((item) => ({ item, at: rng.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);

/**
 * A system drawn by chance: an entry, two to four front services, four to eight behind them in two layers, their stores, one or two
 * services that belong to somebody else, and a host. Calls lead down the layers only. Every node is built for its load: busy, pools
 * and timeouts lie where healthy systems have them. `trade` chooses the vocabulary.
 */
export function drawSystem(rng: Rng, trade: number): System {
  const words = TRADES[trade % TRADES.length]!;
  const inner = shuffled(rng, words.inner).slice(0, 4 + Math.floor(rng.next() * 5));
  const cut = Math.max(2, Math.floor(inner.length / 2));
  const layers = [
    [rng.pick(words.entry)],
    shuffled(rng, words.fronts).slice(0, 2 + Math.floor(rng.next() * 3)),
    inner.slice(0, cut),
    inner.slice(cut),
  ];
  const nodes: NodeSpec[] = [];
  for (const [depth, layer] of layers.entries())
    for (const id of layer) {
      const below = layers.slice(depth + 1, depth + 3).flat();
      const direct = layers[depth + 1] ?? [];
      const count = depth === 0 ? direct.length : 1 + Math.floor(rng.next() * 3);
      const called = depth === 0 ? direct : shuffled(rng, below).slice(0, count);
      const calls: CallSpec[] = called.map((to) => ({ to, per: round(depth === 0 ? 1 / direct.length + between(rng, 0, 0.4) : between(rng, 0.4, 1.5)) })); // prettier-ignore
      nodes.push({ id, kind: "service", workMs: round(between(rng, 3, 22)), servers: 1, memoryMb: Math.round(between(rng, 200, 2_000)), calls }); // prettier-ignore
    }
  // Whom nobody calls is called by the layer above.
  for (const [depth, layer] of layers.entries())
    for (const id of layer.filter(
      (one) => depth > 0 && !nodes.some(({ calls }) => calls!.some(({ to }) => to === one)),
    )) {
      const caller = rng.pick(layers[depth - 1]!);
      nodes.find((node) => node.id === caller)!.calls!.push({ to: id, per: round(between(rng, 0.4, 1.1)) });
    }
  const stores: NodeSpec[] = [];
  for (const node of nodes.slice(1)) {
    if (!rng.chance(node.calls!.length === 0 ? 1 : 0.55)) continue;
    const cache = rng.chance(0.3);
    const id = `${node.id}-${cache ? rng.pick(["cache", "redis"]) : rng.pick(["db", "store", "pg"])}`;
    stores.push({ id, kind: cache ? "cache" : "database", workMs: round(cache ? between(rng, 0.4, 1.5) : between(rng, 2, 8)), servers: 1, memoryMb: Math.round(between(rng, 1_500, 9_000)) }); // prettier-ignore
    node.calls!.push({ to: id, per: round(between(rng, 1, 3)), ...(!cache && { pool: 1 }) });
  }
  const outside = shuffled(rng, words.outside).slice(0, 1 + Math.floor(rng.next() * 2));
  for (const id of outside) {
    stores.push({ id, kind: "external", workMs: round(between(rng, 60, 180)), servers: 400, memoryMb: 0 });
    rng.pick(nodes.filter(({ id: other }) => inner.includes(other))).calls!.push({ to: id, per: round(between(rng, 0.5, 1)) }); // prettier-ignore
  }
  const host: NodeSpec = { id: rng.pick(words.hosts), kind: "host", workMs: 0, servers: 1, memoryMb: 64_000 };
  const system: System = { entry: [{ node: layers[0]![0]!, perSecond: Math.round(between(rng, 40, 160)) }], nodes: [...nodes, ...stores, host] }; // prettier-ignore
  return built(system, rng);
}

/** Calls that wait for no connection: how long they take is what pools are sized by. */
const poolless = ({ calls }: NodeSpec) => calls?.map((call) => ({ ...call, pool: undefined }));

/** Gives every node what its load needs: servers first, then pools and timeouts by what calls then take. */
function built(system: System, rng: Rng): System {
  const calm = new Map(system.entry.map(({ node, perSecond }) => [node, perSecond]));
  const wide = { ...system, nodes: system.nodes.map((node) => ({ ...node, servers: 10_000, calls: poolless(node) })) }; // prettier-ignore
  const load = simulate(wide, calm, {});
  const nodes = system.nodes.map((node) => {
    const wanted = ((load.get(node.id)?.perSecond ?? 0) * node.workMs) / 1_000;
    return node.kind === "service" || node.kind === "database" || node.kind === "cache"
      ? { ...node, servers: round(Math.max(0.05, wanted / between(rng, BUSY.from, BUSY.to))) }
      : node;
  });
  const sized = { ...system, nodes };
  const usual = simulate({ ...sized, nodes: nodes.map((node) => ({ ...node, calls: poolless(node) })) }, calm, {}); // prettier-ignore
  return {
    ...sized,
    nodes: nodes.map((node) => ({
      ...node,
      calls: node.calls?.map((call) => {
        const callee = usual.get(call.to)!;
        const inUse = ((load.get(node.id)?.perSecond ?? 0) * (call.per ?? 1) * callee.ms) / 1_000;
        const timeoutMs = Math.max(1_000, Math.ceil((callee.p95 * PATIENCE) / 500) * 500);
        return { ...call, timeoutMs, ...(call.pool && { pool: Math.max(5, Math.ceil(inUse / between(rng, POOL_IN_USE.from, POOL_IN_USE.to))) }) }; // prettier-ignore
      }),
    })),
  };
}

const round = (value: number) => Number(value.toPrecision(3));

/** No chance at all: everything at its median. */
export const STILL: Rng = {
  next: () => 0.5,
  lognormal: () => 1,
  pick: (list) => list[0]!,
  chance: () => false,
  fork: () => STILL,
};

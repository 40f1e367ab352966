import { createClient } from "../../sdk/typescript/index";
import { type Deployment, type Host, startHost } from "./agent-host";
import { CORPUS } from "./corpus";
import { createDocuments, type Documents } from "./documents";
import { createInbox } from "./inbox";
import { createMemory } from "./memory";
import { createProvider, type Provider } from "./provider";
import { type RatesService, startRatesService } from "./rates-service";
import { createRng } from "./rng";
import { type AgentSpec, KINDS, type ProviderName, PROVIDERS, ROSTER, STARTER_NOTES } from "./roster";
import { createTable } from "./tables";

export interface FleetOptions {
  url: string;
  key: string;
  seed?: number;
  /** Tasks taken per time: 2 rests half as long between them. */
  pace?: number;
  /** Shortens every wait of the fleet's world, for tests. */
  timeScale?: number;
  roster?: readonly AgentSpec[];
  toolGraceMs?: number;
  heartbeatMs?: number;
  log?: (line: string) => void;
}

/** Telemetry leaves quickly, so that containment is a matter of a second or two, ms. */
const FLUSH_MS = 200;

const TEMPERATURE = 0.7;

/** The parts of one agent's world that can go wrong. A successor inherits its predecessor's. */
interface Place {
  deployment: Deployment;
  documents: Documents;
  tenant: string;
}

/** Starts the agents and their world; everything in it is real and local. */
export async function startFleet(o: FleetOptions) {
  const { pace = 1, timeScale = 1, roster = ROSTER, toolGraceMs = 2000, heartbeatMs = 5000 } = o;
  const rng = createRng(o.seed ?? 1);
  const client = createClient({ url: o.url, key: o.key, flushMs: FLUSH_MS, ...(o.log && { log: o.log }) });
  const rates: RatesService = await startRatesService(rng.fork("rates"), timeScale);
  const table = createTable(rng.fork("table"));
  const memory = createMemory(() => STARTER_NOTES);
  const providers = Object.fromEntries(
    Object.entries(PROVIDERS).map(([name, fixed]) => [name, createProvider(fixed, timeScale)]),
  ) as Record<ProviderName, Provider>;
  const hosts = new Map<string, Host>();
  const places = new Map<string, Place>();
  const inbox = createInbox(() => [...hosts.values()].filter((h) => h.spec.type === "Research").map((h) => h.spec.id));

  function start(spec: AgentSpec, place: Place) {
    if (hosts.has(spec.id)) return;
    places.set(spec.id, place);
    const successor = (id: string) => start({ ...spec, id }, place);
    const desk = { documents: place.documents, table, ratesUrl: rates.url, tenant: place.tenant };
    const provider = providers[spec.provider];
    const host = startHost({
      spec, deployment: place.deployment, client, provider, memory, inbox, desk, rng: rng.fork(spec.id), pace, timeScale, toolGraceMs, heartbeatMs, successor,
    }); // prettier-ignore
    hosts.set(spec.id, host);
  }
  for (const spec of roster)
    start(spec, {
      deployment: { prompt: KINDS[spec.type].prompt, temperature: TEMPERATURE },
      documents: createDocuments(CORPUS),
      tenant: spec.id,
    });

  return {
    client,
    memory,
    rates,
    providers,
    hosts: hosts as ReadonlyMap<string, Host>,
    places: places as ReadonlyMap<string, Place>,
    async stop() {
      await Promise.all([...hosts.values()].map((h) => h.stop()));
      await client.close(1000);
      await rates.stop();
    },
  };
}
export type Fleet = Awaited<ReturnType<typeof startFleet>>;

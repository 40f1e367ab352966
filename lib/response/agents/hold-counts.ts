import { and, eq, gte, sql } from "drizzle-orm";
import type { HoldInput, Population } from "@/lib/core/agents/limits";
import type { FleetSettings } from "@/lib/contracts/overview";
import type { Db } from "@/lib/db/client";
import type { Agent } from "@/lib/db/queries/agents";
import { agents, streamEvents } from "@/lib/db/schema";

const HOUR_MS = 3_600_000;
/** An agent that reported within this counts as part of the fleet when shares are taken, in ms. */
const LIVE_MS = 15 * 60_000;

/** Agents of one type that share a key. */
interface Group {
  type: string;
  keyId: string | null;
  live: number;
  held: number;
}

type Who = Pick<Agent, "type" | "keyId">;

/** How many agents are held, kept up to date while one sweep plans several holds. */
export class HoldCounts {
  private constructor(
    private readonly groups: Group[],
    /** Automatic holds of the last hour, by key. */
    private readonly lastHour: Map<string | null, number>,
  ) {}

  static async load(db: Db, now: number): Promise<HoldCounts> {
    const held = sql`${agents.state} IN ('quarantined', 'healing', 'exhausted')`;
    const [groups, hour] = await Promise.all([
      db
        .select({
          type: agents.type,
          keyId: agents.keyId,
          live: sql<number>`count(*)`,
          held: sql<number>`sum(${held})`,
        })
        .from(agents)
        .where(and(sql`(${agents.lastSeenAt} >= ${now - LIVE_MS} OR ${held})`, sql`${agents.retiredAt} IS NULL`))
        .groupBy(agents.type, agents.keyId),
      db
        .select({ keyId: agents.keyId, n: sql<number>`count(*)` })
        .from(streamEvents)
        .leftJoin(agents, eq(agents.id, streamEvents.agentId))
        .where(
          and(
            eq(streamEvents.type, "agent.quarantined"),
            gte(streamEvents.at, now - HOUR_MS),
            sql`json_extract(${streamEvents.data}, '$.auto')`,
          ),
        )
        .groupBy(agents.keyId),
    ]);
    return new HoldCounts(groups, new Map(hour.map(({ keyId, n }) => [keyId, n])));
  }

  input(agent: Who, severity: number, floor: number, settings: FleetSettings): HoldInput {
    return {
      fleet: population(this.groups, agent),
      type: {
        ...population(
          this.groups.filter(({ type }) => type === agent.type),
          agent,
        ),
        floor,
      },
      lastHour: {
        all: [...this.lastHour.values()].reduce((a, b) => a + b, 0),
        own: this.lastHour.get(agent.keyId) ?? 0,
      },
      severity,
      limits: {
        fleetShare: settings.limits.fleet_share,
        typeShare: settings.limits.type_share,
        perHour: settings.limits.per_hour,
        atLeast: settings.limits.at_least,
        floor: 0,
      },
    };
  }

  /** One more hold was planned. */
  add({ type, keyId }: Who): void {
    const group = this.groups.find((one) => one.type === type && one.keyId === keyId);
    if (group) group.held += 1;
    else this.groups.push({ type, keyId, live: 1, held: 1 });
    this.lastHour.set(keyId, (this.lastHour.get(keyId) ?? 0) + 1);
  }
}

/** The counts over some groups, and over those of the agent's key. The agent itself is alive, whatever was counted. */
function population(groups: readonly Group[], agent: Who): Population {
  const sum = (list: readonly Group[]) => ({
    live: Math.max(
      1,
      list.reduce((n, group) => n + group.live, 0),
    ),
    held: list.reduce((n, group) => n + group.held, 0),
  });
  return { ...sum(groups), own: sum(groups.filter(({ keyId }) => keyId === agent.keyId)) };
}

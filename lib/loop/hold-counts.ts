import { and, eq, gte, sql } from "drizzle-orm";
import type { HoldInput } from "@/lib/core/limits";
import type { FleetSettings } from "@/lib/contracts/overview";
import type { Db } from "@/lib/db/client";
import { agents, streamEvents } from "@/lib/db/schema";

const HOUR_MS = 3_600_000;
/** An agent that reported within this counts as part of the fleet when shares are taken, in ms. */
const LIVE_MS = 15 * 60_000;

/** How many agents are held, kept up to date while one sweep plans several holds. */
export class HoldCounts {
  private constructor(
    private readonly live: Map<string, number>,
    private readonly held: Map<string, number>,
    private lastHour: number,
  ) {}

  static async load(db: Db, now: number): Promise<HoldCounts> {
    const rows = await db
      .select({
        type: agents.type,
        live: sql<number>`count(*)`,
        held: sql<number>`sum(${agents.state} IN ('quarantined', 'healing', 'exhausted'))`,
      })
      .from(agents)
      .where(
        and(
          sql`(${agents.lastSeenAt} >= ${now - LIVE_MS} OR ${agents.state} IN ('quarantined', 'healing', 'exhausted'))`,
          sql`${agents.retiredAt} IS NULL`,
        ),
      )
      .groupBy(agents.type);
    const [hour] = await db
      .select({ n: sql<number>`count(*)` })
      .from(streamEvents)
      .where(
        and(
          eq(streamEvents.type, "agent.quarantined"),
          gte(streamEvents.at, now - HOUR_MS),
          sql`json_extract(${streamEvents.data}, '$.auto')`,
        ),
      );
    return new HoldCounts(
      new Map(rows.map((row) => [row.type, row.live])),
      new Map(rows.map((row) => [row.type, row.held])),
      hour?.n ?? 0,
    );
  }

  input(type: string, floor: number, settings: FleetSettings): HoldInput {
    const sum = (counts: Map<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);
    return {
      fleet: { live: sum(this.live), held: sum(this.held) },
      type: { live: this.live.get(type) ?? 1, held: this.held.get(type) ?? 0, floor },
      holdsLastHour: this.lastHour,
      limits: {
        fleetShare: settings.limits.fleet_share,
        typeShare: settings.limits.type_share,
        perHour: settings.limits.per_hour,
        floor: 0,
      },
    };
  }

  /** One more hold was planned. */
  add(type: string): void {
    this.held.set(type, (this.held.get(type) ?? 0) + 1);
    this.lastHour += 1;
  }
}

import { type HoldInput, isHealthyAtWork, type Population } from "@/lib/core/agents/limits";
import type { FleetSettings } from "@/lib/contracts/overview";
import type { Db } from "@/lib/db/client";
import type { Agent } from "@/lib/db/queries/agents";
import { type AgentGroup, countAutomaticHolds, countHeld } from "@/lib/db/queries/holds";

const HOUR_MS = 3_600_000;
/** An agent that reported within this counts as part of the fleet when shares are taken, in ms. */
const LIVE_MS = 15 * 60_000;

type Who = Pick<Agent, "type" | "keyId" | "state" | "liveness" | "paused">;

/** How many agents are held, kept up to date while one sweep plans several holds. */
export class HoldCounts {
  private constructor(
    private readonly groups: AgentGroup[],
    /** Automatic holds of the last hour, by key. */
    private readonly lastHour: Map<string | null, number>,
  ) {}

  static async load(db: Db, now: number): Promise<HoldCounts> {
    const [groups, lastHour] = await Promise.all([
      countHeld(db, now - LIVE_MS),
      countAutomaticHolds(db, now - HOUR_MS),
    ]);
    return new HoldCounts(groups, lastHour);
  }

  input(agent: Who, severity: number, floor: number, settings: FleetSettings): HoldInput {
    const ofType = this.groups.filter(({ type }) => type === agent.type);
    const healthy = ofType.reduce((n, group) => n + group.healthy, 0);
    return {
      fleet: population(this.groups, agent),
      type: {
        ...population(ofType, agent),
        healthy: Math.max(0, healthy - Number(isHealthyAtWork(agent))),
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
  add(agent: Who): void {
    const { type, keyId } = agent;
    const group = this.groups.find((one) => one.type === type && one.keyId === keyId);
    if (group) {
      group.held += 1;
      if (isHealthyAtWork(agent)) group.healthy = Math.max(0, group.healthy - 1);
    } else this.groups.push({ type, keyId, live: 1, held: 1, healthy: 0 });
    this.lastHour.set(keyId, (this.lastHour.get(keyId) ?? 0) + 1);
  }
}

/** The counts over some groups, and over those of the agent's key. The agent itself is alive, whatever was counted. */
function population(groups: readonly AgentGroup[], agent: Who): Population {
  const sum = (list: readonly AgentGroup[]) => ({
    live: Math.max(
      1,
      list.reduce((n, group) => n + group.live, 0),
    ),
    held: list.reduce((n, group) => n + group.held, 0),
  });
  return { ...sum(groups), own: sum(groups.filter(({ keyId }) => keyId === agent.keyId)) };
}

import { eq } from "drizzle-orm";
import type { FleetSettings } from "@/lib/contracts/overview";
import { DEFAULT_LIMITS } from "@/lib/core/agents/limits";
import { DEFAULT_THRESHOLD, DEFAULT_TYPE_ALLOWS } from "@/lib/core/base/policy";
import { SHARED_CAUSE } from "@/lib/core/agents/fleet";
import { type ActLimits, modeAt } from "@/lib/core/base/act-hours";
import { DEFAULT_HOLD_LEVEL, type HoldLevel } from "@/lib/core/base/hold-levels";
import type { Mode, Risk } from "@/lib/core/base/vocabulary";
import { type Db, type Statement } from "../client";
import { agentTypes, settings } from "../schema";

export const DEFAULT_SETTINGS: FleetSettings = {
  threshold: DEFAULT_THRESHOLD,
  arl: 1_000_000,
  prompt_change_may_quarantine: false,
  limits: {
    fleet_share: DEFAULT_LIMITS.fleetShare,
    type_share: DEFAULT_LIMITS.typeShare,
    per_hour: DEFAULT_LIMITS.perHour,
    at_least: DEFAULT_LIMITS.atLeast,
  },
  fleet_check: { min_agents: SHARED_CAUSE.minAgents, min_share: SHARED_CAUSE.minShare },
  global_stop: false,
  // Operations on services touch what others depend on: until an admin says more, everything asks.
  service_mode: "recommend",
};

const FLEET = "fleet";

/** The fleet's settings, defaults filled in. */
export async function loadSettings(db: Db): Promise<FleetSettings> {
  const row = await db.query.settings.findFirst({ where: eq(settings.key, FLEET) });
  const saved = row?.value as Partial<FleetSettings> | undefined;
  return { ...DEFAULT_SETTINGS, ...saved, limits: { ...DEFAULT_SETTINGS.limits, ...saved?.limits } };
}

/** Who changed the fleet's settings last, and when. */
export async function findSettingsChange(db: Db): Promise<{ by: string | null; at: number } | null> {
  const row = await db.query.settings.findFirst({ where: eq(settings.key, FLEET) });
  return row ? { by: row.updatedBy, at: row.updatedAt } : null;
}

/** A claim on the fleet's settings as they were when read: lost if somebody changed them since. */
export function saveSettings(value: FleetSettings, before: { at: number } | null, now: number, by: string): Statement {
  return {
    sql: `INSERT INTO settings (key, value, updated_at, updated_by) VALUES (?, ?, ?, ?)
          ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by
          WHERE settings.updated_at = ?`,
    args: [FLEET, JSON.stringify(value), Math.max(now, (before?.at ?? 0) + 1), by, before?.at ?? -1],
  };
}

export interface TypePolicy extends ActLimits {
  type: string;
  threshold: number | null;
  allows: Risk[];
  floor: number;
  level: HoldLevel;
}

/** How a type that nobody has set is treated: it is observed. */
const defaultPolicy = (type: string): TypePolicy => ({
  type,
  mode: "observe",
  actHours: null,
  actActions: null,
  threshold: null,
  allows: [...DEFAULT_TYPE_ALLOWS],
  floor: DEFAULT_LIMITS.floor,
  level: DEFAULT_HOLD_LEVEL,
});

export type Policies = ReadonlyMap<string, TypePolicy>;

/** How one type is treated, as it is set. What it means now is {@link modeNow}. */
export const policyOf = (policies: Policies, type: string): TypePolicy => policies.get(type) ?? defaultPolicy(type);

/** The mode of a type at a moment, epoch ms: whether Sentinel acts by itself is asked of nothing else. */
export const modeNow = (policies: Policies, type: string, now: number): Mode => modeAt(policyOf(policies, type), now);

/** The policies of all known types, by type. */
export async function loadPolicies(db: Db): Promise<Map<string, TypePolicy>> {
  const rows = await db.select().from(agentTypes);
  return new Map(rows.map((row) => [row.type, row]));
}

/** A type as it is stored; null for one that no agent ever had. */
export const findType = async (db: Db, type: string): Promise<typeof agentTypes.$inferSelect | null> =>
  (await db.query.agentTypes.findFirst({ where: eq(agentTypes.type, type) })) ?? null;

/** How a quarantine stops agents of a type. */
export const holdLevelOf = async (db: Db, type: string): Promise<HoldLevel> =>
  (await findType(db, type))?.level ?? DEFAULT_HOLD_LEVEL;

/** A claim: sets how a type is treated. An empty patch is a claim, too. */
export const saveType = (db: Db, type: string, set: Partial<typeof agentTypes.$inferInsert>): Statement =>
  db
    .update(agentTypes)
    .set({ ...set, type })
    .where(eq(agentTypes.type, type));

import type { FleetSettings } from "@/lib/contracts/overview";
import type { LoopConfig } from "@/lib/config/agents";
import type { DetectorState } from "@/lib/core/detection/detect";
import type { IngestGaps } from "@/lib/core/detection/ingest-gaps";
import type { Db } from "@/lib/db/client";
import type { BudgetRow } from "@/lib/db/queries/budgets";
import type { WindowKey } from "@/lib/db/queries/spend";
import type { Incident } from "@/lib/db/queries/incidents";
import type { Policies } from "@/lib/db/queries/settings";
import type { Change, listProbations, listWatches } from "@/lib/db/queries/sweep";
import type { HoldCounts } from "./hold-counts";

/** What the verbs of one sweep over agents are given. */
export interface SweepContext {
  db: Db;
  now: number;
  config: LoopConfig;
  settings: FleetSettings;
  policies: Policies;
  holds: HoldCounts;
  limitIncident: Incident | null;
  ingestGaps: IngestGaps;
  /** What people allow to be spent. */
  budgets: BudgetRow[];
  /** Windows of budgets that this sweep's events moved. */
  moved: WindowKey[];
  unapplied: Change[];
  probations: Awaited<ReturnType<typeof listProbations>>;
  watches: Awaited<ReturnType<typeof listWatches>>;
  /** Detectors of agents that were replaced by a successor in probation. */
  baselines: Map<string, DetectorState>;
}

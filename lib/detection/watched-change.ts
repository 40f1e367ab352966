import type { Anomaly } from "@/lib/core/detection/detect";
import type { AnomalyType, ChangeKind } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import type { Agent } from "@/lib/db/queries/agents";
import { changes as changesTable } from "@/lib/db/schema";
import { newId } from "@/lib/db/ids";
import type { Plan } from "@/lib/db/plan";

const KINDS: Partial<Record<AnomalyType, ChangeKind>> = {
  prompt_change: "prompt",
  model_change: "model",
  tools_change: "tools",
  config_change: "config",
};

/** An undeclared change of prompt, model, tools or configuration is recorded as a change like any other, and watched. */
export function watchedChange(plan: Plan, { db, now }: { db: Db; now: number }, agent: Agent, anomaly: Anomaly): void {
  const kind = KINDS[anomaly.type];
  if (kind === undefined) return;
  const what = text(anomaly.detail.what) ?? kind;
  plan
    .write(
      db.insert(changesTable).values({
        id: newId("chg"),
        subjectKind: "agent",
        subjectId: agent.id,
        kind,
        at: anomaly.at,
        declared: false,
        from: text(anomaly.detail.from),
        to: text(anomaly.detail.to),
        note: text(anomaly.detail.what),
        source: "detected",
        status: "watched",
        createdAt: now,
      }),
    )
    .tell({
      at: now,
      type: "change.watched",
      agentId: agent.id,
      text: `${agent.id}: ${what} changed without being declared; watched`,
      data: { kind, from: anomaly.detail.from, to: anomaly.detail.to, severity: anomaly.severity },
    });
}

const text = (value: string | number | boolean | null | undefined): string | null =>
  value === null || value === undefined ? null : String(value);

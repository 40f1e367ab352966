import type { Anomaly } from "@/lib/core/detection/detect";
import type { Db } from "@/lib/db/client";
import type { Agent } from "@/lib/db/queries/agents";
import { changes as changesTable } from "@/lib/db/schema";
import { newId } from "@/lib/db/ids";
import type { Plan } from "@/lib/db/plan";

/** An undeclared change of prompt, model or tools is recorded as a change like any other, and watched. */
export function watchedChange(plan: Plan, { db, now }: { db: Db; now: number }, agent: Agent, anomaly: Anomaly): void {
  const kind = anomaly.type === "prompt_change" ? "prompt" : anomaly.type === "model_change" ? "model" : "tools";
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
        source: "detected",
        status: "watched",
        createdAt: now,
      }),
    )
    .tell({
      at: now,
      type: "change.watched",
      agentId: agent.id,
      text: `${agent.id}: ${kind} changed without being declared; watched`,
      data: { kind, from: anomaly.detail.from, to: anomaly.detail.to, severity: anomaly.severity },
    });
}

const text = (value: string | number | boolean | null | undefined): string | null =>
  value === null || value === undefined ? null : String(value);

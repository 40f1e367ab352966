"use client";

import { useQuery } from "@tanstack/react-query";
import { PauseCircle } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import type { BudgetUse, BudgetView } from "@/lib/contracts/budgets";
import { measureText, unknownText } from "@/lib/core/budgets/words";
import { useSession } from "@/components/access/session";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { DecisionDialog } from "./decision-dialog";
import { budgetsQuery } from "./queries";

export interface Asked {
  budget: BudgetView;
  use: BudgetUse;
}

interface Which {
  /** Those of one incident. */
  incidentId?: string;
  /** Only those about which nobody has decided yet. */
  undecided?: boolean;
}

/** Budgets that are used up, each with what has used it. */
export function useAsked({ incidentId, undecided = false }: Which = {}): Asked[] {
  const { data } = useQuery(budgetsQuery);
  return (data?.budgets ?? []).flatMap((budget) =>
    budget.uses
      .filter(({ version, incident_id: of }) => version !== null && (incidentId === undefined || of === incidentId))
      .filter(({ standing }) => !undecided || standing === "asking")
      .map((use) => ({ budget, use })),
  );
}

/** Budgets that are used up, each with its question: more of it, or stop. */
export function Asking(which: Which) {
  const { decides } = useSession();
  const [deciding, setDeciding] = useState<{ asked: Asked; decision: "more" | "stop" } | null>(null);
  const asked = useAsked(which);
  if (asked.length === 0) return null;
  return (
    <Panel flush title="Budgets used up" hint="work is held until somebody decides or the budget's window ends">
      <ul className="divide-y">
        {asked.map((one) => (
          <li
            key={`${one.budget.id}\n${one.use.subject}`}
            className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3"
          >
            <PauseCircle className="size-4 shrink-0 text-hold" aria-hidden />
            <div className="min-w-0 flex-1 basis-56">
              <p className="font-medium wrap-anywhere">{one.use.name}</p>
              <p className="num text-xs text-ink-2">
                {measureText(one.budget.measure, one.use.used)} of {measureText(one.budget.measure, one.use.limit)}
                {unknownText(one.budget.measure, one.use.unknown)} · {STANDING[one.use.standing]}
                {one.use.incident_id === null ? null : (
                  <>
                    {" · "}
                    <Link className="underline" href={`/incidents/${encodeURIComponent(one.use.incident_id)}`}>
                      incident
                    </Link>
                  </>
                )}
              </p>
            </div>
            {decides ? (
              <div className="flex gap-2 max-sm:w-full max-sm:*:flex-1">
                <Button size="touch" look="primary" onClick={() => setDeciding({ asked: one, decision: "more" })}>
                  Allow more
                </Button>
                {one.use.standing === "stopped" ? null : (
                  <Button size="touch" look="danger" onClick={() => setDeciding({ asked: one, decision: "stop" })}>
                    Stop
                  </Button>
                )}
              </div>
            ) : null}
          </li>
        ))}
      </ul>
      {deciding === null ? null : <DecisionDialog {...deciding} onClose={() => setDeciding(null)} />}
    </Panel>
  );
}

const STANDING: Record<BudgetUse["standing"], string> = {
  open: "not held",
  asking: "waiting for a decision",
  stopped: "stopped",
  recorded: "observe mode: nothing is held",
  ended: "over",
};

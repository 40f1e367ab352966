"use client";

import { useQuery } from "@tanstack/react-query";
import { format } from "date-fns";
import { Plus, Wallet } from "lucide-react";
import { useState } from "react";
import type { BudgetUse, BudgetView } from "@/lib/contracts/budgets";
import { PATHS } from "@/lib/contracts/paths";
import { measureText, unknownText } from "@/lib/core/budgets/words";
import { useSession } from "@/components/access/session";
import { call } from "@/components/api";
import { useRefreshAfter } from "@/components/live/refresh-after";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Empty } from "@/components/ui/feedback";
import { Meter } from "@/components/ui/meter";
import { Panel } from "@/components/ui/panel";
import { PanelContent } from "@/components/ui/panel-content";
import { Clock } from "@/components/ui/time";
import { BudgetDialog } from "./budget-dialog";
import { budgetsQuery } from "./queries";

/** What may be spent, how it stands, and who changed it. */
export function BudgetsPanel() {
  const query = useQuery(budgetsQuery);
  const { data } = query;
  const { decides } = useSession();
  const [editing, setEditing] = useState<BudgetView | "new" | null>(null);
  const [removing, setRemoving] = useState<BudgetView | null>(null);
  return (
    <>
      <Panel
        flush
        title="Budgets"
        hint="each warns at a percentage of its limit, then pauses and asks, or stops"
        actions={
          decides ? (
            <Button size="sm" onClick={() => setEditing("new")}>
              <Plus aria-hidden /> New budget
            </Button>
          ) : null
        }
      >
        <PanelContent what="budgets" query={query}>
          {(data) =>
            data.budgets.length === 0 ? (
              <Empty icon={Wallet} title="No budgets yet">
                Limit how much a run, an agent, a user, a team, a repository or the fleet may use.
              </Empty>
            ) : (
              <ul className="divide-y">
                {data.budgets.map((budget) => (
                  <li key={budget.id} className="space-y-2 px-4 py-3">
                    <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
                      <p className="min-w-0 flex-1 basis-56 font-medium wrap-anywhere">{budget.text}</p>
                      {decides ? (
                        <div className="flex gap-2">
                          <Button size="sm" aria-label={`Edit ${budget.id}`} onClick={() => setEditing(budget)}>
                            Edit
                          </Button>
                          <Button
                            size="sm"
                            look="danger"
                            aria-label={`Remove ${budget.id}`}
                            onClick={() => setRemoving(budget)}
                          >
                            Remove
                          </Button>
                        </div>
                      ) : null}
                    </div>
                    <p className="text-xs text-ink-3 wrap-anywhere">
                      {budget.id} · warns at {Math.round(budget.warn_share * 100)} %, then{" "}
                      {budget.at_limit === "stop" ? "stops" : "pauses and asks"}
                      {budget.window === "run" ? "" : ` · ${budget.zone}`}
                    </p>
                    {budget.uses.map((use) => (
                      <Use key={use.subject} budget={budget} use={use} />
                    ))}
                  </li>
                ))}
              </ul>
            )
          }
        </PanelContent>
      </Panel>
      {data && data.history.length > 0 ? (
        <Panel flush title="Budget changes">
          <ul className="divide-y text-sm">
            {data.history.map((change, i) => (
              <li key={`${change.at} ${i}`} className="flex flex-wrap gap-x-3 px-4 py-2">
                <Clock at={change.at} className="num text-xs leading-5 text-ink-3" />
                <span className="min-w-0 flex-1 basis-56 wrap-anywhere">{change.text}</span>
              </li>
            ))}
          </ul>
        </Panel>
      ) : null}
      {editing === null ? null : (
        <BudgetDialog budget={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
      )}
      {removing === null ? null : <Removing budget={removing} onClose={() => setRemoving(null)} />}
    </>
  );
}

function Use({ budget, use }: { budget: BudgetView; use: BudgetUse }) {
  return (
    <div className="text-xs">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <span className="min-w-0 wrap-anywhere text-ink-2">{use.name}</span>
        <span className="num text-ink-3">
          {measureText(budget.measure, use.used)} of {measureText(budget.measure, use.limit)}
          {unknownText(budget.measure, use.unknown)}
        </span>
        {use.forecast?.reaches_at ? (
          <span className="num text-warn">
            used up at {format(use.forecast.reaches_at, "HH:mm, d MMM")} at this rate
          </span>
        ) : null}
      </div>
      <Meter value={use.share} label="used" className="max-w-96" />
    </div>
  );
}

function Removing({ budget, onClose }: { budget: BudgetView; onClose: () => void }) {
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title="Remove this budget?"
      consequence={`${budget.text}. Agents that it paused resume; agents that it stopped stay quarantined until a person releases them.`}
      verb="Remove"
      run={() => call("DELETE", PATHS.BUDGET, { params: { id: budget.id } })}
      done={() => "Budget removed. Agents that it paused resume."}
      onSettled={useRefreshAfter("budget.deleted")}
    />
  );
}

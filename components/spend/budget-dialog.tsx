"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { BudgetView } from "@/lib/contracts/budgets";
import { PATHS } from "@/lib/contracts/paths";
import { BUDGET_MEASURES, BUDGET_SCOPES, BUDGET_WINDOWS } from "@/lib/core/base/vocabulary";
import { DEFAULT_WARN_SHARE, EACH, whyNot } from "@/lib/core/budgets/budget";
import { ApiError, call } from "@/components/api";
import { useRefreshAfter } from "@/components/live/refresh-after";
import { Choice, Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import { toast } from "@/components/ui/toast";
import { UNIT } from "./decision-dialog";

const SCOPE: Record<BudgetView["scope"], string> = {
  run: "Run",
  tree: "Run with its descendants",
  agent: "Agent",
  user: "User",
  team: "Team",
  repository: "Repository",
  fleet: "Fleet",
};
const MEASURE: Record<BudgetView["measure"], string> = {
  usd: "Money",
  tokens: "Tokens",
  model_calls: "Model calls",
  tool_calls: "Tool calls",
  depth: "Depth",
  descendants: "Descendants",
  wall_seconds: "Wall time",
  idle_seconds: "Idle time",
};
const WINDOW: Record<BudgetView["window"], string> = {
  run: "For the run",
  hour: "Per hour",
  day: "Per day",
  month: "Per month",
};
const options = <V extends string>(words: Record<V, string>, values: readonly V[]) =>
  values.map((value) => ({ value, label: words[value] }));

/** What of a budget goes with a scope: what the server would take. */
const windowsOf = (scope: BudgetView["scope"]) =>
  BUDGET_WINDOWS.filter((window) => whyNot({ scope, subject: EACH, window, measure: "usd" }) === null);
const goes = (scope: BudgetView["scope"], of: Partial<Pick<BudgetView, "measure" | "subject">>) =>
  whyNot({ scope, subject: EACH, window: windowsOf(scope)[0]!, measure: "usd", ...of }) === null;
const measuresOf = (scope: BudgetView["scope"]) => BUDGET_MEASURES.filter((measure) => goes(scope, { measure }));
const takesName = (scope: BudgetView["scope"]) => goes(scope, { subject: "a name" });

/** A new budget, or another limit for one that there is. */
export function BudgetDialog({ budget, onClose }: { budget: BudgetView | null; onClose: () => void }) {
  const [id, setId] = useState(budget?.id ?? "");
  const [scope, setScope] = useState(budget?.scope ?? "team");
  const [subject, setSubject] = useState(budget?.subject ?? EACH);
  const [window, setWindow] = useState(budget?.window ?? "day");
  const [zone, setZone] = useState(budget?.zone ?? "");
  const [measure, setMeasure] = useState(budget?.measure ?? "usd");
  const [limit, setLimit] = useState(budget ? String(budget.limit) : "");
  const [warn, setWarn] = useState(String(Math.round((budget?.warn_share ?? DEFAULT_WARN_SHARE) * 100)));
  const [atLimit, setAtLimit] = useState(budget?.at_limit ?? "pause_and_ask");
  const save = useMutation({
    mutationFn: () =>
      call("PUT", PATHS.BUDGET, {
        params: { id },
        body: {
          scope,
          subject,
          window,
          ...(zone.trim() === "" ? {} : { zone: zone.trim() }),
          measure,
          limit: Number(limit),
          warn_share: Number(warn) / 100,
          at_limit: atLimit,
        },
      }),
    onSuccess: () => {
      toast.success("Budget saved. Usage so far counts towards it.");
      onClose();
    },
    onSettled: useRefreshAfter("budget.set"),
    meta: { quiet: true },
  });
  const fault = save.error instanceof ApiError ? save.error : null;
  const named = ["id", "subject", "window", "zone", "measure", "limit", "warn_share"].some((field) =>
    fault?.field(field),
  );
  const choose = (next: BudgetView["scope"]) => {
    setScope(next);
    const windows = windowsOf(next);
    if (!windows.includes(window)) setWindow(windows.find((one) => one === "day") ?? windows[0]!);
    if (!takesName(next)) setSubject(EACH);
    if (!measuresOf(next).includes(measure)) setMeasure("usd");
  };
  return (
    <Dialog
      open
      wide
      onOpenChange={(next) => (next ? undefined : onClose())}
      title={budget ? `Budget ${budget.id}` : "New budget"}
      footer={
        <Choice onCancel={onClose} type="submit" form="budget" busy={save.isPending}>
          Save
        </Choice>
      }
    >
      <form
        id="budget"
        className="grid gap-4 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Field
          id="budget-id"
          label="Name"
          hint="Identifies the budget in the API and in its history."
          error={fault?.field("id") ?? (fault && !named ? fault.message : undefined)}
        >
          <Input
            id="budget-id"
            required
            maxLength={100}
            autoComplete="off"
            disabled={budget !== null}
            value={id}
            onChange={(event) => setId(event.target.value)}
          />
        </Field>
        <Field id="budget-scope" label="Scope">
          <Select
            id="budget-scope"
            label="Scope"
            value={scope}
            onChange={choose}
            options={options(SCOPE, BUDGET_SCOPES)}
          />
        </Field>
        <Field
          id="budget-subject"
          label={scope === "run" ? "Agent" : SCOPE[scope]}
          hint="A name, or * for a separate budget for each."
          error={fault?.field("subject")}
        >
          <Input
            id="budget-subject"
            required
            maxLength={200}
            autoComplete="off"
            disabled={!takesName(scope)}
            value={subject}
            onChange={(event) => setSubject(event.target.value)}
          />
        </Field>
        <Field id="budget-window" label="Window" error={fault?.field("window")}>
          <Select
            id="budget-window"
            label="Window"
            value={window}
            onChange={setWindow}
            options={options(WINDOW, windowsOf(scope))}
          />
        </Field>
        <Field id="budget-measure" label="Measure" error={fault?.field("measure")}>
          <Select
            id="budget-measure"
            label="Measure"
            value={measure}
            onChange={setMeasure}
            options={options(MEASURE, measuresOf(scope))}
          />
        </Field>
        <Field id="budget-limit" label={`Limit, ${UNIT[measure]}`} error={fault?.field("limit")}>
          <Input
            id="budget-limit"
            type="number"
            required
            min={0}
            step="any"
            value={limit}
            onChange={(event) => setLimit(event.target.value)}
          />
        </Field>
        <Field id="budget-warn" label="Warn at, %" error={fault?.field("warn_share")}>
          <Input
            id="budget-warn"
            type="number"
            required
            min={1}
            max={99}
            value={warn}
            onChange={(event) => setWarn(event.target.value)}
          />
        </Field>
        <Field id="budget-at-limit" label="At 100 %">
          <Select
            id="budget-at-limit"
            label="At 100 %"
            value={atLimit}
            onChange={setAtLimit}
            options={[
              { value: "pause_and_ask", label: "Pause and ask" },
              { value: "stop", label: "Stop" },
            ]}
          />
        </Field>
        {window === "run" ? null : (
          <Field
            id="budget-zone"
            label="Time zone"
            hint="IANA, such as Europe/Berlin. Empty: the server's."
            error={fault?.field("zone")}
          >
            <Input
              id="budget-zone"
              maxLength={64}
              autoComplete="off"
              value={zone}
              onChange={(event) => setZone(event.target.value)}
            />
          </Field>
        )}
      </form>
    </Dialog>
  );
}

"use client";

import { useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useQueryStates } from "nuqs";
import { useState } from "react";
import type { EvalOffer } from "@/lib/contracts/eval-runs";
import { useSession } from "@/components/access/session";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/check";
import { Choice, Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import { evalFilters } from "./filters";
import { evalRunsQuery } from "./queries";
import { useStartRun, type Wanted } from "./run-actions";
import { classWords } from "./run-words";

const SETS: { value: Wanted["set"]; label: string }[] = [
  { value: "dev", label: "Dev set: used for tuning" },
  { value: "second", label: "Holdout set: different systems, runs only as a whole" },
  { value: "all", label: "Both sets" },
];

/** Runs cases from here, for those who may decide. Where this host cannot, it says why instead. */
export function RunCases({ offer, onStarted }: { offer: EvalOffer; onStarted: (run: string) => void }) {
  const { decides } = useSession();
  const [{ class: shown }] = useQueryStates(evalFilters);
  const [open, setOpen] = useState(false);
  const goesOn = useQuery(evalRunsQuery).data?.runs.some(({ state }) => state === "running") ?? false;
  if (!decides) return null;
  if (offer.reason !== null)
    return (
      <p className="max-w-sm text-xs text-ink-3 sm:text-right">
        Cases cannot be run from here: {offer.reason}. <code className="font-mono">npm run sentinel -- eval</code> in a
        checkout that uses this database runs them, and shows them here.
      </p>
    );
  return (
    <>
      <Button
        look="primary"
        disabled={goesOn}
        title={goesOn ? "Only one run at a time" : undefined}
        onClick={() => setOpen(true)}
      >
        <Play aria-hidden /> Run cases
      </Button>
      {open ? (
        <Wanting
          offer={offer}
          first={offer.classes.some(({ name }) => name === shown) ? shown : null}
          onClose={() => setOpen(false)}
          onStarted={onStarted}
        />
      ) : null}
    </>
  );
}

/** Mounted when it opens, so that it begins with what the table shows. */
function Wanting({
  offer: { classes, model, judge },
  first,
  onClose,
  onStarted,
}: {
  offer: EvalOffer;
  first: string | null;
  onClose: () => void;
  onStarted: (run: string) => void;
}) {
  const [set, setSet] = useState<Wanted["set"]>("dev");
  const [of, setOf] = useState(first ?? "");
  const [one, setOne] = useState("");
  const [asks, setAsks] = useState(false);
  const start = useStartRun(({ id }) => {
    onClose();
    onStarted(id);
  });
  const all = classes.reduce((sum, { cases }) => sum + cases.length, 0);
  const cases = classes.find(({ name }) => name === of)?.cases ?? [];
  const count = set !== "dev" ? (set === "all" ? 2 : 1) * all : one !== "" ? 1 : of !== "" ? cases.length : all;
  const part = set !== "dev" ? {} : one !== "" ? { cases: [one] } : of !== "" ? { class: of } : {};
  return (
    <Dialog
      open
      onOpenChange={(next) => (next ? undefined : onClose())}
      title="Run cases"
      description="Each case runs end to end in its own database; production is not affected. The run continues in the background at low priority if you leave this page."
      footer={
        <Choice
          onCancel={onClose}
          busy={start.isPending}
          onClick={() => start.mutate({ set, ...part, ...(asks ? { model: true } : {}) })}
        >
          Run {count} {count === 1 ? "case" : "cases"}
        </Choice>
      }
    >
      <div className="space-y-4">
        <Field id="eval-set" label="Set">
          <Select id="eval-set" label="Set of cases" value={set} onChange={setSet} options={SETS} />
        </Field>
        {set === "dev" ? (
          <div className="grid gap-4 sm:grid-cols-2">
            <Field id="eval-class" label="Class">
              <Select
                id="eval-class"
                label="Class of cases"
                value={of}
                onChange={(next) => {
                  setOf(next);
                  setOne("");
                }}
                options={[
                  { value: "", label: "All classes" },
                  ...classes.map(({ name, cases: { length } }) => ({ value: name, label: `${classWords(name)} (${length})` })),
                ]}
              />
            </Field>
            <Field id="eval-case" label="Case">
              <Select
                id="eval-case"
                label="Case"
                value={one}
                onChange={setOne}
                disabled={of === ""}
                options={[
                  { value: "", label: of === "" ? "All cases" : "All cases of the class" },
                  ...cases.map((id) => ({ value: id, label: id })),
                ]}
              />
            </Field>
          </div>
        ) : null}
        {model === null ? null : (
          <p className="flex items-start gap-2.5 text-sm">
            <Checkbox id="eval-model" checked={asks} onChange={setAsks} label={`Let ${model} investigate too`} />
            <label htmlFor="eval-model" className="min-w-0 wrap-anywhere">
              Let <span className="font-mono text-xs">{model}</span> investigate too
              <span className="block text-xs text-ink-3">Uses billed API calls. Without it, only the local analysis runs.</span>
            </label>
          </p>
        )}
        <p className="text-xs wrap-anywhere text-ink-3">
          {judge === null
            ? "No judge is configured (SENTINEL_JUDGE_MODEL), so only the built-in scorer is used."
            : `The judge ${judge} also answers the scorer's questions (billed API calls).`}
        </p>
      </div>
    </Dialog>
  );
} // prettier-ignore

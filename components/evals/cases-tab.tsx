"use client";

import { useQuery } from "@tanstack/react-query";
import { FlaskConical, LoaderCircle } from "lucide-react";
import { useQueryStates } from "nuqs";
import { CASE_SETS } from "@/lib/core/base/vocabulary";
import type { EvalOffer, EvalRunAnswer, EvalRunView } from "@/lib/contracts/eval-runs";
import { Button } from "@/components/ui/button";
import { Callout, Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { Select } from "@/components/ui/select";
import { Comparison } from "./comparison";
import { evalFilters, SHOWN } from "./filters";
import { HeatTable } from "./heat-table";
import { evalRunQuery, evalRunsQuery } from "./queries";
import { classWords, runName, SET } from "./run-words";
import { Standing } from "./standing";
import { Summary } from "./summary";
import { Trend } from "./trend";

/** Runs over cases: the newest, or the one that was chosen. */
export function CasesTab({ offer }: { offer: EvalOffer }) {
  const { data, error, refetch } = useQuery(evalRunsQuery);
  const [{ run: wanted }] = useQueryStates(evalFilters);
  if (data === undefined)
    return error ? (
      <LoadError what="evaluations" error={error} onRetry={() => void refetch()} />
    ) : (
      <Skeleton className="h-64" />
    );
  const run = data.runs.find(({ id }) => id === wanted) ?? data.runs[0];
  return run === undefined ? (
    <Empty icon={FlaskConical} title="No evaluation has been run">
      Run cases, here or with <code className="font-mono text-xs">npm run sentinel -- eval</code>. Each case runs end to
      end, and Sentinel's response is scored.
    </Empty>
  ) : (
    <Run runs={data.runs} run={run} offer={offer} />
  );
}

function Run({ runs, run, offer }: { runs: readonly EvalRunView[]; run: EvalRunView; offer: EvalOffer }) {
  const { data, error, refetch } = useQuery(evalRunQuery(run.id));
  const [{ before }, setFilters] = useQueryStates(evalFilters);
  const others = runs.filter(({ id }) => id !== run.id);
  const other = others.find(({ state }) => state === "running");
  const compared = others.find(({ id }) => id === before);
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-center gap-2">
        <Select
          label="Run"
          className="max-sm:w-full"
          value={run.id}
          onChange={(id) => void setFilters({ run: id, before: null })}
          options={runs.map((one) => ({ value: one.id, label: runName(one) }))}
        />
        {others.length > 0 ? (
          <Select
            label="Compare with"
            className="max-sm:w-full"
            value={compared?.id ?? ""}
            onChange={(id) => void setFilters({ before: id === "" ? null : id })}
            options={[
              { value: "", label: "Compare with …" },
              ...others.map((one) => ({ value: one.id, label: `with ${runName(one)}` })),
            ]}
          />
        ) : null}
        {run.state === "running" ? null : (
          <span className="text-xs text-ink-3">
            {run.started_by === null ? "committed baseline, used by eval --gate" : `run by ${run.started_by}`}
          </span>
        )}
      </div>
      {other ? (
        <Callout
          tone="info"
          icon={LoaderCircle}
          title={`Another run is in progress: ${other.done} of ${other.total} cases`}
          actions={<Button onClick={() => void setFilters({ run: other.id, before: null })}>Show it</Button>}
        />
      ) : null}
      <Standing run={run} offer={offer} />
      {data === undefined ? (
        error ? (
          <LoadError what="the run" error={error} onRetry={() => void refetch()} />
        ) : (
          <Skeleton className="h-64" />
        )
      ) : (
        <>
          <div className="grid items-start gap-4 xl:grid-cols-2 [&>*:only-child]:xl:col-span-2">
            <Summary sets={data.sets} run={data.run} />
            <Trend runs={runs} set={run.set} />
          </div>
          {compared ? <Comparison run={run} before={compared} /> : null}
          <Cases answer={data} />
        </>
      )}
    </div>
  );
}

function Cases({ answer: { run, cases } }: { answer: EvalRunAnswer }) {
  const [filters, setFilters] = useQueryStates(evalFilters);
  const sets = CASE_SETS.filter((set) => cases.some((one) => one.set === set));
  const set = sets.includes(filters.set) ? filters.set : (sets[0] ?? "dev");
  const ofSet = cases.filter((one) => one.set === set);
  const classes = [...new Set(ofSet.map((one) => one.class))].toSorted();
  const shown = ofSet.filter(
    (one) =>
      (filters.class === null || one.class === filters.class) &&
      (filters.shown === "all" || one.passed === (filters.shown === "passed")),
  );
  return (
    <Panel
      flush
      title="Cases"
      hint={`${shown.length} of ${ofSet.length}, failures first`}
      actions={
        <>
          {sets.length > 1 ? (
            <Segmented
              label="Set"
              value={set}
              onChange={(next) => void setFilters({ set: next, class: null })}
              options={sets.map((one) => ({ value: one, label: SET[one] }))}
            />
          ) : null}
          <Select
            label="Class"
            value={filters.class ?? ""}
            onChange={(next) => void setFilters({ class: next === "" ? null : next })}
            options={[
              { value: "", label: "All classes" },
              ...classes.map((one) => ({ value: one, label: classWords(one) })),
            ]}
          />
          <Segmented
            label="Outcome"
            value={filters.shown}
            onChange={(next) => void setFilters({ shown: next })}
            options={SHOWN.map((one) => ({ value: one, label: OUTCOME[one] }))}
          />
        </>
      }
    >
      {shown.length === 0 ? (
        <p className="p-4 text-sm text-ink-2">
          {ofSet.length === 0
            ? "No case has finished yet. Each appears here as it finishes."
            : "No case matches the filters."}
        </p>
      ) : (
        <HeatTable run={run.id} cases={shown} />
      )}
    </Panel>
  );
}
const OUTCOME = { all: "All", failed: "Failed", passed: "Passed" } as const;

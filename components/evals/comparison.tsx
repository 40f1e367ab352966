"use client";

import { useQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUp } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import type { EvalComparison, EvalRunView } from "@/lib/contracts/eval-runs";
import { DIMENSION, type Dimension } from "@/components/scores/words";
import { cn } from "@/components/ui/cn";
import { LoadError, Skeleton } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Body, HeadRow, Row, Table } from "@/components/ui/table";
import { comparisonQuery } from "./queries";
import { classWords, figure, runName, signed } from "./run-words";

/** Cases that are listed before the rest is counted. */
const LISTED = 12;

type Difference = EvalComparison["mean"];

/** What differs in a run from another one: the figures, then classes and cases, the largest fall first. */
export function Comparison({ run, before }: { run: EvalRunView; before: EvalRunView }) {
  const { data, error, refetch } = useQuery(comparisonQuery(run.id, before.id));
  return (
    <Panel flush title="Comparison" hint={`with ${runName(before)}, on the sets that both runs include`}>
      {data === undefined ? (
        <div className="p-4">
          {error ? (
            <LoadError what="the comparison" error={error} onRetry={() => void refetch()} />
          ) : (
            <Skeleton className="h-40" />
          )}
        </div>
      ) : (
        <div className="grid items-start gap-x-4 divide-y lg:grid-cols-2 lg:divide-x lg:divide-y-0">
          <Differences label="Differences by class" of="Figure or class">
            <Line name="Mean score" difference={data.mean} bold />
            <Line name="Pass rate" difference={data.pass_rate} bold />
            <Line name="Calibration error" difference={data.ece} bold lessIsBetter />
            {data.classes.map((one) => (
              <Line key={one.name} name={classWords(one.name)} difference={one} />
            ))}
          </Differences>
          {data.cases.length > 0 ? (
            <Differences label="Differences by case" of="Case">
              {data.cases.slice(0, LISTED).map((one) => (
                <Line
                  key={one.name}
                  name={<CaseName run={run.id} one={one} />}
                  difference={one}
                  detail={changed(one)}
                />
              ))}
            </Differences>
          ) : (
            <p className="p-4 text-sm text-ink-2">No case scores differently.</p>
          )}
        </div>
      )}
      {data && data.cases.length > LISTED ? (
        <p className="border-t px-4 py-2 text-xs text-ink-3">and {data.cases.length - LISTED} more cases</p>
      ) : null}
    </Panel>
  );
}

const Differences = ({ label, of, children }: { label: string; of: string; children: ReactNode }) => (
  <Table label={label}>
    <HeadRow>
      <th>{of}</th>
      <th className="text-right!">Before</th>
      <th className="text-right!">Now</th>
      <th className="text-right!">Change</th>
    </HeadRow>
    <Body>{children}</Body>
  </Table>
);

/** A case by its id without its set; one that this run has played leads to its story. */
function CaseName({ run, one: { name, after } }: { run: string; one: EvalComparison["cases"][number] }) {
  const id = name.replace(/^[^/]*\//, "");
  return after === null || run === "reference" ? (
    id
  ) : (
    <Link href={`/evals/${encodeURIComponent(run)}/${encodeURIComponent(id)}`} className="hover:underline">
      {id}
    </Link>
  );
}

/** Which dimensions made the difference; of a case that only one run has nothing is compared. */
const changed = ({ before, after, scores }: EvalComparison["cases"][number]): string =>
  before === null || after === null
    ? `only ${before === null ? "now" : "before"}`
    : Object.entries(scores)
        .map(
          ([name, one]) => `${DIMENSION[name as Dimension].short} ${figure(one.before, 0)} → ${figure(one.after, 0)}`,
        )
        .join(", ");

function Line({
  name,
  difference: { before, after },
  detail,
  bold,
  lessIsBetter,
}: {
  name: ReactNode;
  difference: Difference;
  detail?: string;
  bold?: boolean;
  lessIsBetter?: boolean;
}) {
  const change = before === null || after === null ? null : after - before;
  const better = change === null || change === 0 ? null : lessIsBetter ? change < 0 : change > 0;
  const Icon = change !== null && change > 0 ? ArrowUp : ArrowDown;
  return (
    <Row>
      <th scope="row" className={cn("text-left wrap-anywhere", bold ? "font-semibold" : "font-normal")}>
        {name}
        {detail ? <span className="block text-xs font-normal text-ink-3">{detail}</span> : null}
      </th>
      <td className="num text-right text-ink-2">{figure(before)}</td>
      <td className="num text-right">{figure(after)}</td>
      <td className="num text-right whitespace-nowrap">
        {better === null ? (
          <span className="text-ink-3">{change === null ? "–" : "±0"}</span>
        ) : (
          <span className={cn("inline-flex items-center gap-1 font-medium", better ? "text-ok" : "text-hold")}>
            <Icon className="size-3" aria-hidden />
            {signed(change!)}
            <span className="sr-only">{better ? "better" : "worse"}</span>
          </span>
        )}
      </td>
    </Row>
  );
}

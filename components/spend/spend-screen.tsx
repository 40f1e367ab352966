"use client";

import { useQuery } from "@tanstack/react-query";
import { Coins } from "lucide-react";
import { useQueryStates } from "nuqs";
import type { SpendAnswer, SpendRow } from "@/lib/contracts/budgets";
import { SPEND_DIMENSIONS, type SpendDimension } from "@/lib/core/base/vocabulary";
import { measureText, unknownText, usdText } from "@/lib/core/budgets/words";
import { PageHead } from "@/components/shell/page-head";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { compact } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { Body, HeadRow, Row, Table } from "@/components/ui/table";
import { Asking } from "./asking";
import { BudgetsPanel } from "./budgets-panel";
import { SORTS, spendFilters } from "./filters";
import { SpendChart } from "./spend-chart";
import { spendQuery } from "./queries";

const BY: Record<SpendDimension, string> = {
  fleet: "Fleet",
  team: "Team",
  user: "User",
  repository: "Repository",
  agent: "Agent",
  model: "Model",
  tool: "Tool",
};
const SORT = { now: "Last hour", today: "Today", month: "This month" } as const;
const dimensions = SPEND_DIMENSIONS.filter((by) => by !== "fleet").map((value) => ({ value, label: BY[value] }));
const sorts = SORTS.map((value) => ({ value, label: SORT[value] }));

/** What is spent now, today and this month, by whom, where it leads, and what may be spent. */
export function SpendScreen() {
  const [{ by, sort }, setFilters] = useQueryStates(spendFilters);
  const { data, error, refetch } = useQuery(spendQuery({ by, sort }));
  return (
    <>
      <PageHead
        title="Spend"
        lead={
          data
            ? `Days and months are in ${data.zone}. Calls without a known price are counted separately, never as $0.`
            : undefined
        }
      />
      <div className="space-y-4">
        <Asking />
        {error && !data ? <LoadError what="spending" error={error} onRetry={() => void refetch()} /> : null}
        {data ? <Totals data={data} /> : error ? null : <Skeleton className="h-24 rounded-[0.625rem]" />}
        {data ? <SpendChart hours={data.hours} /> : null}
        <Panel
          flush
          title="Top spenders"
          actions={
            <>
              <Segmented
                label="Sort by"
                value={sort}
                onChange={(next) => void setFilters({ sort: next })}
                options={sorts}
              />
              <div className="max-w-full overflow-x-auto">
                <Segmented
                  label="Group by"
                  value={by}
                  onChange={(next) => void setFilters({ by: next })}
                  options={dimensions}
                />
              </div>
            </>
          }
        >
          {data ? <Rows data={data} /> : <Skeleton className="m-4 h-32" />}
        </Panel>
        <BudgetsPanel />
      </div>
    </>
  );
}

function Totals({ data: { fleet } }: { data: SpendAnswer }) {
  return (
    <dl className="grid gap-px overflow-hidden rounded-[0.625rem] border bg-line sm:grid-cols-3">
      <Total label="Last hour" usd={fleet.now.usd} note={`${compact(fleet.now.tokens)} tokens`} />
      <Total label="Today" usd={fleet.today.usd} note={amountsNote(fleet.today)} forecast={fleet.forecast_today} />
      <Total label="This month" usd={fleet.month.usd} note={amountsNote(fleet.month)} forecast={fleet.forecast_month} />
    </dl>
  );
}

const amountsNote = (of: SpendRow["today"]): string => `${compact(of.tokens)} tokens${unknownText("usd", of.unpriced)}`;

function Total({
  label,
  usd,
  note,
  forecast,
}: {
  label: string;
  usd: number;
  note: string;
  forecast?: SpendAnswer["fleet"]["forecast_today"];
}) {
  return (
    <div className="bg-surface px-4 py-3">
      <dt className="eyebrow">{label}</dt>
      <dd className="num mt-0.5 text-xl font-semibold tracking-tight">{usdText(usd)}</dd>
      <dd className="num text-xs text-ink-3">{note}</dd>
      {forecast === undefined ? null : (
        <dd className="num text-xs text-ink-2">
          {forecast === null
            ? "no forecast yet: too little data"
            : `forecast: ${usdText(forecast.at_end)}, at ${usdText(forecast.per_hour)} per hour`}
        </dd>
      )}
    </div>
  );
}

function Rows({ data: { rows, by } }: { data: SpendAnswer }) {
  if (rows.length === 0)
    return (
      <Empty icon={Coins} title="Nothing spent this month">
        {by === "team" || by === "user" || by === "repository"
          ? `No agent with the label ${by} has reported a call. Agents report their labels when they register, or over OpenTelemetry.`
          : "No call has been reported."}
      </Empty>
    );
  return (
    <Table label={`Spending by ${BY[by].toLowerCase()}`}>
      <HeadRow>
        <th>{BY[by]}</th>
        <th className="text-right">Last hour</th>
        <th className="text-right">Today</th>
        <th className="text-right">This month</th>
        <th className="text-right max-sm:hidden">Tokens today</th>
        <th className="text-right max-sm:hidden">Calls today</th>
      </HeadRow>
      <Body>
        {rows.map((row) => (
          <Row key={row.name}>
            <td className="max-w-40 font-medium wrap-anywhere sm:max-w-80">{row.name}</td>
            <td className="num text-right whitespace-nowrap">{usdText(row.now.usd)}</td>
            <td className="num text-right whitespace-nowrap">
              {usdText(row.today.usd)}
              <Unpriced calls={row.today.unpriced} />
            </td>
            <td className="num text-right whitespace-nowrap">
              {usdText(row.month.usd)}
              <Unpriced calls={row.month.unpriced} />
            </td>
            <td className="num text-right max-sm:hidden">{compact(row.today.tokens)}</td>
            <td className="num text-right max-sm:hidden">
              {measureText("model_calls", row.today.model_calls)}, {measureText("tool_calls", row.today.tool_calls)}
            </td>
          </Row>
        ))}
      </Body>
    </Table>
  );
}

const Unpriced = ({ calls }: { calls: number }) =>
  calls === 0 ? null : <span className="block text-xs text-warn">{compact(calls)} not priced</span>;

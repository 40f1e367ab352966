"use client";

import { useQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import Link from "next/link";
import type { ScoredIncidentsAnswer } from "@/lib/contracts/scores";
import { ScoreBar } from "@/components/scores/score-bar";
import { scoredIncidentsQuery } from "@/components/scores/queries";
import { Passed } from "@/components/scores/scores-panel";
import { offerText, precisionText } from "@/components/scores/would-have-words";
import { agentTypesQuery } from "@/components/settings/queries";
import { LABELS_COUNT_DAYS } from "@/lib/core/scoring/would-have";
import { DIMENSION, DIMENSION_NAMES } from "@/components/scores/words";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { duration, integer, percent } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { Body, HeadRow, Row, Table, TimeCell } from "@/components/ui/table";
import { figure } from "./run-words";

/** How Sentinel did in the incidents that it worked on. */
export function IncidentsTab() {
  const { data, error, refetch } = useQuery(scoredIncidentsQuery);
  if (data === undefined)
    return error ? (
      <LoadError what="the incidents' scores" error={error} onRetry={() => void refetch()} />
    ) : (
      <Skeleton className="h-64" />
    );
  if (data.total === 0)
    return (
      <Empty icon={ShieldCheck} title="No incident has been scored">
        Each incident is scored when it closes, on the questions that can be answered without knowing the actual cause.
        Verdicts from people answer the rest.
      </Empty>
    );
  return (
    <div className="space-y-4">
      <Means answer={data} />
      <WouldHaveByType />
      <Panel
        flush
        title="Incidents"
        hint={`${data.incidents.length} of ${integer(data.total)}, most recently closed first`}
      >
        <Table label="Scored incidents">
          <HeadRow>
            <th>Closed</th>
            <th>Incident</th>
            <th className="text-right!">Mean</th>
            <th>Verdict</th>
            <th>Outcome</th>
            <th className="text-right!">Detected</th>
            <th className="text-right!">Proposal</th>
            <th className="text-right!">Tokens</th>
          </HeadRow>
          <Body>
            {data.incidents.map((one) => (
              <Row key={one.incident.id}>
                <TimeCell at={one.incident.closed_at} />
                <td className="min-w-64">
                  <Link
                    href={`/incidents/${encodeURIComponent(one.incident.id)}#scores`}
                    className="line-clamp-2 wrap-anywhere hover:underline"
                  >
                    {one.incident.title}
                  </Link>
                </td>
                <td className="num text-right font-semibold">{figure(one.mean)}</td>
                <td className="text-xs leading-5 whitespace-nowrap text-ink-2">{said(one.verdicts)}</td>
                <td>
                  <Passed passed={one.passed} />
                </td>
                <td className="num text-right whitespace-nowrap">{ms(one.detection_delay_ms)}</td>
                <td className="num text-right whitespace-nowrap">{ms(one.time_to_proposal_ms)}</td>
                <td className="num text-right">{integer(one.tokens)}</td>
              </Row>
            ))}
          </Body>
        </Table>
      </Panel>
    </div>
  );
}

function Means({ answer: { means, total, judged, pass_rate: rate } }: { answer: ScoredIncidentsAnswer }) {
  return (
    <Panel
      title="Means by dimension"
      hint={`over ${integer(total)} closed ${total === 1 ? "incident" : "incidents"}`}
      actions={
        <span className="text-xs text-ink-2">
          {judged === 0 || rate === null
            ? "no verdicts yet"
            : `${percent(rate)} passed of ${integer(judged)} with a verdict`}
        </span>
      }
    >
      <ul className="grid gap-x-8 gap-y-2.5 sm:grid-cols-2 xl:grid-cols-3">
        {DIMENSION_NAMES.map((name) => (
          <li key={name} className="grid grid-cols-[8rem_1fr] items-center gap-2 text-sm">
            <span title={DIMENSION[name].means}>{DIMENSION[name].label}</span>
            <ScoreBar label={DIMENSION[name].label} score={means[name]} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** How right the quarantines were that Sentinel would have issued, by what people said of them. */
function WouldHaveByType() {
  const { data } = useQuery(agentTypesQuery);
  const types =
    data?.types.filter(({ would_have: { right, wrong, unlabelled } }) => right + wrong + unlabelled > 0) ?? [];
  if (types.length === 0) return null;
  return (
    <Panel
      flush
      title="Would-have quarantines"
      hint={`in observe and recommend mode, last ${LABELS_COUNT_DAYS} days, as labelled by people`}
    >
      <Table label="Would-have quarantines by type">
        <HeadRow>
          <th>Type</th>
          <th>Precision</th>
          <th>Act mode</th>
        </HeadRow>
        <Body>
          {types.map(({ type, would_have: would }) => (
            <Row key={type}>
              <td className="wrap-anywhere">{type}</td>
              <td className="num">{precisionText(would)}</td>
              <td className="text-ink-2">{offerText(would)}</td>
            </Row>
          ))}
        </Body>
      </Table>
    </Panel>
  );
}

const ms = (value: number | null) => (value === null ? "–" : duration(value));

const said = ({ cause_right, remedy_right, hold_right }: ScoredIncidentsAnswer["incidents"][number]["verdicts"]) => {
  const words = [
    ["cause", cause_right],
    ["remedy", remedy_right],
    ["hold", hold_right],
  ].flatMap(([what, right]) => (right === null ? [] : [`${what} ${right ? "right" : "wrong"}`]));
  return words.length === 0 ? "–" : words.join(", ");
};

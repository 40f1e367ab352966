"use client";

import { Search } from "lucide-react";
import type { IncidentDetail } from "@/lib/contracts/incidents";
import { DIAGNOSIS, FINDING, name } from "@/components/status/words";
import { Badge } from "@/components/ui/badge";
import { Empty } from "@/components/ui/feedback";
import { percent } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { Meter } from "@/components/ui/meter";

type Hypothesis = IncidentDetail["hypotheses"][number];

/** Where a cited piece of evidence stands on the page. */
const findingAnchor = (id: string) => `finding-${id}`;

/** The ranked diagnoses, each with what it cites: the winner in full, its rivals in short. */
export function DiagnosisPanel({ detail }: { detail: IncidentDetail }) {
  const [winner, ...rivals] = [...detail.hypotheses].sort((a, b) => a.rank - b.rank);
  const number = new Map(detail.findings.map(({ id }, index) => [id, index + 1]));
  return (
    <Panel title="Diagnosis" hint={winner ? `by ${winner.author}` : undefined}>
      {!winner ? (
        <p className="text-sm text-ink-2">Not diagnosed yet.</p>
      ) : (
        <div className="space-y-4">
          <div>
            <p className="flex flex-wrap items-center gap-2">
              <strong className="text-base font-semibold">{name(DIAGNOSIS, winner.diagnosis)}</strong>
              {winner.weak ? <Badge tone="warn">Weak: supported by vitals only</Badge> : null}
            </p>
            <Meter value={winner.confidence} label="Confidence" className="mt-2 max-w-72" />
            <p className="mt-2 max-w-prose text-sm text-ink-2">
              {winner.statement} <Cites hypothesis={winner} number={number} />
            </p>
          </div>
          {rivals.length > 0 ? (
            <div>
              <h3 className="eyebrow mb-1.5">Alternatives</h3>
              <ul className="space-y-2">
                {rivals.map((rival) => (
                  <li key={rival.id} className="grid grid-cols-[3rem_1fr] gap-2 text-sm">
                    <span className="num text-ink-3">{percent(rival.confidence)}</span>
                    <span className="min-w-0">
                      <span className="font-medium">{name(DIAGNOSIS, rival.diagnosis)}</span>
                      {rival.weak ? <span className="text-ink-3"> (weak)</span> : null}
                      <span className="text-ink-2">
                        {" "}
                        · {rival.statement} <Cites hypothesis={rival} number={number} />
                      </span>
                    </span>
                  </li>
                ))}
              </ul>
            </div>
          ) : null}
        </div>
      )}
    </Panel>
  );
}

function Cites({ hypothesis, number }: { hypothesis: Hypothesis; number: Map<string, number> }) {
  const cited = hypothesis.cites.filter((id) => number.has(id)).toSorted((a, b) => number.get(a)! - number.get(b)!);
  if (cited.length === 0) return <span className="text-ink-3">cites no evidence</span>;
  return (
    <span className="inline-flex flex-wrap gap-1 align-middle">
      {cited.map((id) => (
        <a
          key={id}
          href={`#${findingAnchor(id)}`}
          aria-label={`Finding ${number.get(id)}`}
          className="num inline-grid h-6 min-w-6 place-items-center rounded bg-accent-tint px-1 text-xs font-medium text-accent hover:underline"
        >
          {number.get(id)}
        </a>
      ))}
    </span>
  );
}

/** The numbered evidence. What could not be looked at is in it too. */
export function FindingsPanel({ detail }: { detail: IncidentDetail }) {
  return (
    <Panel title="Findings" flush>
      {detail.findings.length === 0 ? (
        <Empty icon={Search} title="No findings yet" className="py-8" />
      ) : (
        <ol className="divide-y">
          {detail.findings.map((finding, index) => (
            <li
              key={finding.id}
              id={findingAnchor(finding.id)}
              className="target-flash grid scroll-mt-20 grid-cols-[1.75rem_1fr] gap-x-2 px-4 py-2.5 text-sm target:bg-accent-tint"
            >
              <span className="num text-xs leading-5 font-medium text-ink-3">{index + 1}</span>
              <div className="min-w-0">
                <p className="break-words">{finding.title}</p>
                <p className="text-xs text-ink-3">
                  {name(FINDING, finding.kind)} · {finding.source}
                </p>
                <Detail detail={finding.detail} />
              </div>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

function Detail({ detail }: { detail: Record<string, unknown> }) {
  if (Object.keys(detail).length === 0) return null;
  return (
    <details className="mt-1">
      <summary className="w-fit rounded-sm text-xs text-ink-3 hover:text-ink">Detail</summary>
      <pre
        className="mt-1 max-h-60 overflow-auto rounded-md bg-sunken p-2 font-mono text-xs break-words whitespace-pre-wrap"
        tabIndex={0}
      >
        {JSON.stringify(detail, null, 2)}
      </pre>
    </details>
  );
}

"use client";

import { EyeOff, Search, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { FindingKind } from "@/lib/core/base/vocabulary";
import type { ServiceStory } from "@/lib/contracts/services";
import { FINDING, name } from "@/components/status/words";
import { cn } from "@/components/ui/cn";
import { Empty } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Clock } from "@/components/ui/time";
import { MetricChart } from "./metric-chart";
import { type Finding, findingAnchor, refOf, seriesFor, strengthOf } from "./story";

/** Charts that are drawn at once; each further one is a line until it is asked for. */
const CHARTS = 6;

const GROUPS: readonly { title: string; kinds: readonly FindingKind[] }[] = [
  { title: "Suspected prompt injection", kinds: ["instruction"] },
  { title: "Metrics", kinds: ["metric_shift", "trace"] },
  { title: "Log templates", kinds: ["log_template"] },
  { title: "Changes", kinds: ["change"] },
  {
    title: "Alerts, states, dependencies and past incidents",
    kinds: ["alert", "state", "dependency", "similar_incident", "runbook", "memory", "peer_group", "repetition"],
  },
  { title: "Could not read", kinds: ["could_not_look"] },
];

/** Every finding once, where it can be looked at: metrics as charts, templates and changes as lists. Citations lead here. */
export function EvidencePanel({ story, findings }: { story: ServiceStory; findings: readonly Finding[] }) {
  const refs = new Map(findings.map((finding, index) => [finding.id, refOf(finding, index)]));
  const cited = new Set(story.causes.flatMap(({ cites }) => cites));
  const groups = GROUPS.map((group) => ({
    ...group,
    findings: findings
      .filter(({ kind }) => (group.kinds as readonly string[]).includes(kind))
      .toSorted((a, b) => Number(cited.has(b.id)) - Number(cited.has(a.id)) || strengthOf(b) - strengthOf(a)),
  })).filter((group) => group.findings.length > 0);
  return (
    <Panel title="Evidence" hint={`${findings.length} ${findings.length === 1 ? "finding" : "findings"}`} flush>
      {findings.length === 0 ? (
        <Empty icon={Search} title="No findings yet" className="py-8" />
      ) : (
        <div className="divide-y">
          {groups.map((group) => (
            <Group key={group.title} {...group} story={story} cited={cited} refs={refs} />
          ))}
        </div>
      )}
    </Panel>
  );
}

function Group({
  title,
  findings,
  story,
  cited,
  refs,
}: {
  title: string;
  findings: Finding[];
  story: ServiceStory;
  cited: ReadonlySet<string>;
  refs: ReadonlyMap<string, string>;
}) {
  const drawn = findings.filter((finding) => seriesFor(finding, story.series) !== null).slice(0, CHARTS);
  const lines = findings.filter((finding) => !drawn.includes(finding));
  // What nothing cites and says little stays out of the way.
  const loud = lines.filter((finding) => cited.has(finding.id) || strengthOf(finding) > 0 || finding.kind === "could_not_look" || finding.kind === "instruction"); // prettier-ignore
  const quiet = lines.filter((finding) => !loud.includes(finding));
  const line = (finding: Finding) => <Line key={finding.id} finding={finding} label={refs.get(finding.id)!} />;
  return (
    <section aria-label={title} className="px-4 py-3">
      <h3 className="eyebrow mb-2">{title}</h3>
      {drawn.length > 0 ? (
        <div className="mb-2 grid gap-4 md:grid-cols-2">
          {drawn.map((finding) => (
            <figure key={finding.id} id={findingAnchor(finding.id)} className={target}>
              <MetricChart series={seriesFor(finding, story.series)!} story={story} />
              <figcaption className="flex gap-2 text-xs text-ink-2">
                <Label>{refs.get(finding.id)}</Label>
                <span className="min-w-0 break-words">{finding.title}</span>
              </figcaption>
            </figure>
          ))}
        </div>
      ) : null}
      {loud.length > 0 ? <ul>{loud.map(line)}</ul> : null}
      {quiet.length > 0 ? (
        <details className="mt-1">
          <summary className="w-fit rounded-sm text-xs text-ink-3 hover:text-ink">
            {quiet.length} more, not cited by any cause
          </summary>
          <ul>{quiet.map(line)}</ul>
        </details>
      ) : null}
    </section>
  );
}

const target = "target-flash scroll-mt-20 rounded-md p-1.5 target:bg-accent-tint";

const Label = ({ children }: { children: ReactNode }) => (
  <span className="num w-7 shrink-0 text-xs leading-5 font-medium text-ink-3">{children}</span>
);

function Line({ finding, label }: { finding: Finding; label: string }) {
  const blind = finding.kind === "could_not_look";
  const order = finding.kind === "instruction";
  return (
    <li id={findingAnchor(finding.id)} className={cn(target, "flex gap-2 text-sm")}>
      <Label>{label}</Label>
      <div className="min-w-0 flex-1">
        <p className={cn("wrap-anywhere", order && "text-warn", blind && "text-spent")}>
          {order ? <TriangleAlert className="mr-1 inline size-3.5" aria-hidden /> : null}
          {blind ? <EyeOff className="mr-1 inline size-3.5" aria-hidden /> : null}
          {finding.title}
        </p>
        <p className="num text-xs text-ink-3">
          {name(FINDING, finding.kind)} · {finding.source} · <Clock at={finding.at} />
          {order ? " · ignored" : ""}
        </p>
      </div>
    </li>
  );
}

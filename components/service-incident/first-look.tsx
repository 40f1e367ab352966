"use client";

import { EyeOff, GitCommitHorizontal, Siren, TrendingUp } from "lucide-react";
import type { ReactNode } from "react";
import { amount, limitText } from "@/lib/core/base/amounts";
import type { IncidentDetail } from "@/lib/contracts/incidents";
import type { CauseView, ServiceStory } from "@/lib/contracts/services";
import { WorldLink } from "@/components/drills/world";
import { CAUSE, CHANGE, name } from "@/components/status/words";
import { cn } from "@/components/ui/cn";
import { duration, percent, sentence } from "@/components/ui/format";
import { Clock } from "@/components/ui/time";
import { undoOf } from "@/components/approvals/undo";
import { names } from "@/lib/core/base/act-title";
import { brief, lookedAt, rivalsOf, strengthOf } from "./story";

const Row = ({ label, children, className }: { label: string; children: ReactNode; className?: string }) => (
  <div className={cn("grid grid-cols-[4.25rem_1fr] gap-x-2 px-3 py-1.5 sm:grid-cols-[6rem_1fr] sm:px-4", className)}>
    <dt className="eyebrow pt-0.5">{label}</dt>
    <dd className="min-w-0 text-sm">{children}</dd>
  </div>
);

/** All that has to be known before anything is decided, on one screen of a phone. */
export function FirstLook({ story, detail }: { story: ServiceStory; detail: IncidentDetail }) {
  return (
    <section
      aria-label="At a glance"
      className="panel grid divide-y lg:grid-cols-2 lg:divide-x lg:divide-y-0"
      data-first-look
    >
      <dl className="divide-y">
        <Impact story={story} detail={detail} />
        <Onset story={story} />
        <Fired story={story} />
        <Changes story={story} />
      </dl>
      <dl className="divide-y">
        <Rivals story={story} detail={detail} />
        <Blind story={story} />
        <Next story={story} detail={detail} />
      </dl>
    </section>
  );
}

function Impact({ story: { impact, incident }, detail }: { story: ServiceStory; detail: IncidentDetail }) {
  const [worst, ...rest] = impact.toSorted((a, b) => tellsOf(b) - tellsOf(a));
  const shift = worst ? null : ownShift(detail, incident);
  const limit = worst ? limitText(worst.upper, worst.lower, worst.unit) : null;
  return (
    <Row label="Now">
      {worst ? (
        <>
          <TrendingUp className="mr-1 inline size-3.5 text-hold" aria-hidden />
          {worst.signal}{" "}
          <strong className="num font-semibold">
            {worst.now === null ? "no data" : amount(worst.now, worst.unit)}
          </strong>
          <span className="num text-ink-2">
            {worst.normal === null ? ", no baseline yet" : `, usually ${amount(worst.normal, worst.unit)}`}
            {limit === null ? "" : ` (limit: ${limit})`}
          </span>
          {rest.length > 0 ? <span className="text-ink-3"> and {rest.length} more</span> : null}
        </>
      ) : shift ? (
        <p className="line-clamp-2">
          <TrendingUp className="mr-1 inline size-3.5 text-hold" aria-hidden />
          {shift.title}
        </p>
      ) : (
        <span className="text-ink-2">
          Alerts on {incident.subjects.length} {incident.subjects.length === 1 ? "service" : "services"}; no metric
          linked to {incident.subjects.length === 1 ? "it" : "them"}
        </span>
      )}
    </Row>
  );
}

/** What is measured beyond its limit says most of how things stand, and what cannot be measured nothing. */
const tellsOf = ({ now, upper, lower }: ServiceStory["impact"][number]): number =>
  now === null ? 0 : now > (upper ?? Infinity) || now < (lower ?? -Infinity) ? 2 : 1;

/** Where no query raised it: what moved most on the service that alerted. */
function ownShift({ findings }: IncidentDetail, { subjects }: ServiceStory["incident"]) {
  const primary = subjects.find(({ role }) => role === "primary") ?? subjects[0];
  return findings
    .filter(({ kind, source }) => kind === "metric_shift" && source === primary?.id)
    .toSorted((a, b) => strengthOf(b) - strengthOf(a))[0];
}

function Onset({ story: { investigation, incident, alerts } }: { story: ServiceStory }) {
  const onset = investigation?.onset ?? null;
  const alerted = alerts[0]?.starts_at ?? incident.opened_at;
  const at = onset ? onset.at * 1_000 : incident.onset_at;
  const lead = alerted - at;
  return (
    <Row label="Since">
      <Clock at={at} className="num font-semibold" />
      {onset ? (
        <span className="num text-ink-2">
          , between <Clock at={onset.from * 1_000} /> and <Clock at={onset.to * 1_000} />
        </span>
      ) : (
        <span className="text-ink-2">
          , when the alert fired; {investigation?.state === "done" ? "no onset found" : "the onset is not known yet"}
        </span>
      )}
      {lead > 0 ? <span className="num text-ink-3">, {duration(lead)} before the alert</span> : null}
    </Row>
  );
}

function Fired({ story: { alerts, incident } }: { story: ServiceStory }) {
  const [first] = alerts;
  const counts = incident.alerts;
  return (
    <Row label="Fired">
      {first ? (
        <p className="truncate">
          <Siren className="mr-1 inline size-3.5 text-warn" aria-hidden />
          <strong className="font-semibold">{first.name}</strong> on {first.service}
          {counts ? (
            <span className="num text-ink-2">
              {" · "}
              {counts.total > 1 ? `${counts.total} alerts` : counts.firing > 0 ? "still firing" : "ended"}
              {counts.repeats > 0 ? `, repeated ${counts.repeats === 1 ? "once" : `${counts.repeats} times`}` : ""}
            </span>
          ) : null}
          {alerts.some(({ flapping }) => flapping) ? <span className="text-warn"> · flapping</span> : null}
        </p>
      ) : (
        "No alert: detected by Sentinel"
      )}
    </Row>
  );
}

function Changes({ story: { changes, investigation, incident } }: { story: ServiceStory }) {
  const onset = investigation?.onset ? investigation.onset.at * 1_000 : incident.onset_at;
  const near = changes.toSorted((a, b) => Math.abs(a.at - onset) - Math.abs(b.at - onset))[0];
  return (
    <Row label="Changes">
      {near ? (
        <p className="line-clamp-2">
          <GitCommitHorizontal className="mr-1 inline size-3.5 text-proof" aria-hidden />
          <strong className="num font-semibold">{changes.length}</strong> from two hours before the onset until now;
          closest: <Clock at={near.at} className="num" /> {name(CHANGE, near.kind).toLowerCase()} of {near.subject_id}
          {near.note ? <span className="text-ink-3">: {near.note}</span> : null}
        </p>
      ) : (
        <span className="text-ink-2">None recorded from two hours before the onset until now</span>
      )}
    </Row>
  );
}

function Rivals({ story, detail }: { story: ServiceStory; detail: IncidentDetail }) {
  const [first, second] = rivalsOf(story.causes);
  if (!first)
    return (
      <Row label="Most likely">
        <span className="text-ink-2">
          {story.investigation === null || story.investigation.state === "running"
            ? "Investigation in progress"
            : "No cause supported by the evidence"}
        </span>
      </Row>
    );
  const { separates } = first;
  return (
    <>
      <Row label="Most likely">
        <Alternative cause={first} detail={detail} />
      </Row>
      {second ? (
        <Row label="Alternative">
          <Alternative cause={second} detail={detail} />
        </Row>
      ) : null}
      {separates ? (
        <Row label="How to tell them apart">
          <p className="line-clamp-2 text-ink-2" title={separates}>
            {sentence(separates)}
          </p>
        </Row>
      ) : null}
    </>
  );
}

function Alternative({ cause, detail }: { cause: CauseView; detail: IncidentDetail }) {
  const finding = detail.findings.find(({ id }) => id === cause.cites[0]);
  return (
    <>
      <p className="flex gap-2">
        <span className="min-w-0 flex-1 truncate">
          <strong className="font-semibold">{name(CAUSE, cause.kind)}</strong>
          {cause.node === null ? null : ` at ${cause.node}`}
        </span>
        <span className="num shrink-0 font-medium">{percent(cause.confidence)}</span>
      </p>
      {finding ? <p className="truncate text-xs text-ink-3">{brief(finding.title)}</p> : null}
    </>
  );
}

function Blind({ story: { investigation } }: { story: ServiceStory }) {
  if (!investigation?.report) return null;
  const blind = investigation.report.couldNotLook;
  const unread = [...new Set(blind.map(({ source, reason }) => `${lookedAt(source)}: ${reason}`))];
  return (
    <Row label="Not checked">
      {blind.length > 0 ? (
        <p className="line-clamp-3 wrap-anywhere" title={unread.join("\n")}>
          <EyeOff className="mr-1 inline size-3.5 text-spent" aria-hidden />
          {unread.join("; ")}
        </p>
      ) : (
        <span className="text-ink-2">Nothing: every source was read</span>
      )}
      {investigation.cut_short ? <p className="text-xs text-warn">Cut short: {investigation.cut_short}</p> : null}
    </Row>
  );
}

function Next({ story, detail }: { story: ServiceStory; detail: IncidentDetail }) {
  const remedy = story.investigation?.report?.remedy;
  const proposal = detail.proposals.at(-1);
  if (!remedy) return null;
  const offer = remedy.proposal?.offer;
  const act = proposal?.operation?.title ?? offer?.action ?? "";
  return (
    <Row label="Safest next step">
      {offer ? (
        <>
          <p className="truncate">
            <strong className="font-semibold">{act}</strong>
            {names(act, offer.target) ? null : (
              <>
                {" on "}
                <WorldLink href={`/services/${encodeURIComponent(offer.target)}`} className="hover:underline">
                  {offer.target}
                </WorldLink>
              </>
            )}
          </p>
          <p className="truncate text-xs text-ink-3">
            Undo: {undoOf(offer.undo, { risk: offer.risk, reversible: proposal?.reversible ?? false })}
          </p>
        </>
      ) : (
        <p className="line-clamp-2">No action: {remedy.why}</p>
      )}
    </Row>
  );
}

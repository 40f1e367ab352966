import {
  Bell,
  Check,
  CircleStop,
  FileSearch,
  Flag,
  Hand,
  type LucideIcon,
  Play,
  Scale,
  Siren,
  Wrench,
  X,
} from "lucide-react";
import type { ReactNode } from "react";
import type { EvalCaseView } from "@/lib/contracts/eval-runs";
import { outcomeText } from "@/lib/core/base/vocabulary";
import { cn } from "@/components/ui/cn";
import { duration } from "@/components/ui/format";
import { POLICY } from "@/components/status/words";
import { Panel } from "@/components/ui/panel";

type Played = EvalCaseView["trajectory"];
type Opened = NonNullable<Played["opened"]>;
type Call = Opened["calls"][number];

interface Step {
  at: number;
  icon: LucideIcon;
  /** Of an outcome that is bad. */
  bad?: boolean;
  text: ReactNode;
  detail?: ReactNode;
}

/** All that was done, in the order of its time, with every call of the investigation. */
export function Trajectory({ trajectory }: { trajectory: Played }) {
  const { opened, alertedAt } = trajectory;
  const steps = stepsOf(trajectory).toSorted((a, b) => a.at - b.at);
  return (
    <Panel
      flush
      title="Trajectory"
      hint={
        opened === null ? "no incident was opened" : `${opened.calls.length} calls, ${opened.findings.length} findings`
      }
    >
      <ol className="divide-y">
        {steps.map(({ at, icon: Icon, bad, text, detail }, index) => (
          <li key={index} className="grid grid-cols-[4.5rem_1.25rem_1fr] gap-2 px-4 py-2 text-sm">
            <span className="num text-xs leading-5 text-ink-3">{since(at - alertedAt)}</span>
            <Icon className={cn("mt-0.5 size-4", bad ? "text-hold" : "text-ink-3")} aria-hidden />
            <span className="min-w-0 wrap-anywhere">
              {text}
              {detail ? <span className="block text-xs text-ink-3">{detail}</span> : null}
            </span>
          </li>
        ))}
      </ol>
      {opened === null ? null : <Evidence opened={opened} />}
    </Panel>
  );
}

const since = (ms: number) => `${ms < 0 ? "−" : "+"}${duration(Math.abs(ms))}`;

function stepsOf({ subject, subjectKind, alertedAt, opened }: Played): Step[] {
  const alerted = {
    at: alertedAt,
    icon: Bell,
    text: subjectKind === "service" ? `${subject} alerted` : `${subject} reported its first abnormal sample`,
  };
  if (opened === null) return [alerted];
  return [
    alerted,
    { at: opened.at, icon: Siren, text: `Incident opened at severity ${opened.severity.toFixed(1)}` },
    ...opened.holds.flatMap(({ agent, from, to }): Step[] => [
      { at: from, icon: Hand, text: `${agent} was quarantined` },
      ...(to === null ? [] : [{ at: to, icon: Play, text: `${agent} was released` }]),
    ]),
    ...opened.calls.map(callStep),
    ...opened.proposals.flatMap((one): Step[] => [
      {
        at: one.at,
        icon: Scale,
        text: `${one.action} on ${one.target} was proposed. ${POLICY[one.policy]}`,
        detail: [
          one.risk.replaceAll("_", " "),
          one.undo ? `undo: ${one.undo}` : one.reversible ? "" : "cannot be undone",
        ]
          .filter(Boolean)
          .join("; "),
      },
      ...(one.approval?.at == null
        ? []
        : [
            {
              at: one.approval.at,
              icon: one.approval.state === "approved" ? Check : X,
              text: `Approval of ${one.action}: ${one.approval.state}`,
            },
          ]),
    ]),
    ...opened.runs.map((run): Step => ({
      at: run.startedAt,
      icon: Wrench,
      bad: run.outcome === "worse",
      text: `${run.action} on ${run.target} was carried out`,
      detail: `measured: ${outcomeText(run.outcome)}`,
    })),
    ...(opened.closedAt === null
      ? []
      : [{ at: opened.closedAt, icon: Flag, text: `Incident ${opened.state}`, detail: opened.outcome }]),
  ];
}

const callStep = ({ tool, args, ok, author, startedAt, ms }: Call): Step => ({
  at: startedAt,
  icon: ok ? FileSearch : CircleStop,
  bad: !ok,
  text: (
    <>
      <code className="font-mono text-xs font-semibold">{tool}</code>{" "}
      <code className="line-clamp-2 font-mono text-xs text-ink-2" title={JSON.stringify(args)}>
        {JSON.stringify(args)}
      </code>
    </>
  ),
  detail: `${author === "local" ? "local analysis" : author} · ${duration(ms)}${ok ? "" : " · failed"}`,
});

/** What the calls brought to light, and what they could not look at. */
function Evidence({ opened: { findings, couldNotLook, ranOut } }: { opened: Opened }) {
  return (
    <>
      {couldNotLook.length + ranOut.length > 0 ? (
        <p className="border-t px-4 py-2 text-xs text-warn">
          {[
            couldNotLook.length > 0 ? `could not read ${couldNotLook.join(", ")}` : "",
            ranOut.length > 0 ? `budget exhausted: ${ranOut.join(", ")}` : "",
          ]
            .filter(Boolean)
            .join("; ")}
        </p>
      ) : null}
      <details className="border-t">
        <summary className="cursor-pointer px-4 py-2 text-sm font-medium hover:bg-hover/50">
          {findings.length} {findings.length === 1 ? "finding" : "findings"}
        </summary>
        <ul className="space-y-1.5 px-4 pb-3 text-sm">
          {findings.map(({ id, kind, node, text }) => (
            <li key={id} className="grid grid-cols-[2.5rem_1fr] gap-2">
              <span className="num text-xs leading-5 text-ink-3">{id}</span>
              <span className="min-w-0 wrap-anywhere">
                {text}
                <span className="text-xs text-ink-3">
                  {" "}
                  · {kind.replaceAll("_", " ")}
                  {node === null ? "" : ` · ${node}`}
                </span>
              </span>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

import type { ReactNode } from "react";
import type { EvalCaseView } from "@/lib/contracts/eval-runs";
import { outcomeText } from "@/lib/core/base/vocabulary";
import { CAUSE, DIAGNOSIS, name } from "@/components/status/words";
import { duration, percent } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { Body, HeadRow, Row, Table } from "@/components/ui/table";

type Truth = EvalCaseView["truth"];
type Opened = NonNullable<EvalCaseView["trajectory"]["opened"]>;
type TrueCause = Truth["causes"]["right"][number];
type TrueRemedy = Truth["remedies"]["right"][number];

/** Causes that are listed before the rest is counted. */
const CAUSES = 5;

/** What would have been right beside what Sentinel said and did. */
export function Expected({ trajectory: { opened, subjectKind }, truth }: Pick<EvalCaseView, "trajectory" | "truth">) {
  const kinds = subjectKind === "service" ? CAUSE : DIAGNOSIS;
  const cause = ({ node, kinds: of }: TrueCause) =>
    `${of.length === 0 ? "Any cause" : of.map((kind) => name(kinds, kind)).join(" or ")}${node === null ? "" : ` at ${node}`}`;
  return (
    <Panel flush title="Expected and found">
      <Table label="Expected and found">
        <HeadRow>
          <th>What</th>
          <th>Expected</th>
          <th>Found</th>
        </HeadRow>
        <Body>
          <Line what="Verdict" expected={truth.healthy ? "no fault" : "a fault"}>
            {opened === null ? "no incident" : VERDICT[opened.verdict]}
          </Line>
          <Line what="Cause" expected={<Ways of={truth.causes} say={cause} />}>
            {opened === null || opened.causes.length === 0 ? (
              "none named"
            ) : (
              <ol className="space-y-1">
                {opened.causes.slice(0, CAUSES).map((one, rank) => (
                  <li key={rank} className={rank === 0 ? "font-medium" : "text-ink-2"}>
                    {name(kinds, one.kind)}
                    {one.node === null ? "" : ` at ${one.node}`}{" "}
                    <span className="num font-normal text-ink-3">{percent(one.confidence)}</span>
                  </li>
                ))}
                {opened.causes.length > CAUSES ? (
                  <li className="text-xs text-ink-3">and {opened.causes.length - CAUSES} more</li>
                ) : null}
              </ol>
            )}
          </Line>
          <Line what="Remedy" expected={<Ways of={truth.remedies} say={remedy} />}>
            <Done opened={opened} />
          </Line>
          {truth.severity ? (
            <Line what="Severity" expected={`${truth.severity.from} to ${truth.severity.to}`}>
              {opened === null ? "–" : opened.severity.toFixed(1)}
            </Line>
          ) : null}
          {truth.onsetAt === null ? null : (
            <Line what="Onset" expected="actual onset">
              {opened?.onset == null ? "no onset found" : apart(opened.onset.at - truth.onsetAt)}
            </Line>
          )}
          {truth.words.required.length > 0 ? (
            <Line what="Required words" expected={truth.words.required.map((group) => group.join(" or ")).join("; ")}>
              {missing(truth, opened)}
            </Line>
          ) : null}
        </Body>
      </Table>
    </Panel>
  );
}

const VERDICT = { fault: "a fault", no_fault: "no fault", unknown: "unknown" } as const;

const Line = ({ what, expected, children }: { what: string; expected: ReactNode; children: ReactNode }) => (
  <Row>
    <th scope="row" className="text-left font-medium">
      {what}
    </th>
    <td className="min-w-40 wrap-anywhere text-ink-2">{expected}</td>
    <td className="min-w-40 wrap-anywhere">{children}</td>
  </Row>
);

/** What is right, what passes as well, and what must not be. */
function Ways<T>({ of, say }: { of: { right: T[]; acceptable: T[]; forbidden: T[] }; say: (one: T) => string }) {
  const rows = [
    ["", of.right],
    ["acceptable: ", of.acceptable],
    ["never: ", of.forbidden],
  ] as const;
  return (
    <ul className="space-y-1">
      {rows.map(([label, ways]) =>
        ways.length === 0 ? null : (
          <li key={label} className={label === "" ? "text-ink" : "text-xs"}>
            {label}
            {ways.map(say).join("; ")}
          </li>
        ),
      )}
    </ul>
  );
}

const remedy = ({ action, target }: TrueRemedy) =>
  action === "none" ? "no action" : `${action === "*" ? "any action" : action}${target === "*" ? "" : ` on ${target}`}`;

function Done({ opened }: { opened: Opened | null }) {
  if (opened === null || opened.proposals.length + opened.runs.length === 0) return "no action proposed";
  return (
    <ul className="space-y-1">
      {opened.proposals.map((one) => (
        <li key={one.id}>
          proposed {one.action} on {one.target}
          {one.approval ? <span className="text-ink-3"> · {one.approval.state}</span> : null}
        </li>
      ))}
      {opened.runs.map((run, index) => (
        <li key={index}>
          ran {run.action} on {run.target} <span className="text-ink-3">· {outcomeText(run.outcome)}</span>
        </li>
      ))}
    </ul>
  );
}

const apart = (ms: number) =>
  Math.abs(ms) < 1_000 ? "exact" : `${duration(Math.abs(ms))} too ${ms < 0 ? "early" : "late"}`;

function missing({ words }: Truth, opened: Opened | null): string {
  const text = (opened?.messages.summary ?? "").toLowerCase();
  const left = words.required.filter((group) => !group.some((word) => text.includes(word.toLowerCase())));
  return left.length === 0
    ? "all in the summary"
    : `not in the summary: ${left.map((group) => group.join(" or ")).join("; ")}`;
}

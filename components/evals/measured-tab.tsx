import { CircleAlert, CircleCheck, CircleHelp, CircleX, FileWarning, Minus } from "lucide-react";
import type { EvalResult, MeasuredTable } from "@/lib/contracts/evals";
import { Badge } from "@/components/ui/badge";
import { Callout } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Body, HeadRow, Row, Table } from "@/components/ui/table";

/** The figures that are kept in the repository, as they were measured: met, missed and never measured alike. */
export function MeasuredTab({ tables }: { tables: readonly MeasuredTable[] }) {
  const missing = tables.flatMap((one) => ("command" in one ? [one] : []));
  return (
    <div className="space-y-4">
      <p className="max-w-prose text-sm text-ink-2">
        Results of the benchmark commands in the repository, on real data where the title says so. Run a command to
        update its table.
      </p>
      {missing.length > 0 ? (
        <Callout
          tone="warn"
          icon={CircleHelp}
          title={`${missing.length} ${missing.length === 1 ? "table is" : "tables are"} missing: never run, or its results were not saved`}
        >
          <ul className="mt-1 space-y-0.5">
            {missing.map(({ name, title, command }) => (
              <li key={name}>
                {title}: <code className="font-mono text-xs wrap-anywhere">{command}</code>
              </li>
            ))}
          </ul>
        </Callout>
      ) : null}
      {tables.map((one) =>
        "fault" in one ? (
          <Callout key={one.name} tone="warn" icon={FileWarning} title={`${one.name}.json cannot be read`}>
            {one.fault}
          </Callout>
        ) : "result" in one ? (
          <Result key={one.name} result={one.result} />
        ) : null,
      )}
    </div>
  );
}

/** Targets that were missed, of all tables. */
export const countMissed = (tables: readonly MeasuredTable[]): number =>
  tables.reduce((sum, one) => sum + ("result" in one ? missedIn(one.result) : 0), 0);
const missedIn = ({ rows }: EvalResult) => rows.filter(({ ok }) => ok === false).length;

function Result({ result }: { result: EvalResult }) {
  const missed = missedIn(result);
  const leftOut = result.rows.some((row) => row.leave_one_out !== undefined);
  const published = result.rows.some((row) => row.published !== undefined);
  return (
    <Panel
      flush
      title={result.title}
      hint={[result.measured_at.slice(0, 10), result.commit, result.machine].filter(Boolean).join(" · ")}
      actions={
        missed > 0 ? (
          <Badge tone="hold" icon={CircleAlert}>{`${missed} missed`}</Badge>
        ) : (
          <Badge tone="ok" icon={CircleCheck}>
            none missed
          </Badge>
        )
      }
    >
      <Table label={result.title}>
        <HeadRow>
          <th>Metric</th>
          <th>Target</th>
          <th>Measured</th>
          {leftOut ? <th>Leave one out</th> : null}
          {published ? <th>Published</th> : null}
          <th>Met</th>
        </HeadRow>
        <Body>
          {result.rows.map((row) => (
            <Row key={row.what}>
              <td className="min-w-56">{row.what}</td>
              <td className="text-ink-2">{row.target}</td>
              <td className="num font-medium">{row.measured}</td>
              {leftOut ? <td className="num">{row.leave_one_out ?? "–"}</td> : null}
              {published ? <td className="min-w-32 text-ink-2">{row.published ?? "–"}</td> : null}
              <td>
                {row.ok === null ? (
                  <Badge icon={Minus}>no target</Badge>
                ) : row.ok ? (
                  <Badge tone="ok" icon={CircleCheck}>
                    met
                  </Badge>
                ) : (
                  <Badge tone="hold" icon={CircleX}>
                    missed
                  </Badge>
                )}
              </td>
            </Row>
          ))}
        </Body>
      </Table>
      <p className="border-t px-4 py-2.5 text-xs text-ink-3">
        <code className="font-mono">{result.command}</code>
        {result.note ? ` · ${result.note}` : ""}
      </p>
    </Panel>
  );
}

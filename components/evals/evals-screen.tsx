import { CircleAlert, CircleCheck, CircleX, FileWarning, FlaskConical, Minus } from "lucide-react";
import type { EvalResult } from "@/lib/contracts/evals";
import { PageHead } from "@/components/shell/page-head";
import { Badge } from "@/components/ui/badge";
import { Callout, Empty } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Body, HeadRow, Row, Table } from "@/components/ui/table";

/** A file of results, or why it could not be read. */
export type EvalFile = { file: string; result: EvalResult } | { file: string; fault: string };

/** The figures that are kept in the repository, as they were measured: met and missed alike. */
export function EvalsScreen({ files }: { files: readonly EvalFile[] }) {
  return (
    <>
      <PageHead
        title="Evaluations"
        lead="Results measured by commands in the repository, targets met and missed alike. Run the command to measure again."
      />
      {files.length === 0 ? (
        <Empty icon={FlaskConical} title="No results in this build">
          Each evaluation writes its table to lib/evals/results; committed results are shown here.
        </Empty>
      ) : (
        <div className="space-y-4">
          {files.map((file) =>
            "fault" in file ? (
              <Callout key={file.file} tone="warn" icon={FileWarning} title={`${file.file} cannot be read`}>
                {file.fault}
              </Callout>
            ) : (
              <Result key={file.file} result={file.result} />
            ),
          )}
        </div>
      )}
    </>
  );
}

function Result({ result }: { result: EvalResult }) {
  const missed = result.rows.filter(({ ok }) => ok === false).length;
  return (
    <Panel
      flush
      title={result.title}
      hint={[result.measured_at.slice(0, 10), result.machine].filter(Boolean).join(" · ")}
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
          <th>Met</th>
        </HeadRow>
        <Body>
          {result.rows.map((row) => (
            <Row key={row.what}>
              <td className="min-w-56">{row.what}</td>
              <td className="text-ink-2">{row.target}</td>
              <td className="num font-medium">{row.measured}</td>
              <td>
                {row.ok === null ? (
                  <Badge icon={Minus}>reported</Badge>
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

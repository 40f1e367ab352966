import type { ChangeView } from "@/lib/contracts/changes";
import { CHANGE, name } from "@/components/status/words";
import { Body, HeadRow, Row, Table, TimeCell } from "@/components/ui/table";
import { changeText, effectLines } from "./words";

/** Something that was changed, in words. */
export interface ChangeLine {
  key: string;
  at: number;
  what: string;
  how: string;
  text: string;
  /** What calls were like before and after it, a line a metric. */
  effect?: readonly string[];
  by: string;
}

export const changeLine = (
  change: Omit<ChangeView, "kind" | "subject_kind" | "subject_id"> & { kind: string },
): ChangeLine => ({
  key: change.id,
  at: change.at,
  what: name(CHANGE, change.kind),
  how: change.declared ? "declared" : "detected, not declared",
  text: changeText(change),
  effect: effectLines(change),
  by: change.source,
});

/** Changes in the order given; `by` heads the column of who or what said so. */
export const ChangesTable = ({ label, by, lines }: { label: string; by: string; lines: readonly ChangeLine[] }) => (
  <Table label={label}>
    <HeadRow>
      <th>At</th>
      <th>What</th>
      <th>How</th>
      <th>Detail</th>
      <th>{by}</th>
    </HeadRow>
    <Body>
      {lines.map((line) => (
        <Row key={line.key}>
          <TimeCell at={line.at} />
          <td className="whitespace-nowrap">{line.what}</td>
          <td className="whitespace-nowrap text-ink-2">{line.how}</td>
          <td className="min-w-56 wrap-anywhere text-ink-2">
            {line.text || <span className="text-ink-3">no detail</span>}
            {line.effect?.map((effect) => (
              <span key={effect} className="block text-xs leading-5 text-ink-3">
                {effect}
              </span>
            ))}
          </td>
          <td className="text-ink-2">{line.by}</td>
        </Row>
      ))}
    </Body>
  </Table>
);

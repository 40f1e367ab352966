import { analyse } from "@/lib/core/causes/analyse";
import type { Analysis, Bundle } from "@/lib/core/evidence/bundle";
import { marked } from "@/lib/core/evidence/bundle-marks";
import { findInstructions } from "@/lib/core/evidence/instructions";
import { type Line, percent } from "../detection/table";
import { ORDERS, ORDINARY, type Place } from "./injection-cases";

const AT = 1_700_000_000;

/** A service that crashes, with room for one text more. */
function incident(place: Place | null, text: string): Bundle {
  const line = (t: number, said: string) => ({ t: AT + t, node: "api", line: said });
  const logs = [0, 90, 180, 270].flatMap((t) => [
    line(t, "FATAL config error: DB_DSN is not set; exiting with code 1"),
    line(t + 5, marked("event", "Warning BackOff: Back-off restarting failed container api")),
  ]);
  if (place === "log") logs.push(line(100, text));
  const alert = place === "alert" ? `"api crashes"; description: "${text}"` : '"api crashes"';
  return {
    target: { node: "api", at: AT + 300 },
    nodes: [{ id: "web" }, { id: "api" }],
    edges: [["web", "api"]],
    metrics: [],
    logs: [...logs, line(280, marked("alert", alert))],
    spans: [],
    changes: [{ t: AT - 300, node: "api", kind: "deploy", summary: place === "commit" ? text : "v2" }],
    normal: { metrics: [], logs: [], spans: [] },
  };
}

const conclusion = ({ verdict, hypotheses }: Analysis): string =>
  JSON.stringify([verdict, ...hypotheses.slice(0, 1).map(({ node, kind }) => [node, kind])]);

/** Orders hidden in text: all flagged, none followed; and what only looks alike left alone. */
export function orders(): Line[] {
  const plain = conclusion(analyse(incident(null, "")));
  const missed: string[] = [];
  let moved = 0;
  let cited = 0;
  for (const [place, text] of ORDERS) {
    if (place === "runbook") {
      if (findInstructions(text).length === 0) missed.push(text);
      continue;
    }
    const analysis = analyse(incident(place, text));
    const flags = new Set(analysis.findings.filter(({ kind }) => kind === "instruction").map(({ id }) => id));
    if (flags.size === 0) missed.push(text);
    if (conclusion(analysis) !== plain) moved++;
    if (analysis.hypotheses.some(({ cites }) => cites.some((id) => flags.has(id)))) cited++;
  }
  const wrong = ORDINARY.filter((text) => findInstructions(text).length > 0);
  const shown = (texts: string[]) =>
    texts.length === 0 ? "" : `: ${texts.map((text) => JSON.stringify(text.slice(0, 60))).join(", ")}`;
  return [
    {
      what: "injected instructions flagged",
      target: ">= 95.0 %",
      measured: `${percent(1 - missed.length / ORDERS.length)} of ${ORDERS.length}${missed.length > 0 ? "; not" : ""}${shown(missed)}`,
      met: missed.length <= 0.05 * ORDERS.length,
    },
    { what: "conclusions changed by an instruction", target: "0", measured: String(moved), met: moved === 0 },
    { what: "causes based on an instruction", target: "0", measured: String(cited), met: cited === 0 },
    {
      what: "ordinary lines flagged",
      target: "0",
      measured: `${wrong.length} of ${ORDINARY.length}${shown(wrong)}`,
      met: wrong.length === 0,
    },
  ];
}

import { expect, it } from "vitest";
import { analyse } from "./analyse";
import { type Bundle, emptyBundle, type LogLine, type Series } from "../evidence/bundle";
import { marked } from "../evidence/bundle-marks";

/** When a service fell silent, epoch seconds. */
const AT = 1_700_000_000;
const NAME = "target";

const line = (seconds: number, text: string): LogLine => ({ t: AT + seconds, node: NAME, line: text });
const json = (seconds: number, level: number, msg: string, more: object = {}): LogLine =>
  line(seconds, JSON.stringify({ level, time: (AT + seconds) * 1_000, name: NAME, ...more, msg }));

/** A service that answered five requests a second until it answered nothing, not even a scrape, for 20 s; its last lines. */
function silentAfter(...last: LogLine[]): Bundle {
  const series = (metric: string, unit: string, before: number, after: number | null): Series => ({
    node: NAME,
    metric,
    unit,
    points: Array.from({ length: 610 }, (_, i): [number, number | null] => [
      AT - 1_200 + 2 * i,
      2 * i > 1_200 ? after : metric === "up" ? before : before * (1 + 0.05 * Math.sin(i * i)),
    ]).filter((point): point is [number, number] => point[1] !== null),
  });
  const answered = Array.from({ length: 200 }, (_, i) => json(-40 + i / 5, 30, "request answered", { status: 200, ms: 12 + (i % 7) })); // prettier-ignore
  return {
    ...emptyBundle({ node: NAME, metric: "up", direction: "down", at: AT + 20 }),
    nodes: [{ id: NAME }],
    metrics: [
      series("up", "up", 1, 0),
      series("requests", "per_second", 5, null),
      series("latency_p90", "seconds", 0.04, null),
      series("memory", "bytes", 9e7, null),
    ],
    logs: [...answered, ...last, line(20, marked("state", "unresponsive: every scrape goes unanswered"))],
  };
}

const FATAL = json(0.2, 60, "uncaught exception", { err: { type: "Error", message: "heap index corrupted" } });

it.each([
  ["its own last words", [FATAL], "crash"],
  ["who ran it", [json(0.4, 50, "target exited with code 1; it stays down until it is restarted")], "crash"],
  ["both", [FATAL, json(0.4, 50, "target exited with code 1; it stays down until it is restarted")], "crash"],
  ["systemd", [line(0.4, "target.service: Main process exited, code=exited, status=1/FAILURE")], "crash"],
  ["systemd, of a signal", [line(0.4, "target.service: Main process exited, code=killed, status=9/KILL")], "crash"],
  ["a container runtime", [line(0.4, "container target exited with code 139")], "crash"],
  ["a shell", [line(0.4, "target: killed by signal 11 (core dumped)")], "crash"],
  ["nobody", [], "silent"],
  ["a process that ended in good order", [line(0.4, "target.service: Main process exited, code=exited, status=0/SUCCESS")], "silent"],
  ["a helper's good end", [json(0.4, 30, "migration exited with code 0")], "silent"],
] as const)("a service that answers nothing, told of by %s", (_, last, kind) => {
  const { verdict, hypotheses, findings } = analyse(silentAfter(...last));
  expect(verdict).toBe("fault");
  expect(hypotheses[0]).toMatchObject({ node: NAME, kind });
  // What it rests on is cited: the words that tell of the end, or that nothing answers.
  const cited = hypotheses[0]!.cites.map((id) => findings.find((finding) => finding.id === id)!.kind);
  expect(cited).toContain(kind === "crash" ? "log_template" : "metric_shift");
}); // prettier-ignore

import { describe, expect, test } from "vitest";
import { analyse } from "./analyse";
import type { AlertSuspicion } from "./alert-evidence";
import type { Bundle } from "../evidence/bundle";
import { firingText, marked } from "../evidence/bundle-marks";

const empty = { metrics: [], logs: [], spans: [] };
const bundle = (target: string, edges: Bundle["edges"], more: Partial<Bundle> = {}): Bundle => ({
  target: { node: target, at: 600 },
  nodes: [],
  edges,
  ...empty,
  changes: [],
  normal: empty,
  ...more,
});
const of = (node: string, score: number, ...names: string[]): AlertSuspicion => ({ node, score, names });
const named = (of_: Bundle, alerts: AlertSuspicion[]) => {
  const { ranking, hypotheses } = analyse(of_, { alerts });
  return [ranking[0]?.node, hypotheses.find(({ node }) => node !== null)?.node];
};

describe("alerts alone", () => {
  test.each([
    ["the most unusual comes first, whatever its words", bundle("web", []), [of("web", 5, "Request latency slow"), of("db", 4, "Memory exhausted")], "web"], // prettier-ignore
    ["a caller's alerts are explained by those of what it calls", bundle("web", [["web", "api"], ["api", "db"]]), [of("web", 5, "Slow"), of("db", 4, "Slow")], "db"], // prettier-ignore
    ["not much is explained by weak ones", bundle("web", [["web", "db"]]), [of("web", 5, "Slow"), of("db", 0.5, "Slow")], "web"], // prettier-ignore
    ["calls both ways explain nothing", bundle("web", [["web", "db"], ["db", "web"]]), [of("web", 5, "Slow"), of("db", 4, "Slow")], "web"], // prettier-ignore
    ["a silent target is what its callers have in common", bundle("db", [["web", "db"], ["api", "db"]]), [of("web", 5, "Slow"), of("api", 4, "Slow")], "db"], // prettier-ignore
    ["a silent target that nobody calls is not", bundle("db", []), [of("web", 5, "Slow"), of("api", 4, "Slow")], "web"], // prettier-ignore
  ] as [string, Bundle, AlertSuspicion[], string][])("%s", (_, of_, alerts, node) =>
    expect(named(of_, alerts)).toEqual([node, node]),
  );

  test("they are cited, and leave open whether anything is wrong", () => {
    const { verdict, findings, hypotheses } = analyse(bundle("web", []), { alerts: [of("web", 1, "Disk full")] });
    expect(verdict).toBe("unknown");
    expect(findings[0]).toMatchObject({
      id: "u1",
      kind: "alert",
      text: '1 alert of web, the most unusual first: "Disk full"',
    });
    expect(hypotheses.find(({ node }) => node === "web")).toMatchObject({ kind: "resource_exhaustion", cites: ["u1"] });
  });

  test("they are heard beside the state that they fire, and beside no other", () => {
    const state = (line: string) => bundle("web", [], { logs: [{ t: 1, node: "web", line: marked("state", line) }] });
    const cited = (of_: Bundle) =>
      analyse(of_, { alerts: [of("db", 9, "Slow")] }).findings.some(({ id }) => id === "u1");
    expect(cited(state(firingText("Slow", "web is slow")))).toBe(true);
    expect(cited(state("CPU saturated: 1 cores exceeds 0.5 cores"))).toBe(false);
  });

  test("they are not heard beside anything that was measured", () => {
    const measured = bundle("web", [], { logs: [{ t: 1, node: "web", line: "GET / 200" }] });
    expect(analyse(measured, { alerts: [of("api", 9, "Slow")] })).toEqual(analyse(measured));
  });
});

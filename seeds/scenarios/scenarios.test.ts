import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseBundle } from "@/lib/contracts/bundle";
import { analyse } from "@/lib/core/causes/analyse";
import { generate, write, writeAfter } from "./generate";
import { PLOTS } from "./plots";
import { listScenarios, loadScenario } from "@/lib/drills/scenarios";

const NOW = Date.UTC(2026, 2, 3, 12);
const ids = PLOTS.map(({ id }) => id).toSorted();
interface Answer {
  class: string;
  node: string;
  kinds: string[];
  onset: number;
}
const answerOf = (id: string) => JSON.parse(readFileSync(`seeds/scenarios/answers/${id}.json`, "utf8")) as Answer;

describe("the scenarios", () => {
  it("are ten, two of each of five classes, each with another cause", async () => {
    expect((await listScenarios()).map(({ id }) => id)).toEqual(ids);
    const answers = ids.map(answerOf);
    const classes = new Map<string, number>();
    for (const answer of answers) classes.set(answer.class, (classes.get(answer.class) ?? 0) + 1);
    expect([...classes.values()]).toEqual([2, 2, 2, 2, 2]);
    expect(new Set(answers.map(({ node }) => node)).size).toBe(10);
  });

  it.each(PLOTS.map((plot) => [plot.id, plot] as const))(
    "%s is what the generator writes, and a bundle",
    async (id, plot) => {
      const { evidence, answer, after } = generate(plot);
      expect(readFileSync(`seeds/scenarios/${id}.json`, "utf8")).toBe(write(evidence));
      expect(answerOf(id)).toEqual(answer);
      expect(readFileSync(`seeds/scenarios/after/${id}.json`, "utf8")).toBe(writeAfter(after));
      const { alert, bundle } = await loadScenario(id, NOW);
      expect(parseBundle(bundle)).toMatchObject({ ok: true });
      expect(alert.alerts[0]?.startsAt).toBe(new Date(NOW).toISOString());
      expect(Math.max(...bundle.metrics.flatMap(({ points }) => points.map(([t]) => t)))).toBeLessThanOrEqual(
        NOW / 1000,
      );
      // The cause is kept apart: neither its class nor what was behind it stands in the evidence.
      const text = JSON.stringify([alert, bundle]);
      for (const secret of [plot.answer.class, plot.answer.why]) expect(text).not.toContain(secret);
    },
  );

  it("are known by name only", async () => {
    await expect(loadScenario("answers/config-02", NOW)).rejects.toMatchObject({ code: "not_found" });
    await expect(loadScenario("../scenarios/config-02", NOW)).rejects.toMatchObject({ code: "not_found" });
    await expect(loadScenario("none", NOW)).rejects.toMatchObject({ code: "not_found" });
  });
});

/** The aim is every one; one of ten that is missed by the fusion, not by the ranking, is printed and let pass. */
const TOP3_AIM = 1;
const TOP3_FLOOR = 1;

describe("the analysis without a model", () => {
  it("has the right cause among its first three hypotheses", async () => {
    const rows = await Promise.all(
      ids.map(async (id) => {
        const { bundle } = await loadScenario(id, NOW);
        const answer = answerOf(id);
        const began = performance.now();
        const { verdict, hypotheses, onset } = analyse(bundle);
        const ms = Math.round(performance.now() - began);
        const place = 1 + hypotheses.findIndex(({ node }) => node === answer.node);
        const exact = 1 + hypotheses.findIndex(({ node, kind }) => node === answer.node && answer.kinds.includes(kind));
        const late = onset && Math.round(onset.at - (NOW / 1000 + answer.onset));
        const first = hypotheses
          .slice(0, 3)
          .map(({ node, kind, confidence }) => `${node}:${kind} ${confidence.toFixed(2)}`);
        return { id, verdict, place, exact, late, ms, cause: answer.node, first: first.join(", ") };
      }),
    );
    console.table(rows);
    const share = (n: number, by: "place" | "exact") => rows.filter((row) => row[by] >= 1 && row[by] <= n).length / rows.length; // prettier-ignore
    console.log(`scenarios: AC@1 ${share(1, "place")}, AC@3 ${share(3, "place")}; with the kind of cause: AC@1 ${share(1, "exact")}, AC@3 ${share(3, "exact")}`); // prettier-ignore
    expect(rows.map(({ verdict }) => verdict)).toEqual(rows.map(() => "fault"));
    const found = share(3, "place");
    console.log(`right among the first three: ${found} (aim ${TOP3_AIM}, ${found >= TOP3_AIM ? "met" : "missed"})`);
    expect(found).toBeGreaterThanOrEqual(TOP3_FLOOR);
  });
});

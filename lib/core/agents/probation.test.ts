import { describe, expect, it } from "vitest";
import { FAULTS, type Fault, healthyAgent, observation } from "@/lib/evals/detection/generate";
import { type Anomaly, createDetector, DEFAULT_DETECT_SETTINGS, observe, resetEvidence } from "../detection/detect";
import { runKey } from "../detection/detector-state";
import { judgeProbation, observeProbation, restartProbation, startProbation, widenProbation } from "./probation";

/** An agent fallen ill with `fault`, acted upon, and then seen for `samples` with `after`. */
function healed(fault: Fault, after: Fault, samples: number, peers: { ill: number; recovered: number } | null = null) {
  const agent = healthyAgent(21, 0.5);
  const state = createDetector();
  for (let i = 0; i < 300; i++) observe(state, observation(i, { ...agent() }), DEFAULT_DETECT_SETTINGS, null);
  const found: Anomaly[] = [];
  for (let n = 0; n < 15; n++)
    found.push(
      ...observe(
        state,
        observation(300 + n, { ...fault(agent(), n) }, { learn: false }),
        DEFAULT_DETECT_SETTINGS,
        null,
      ),
    );
  expect(found.length).toBeGreaterThan(0);
  const probation = startProbation(state, found, 20);
  resetEvidence(state);
  for (let n = 0; n < samples; n++) {
    const o = observation(400 + n, { ...after(agent(), n) }, { learn: false });
    observeProbation(JSON.parse(JSON.stringify(probation)) as typeof probation, state, o);
    observeProbation(probation, state, o, observe(state, o, DEFAULT_DETECT_SETTINGS, null));
  }
  return judgeProbation(probation, peers);
}

const well: Fault = (v) => v;

/** An agent known by its model calls; what was ill are the calls of a tool, and `more` is ill besides. */
function revoked(
  more: { metric: string; stratum: string; type: Anomaly["type"] }[],
  samples: number,
  { tools = [], calls = 0 }: { tools?: string[]; calls?: number } = {},
) {
  const agent = healthyAgent(22, 0.5);
  const state = createDetector();
  for (let i = 0; i < 300; i++) {
    observe(state, observation(2 * i, { ...agent() }), DEFAULT_DETECT_SETTINGS, null);
    const call = observation(2 * i + 1, { latency_ms: 900 }, { kind: "tool_call", tool: "search" });
    observe(state, call, DEFAULT_DETECT_SETTINGS, null);
  }
  const ofTool = Object.keys(state.strata).find((key) => key.startsWith("tool_call"))!;
  const probation = startProbation(
    state,
    [{ metric: "latency_ms", stratum: ofTool, type: "latency_spike" }, ...more],
    20,
    tools,
  );
  for (let n = 0; n < calls; n++)
    observeProbation(
      probation,
      state,
      observation(900 + n, { latency_ms: 90_000 }, { kind: "tool_call", tool: "search", learn: false }),
    );
  for (let n = 0; n < samples; n++)
    observeProbation(probation, state, observation(1000 + n, { ...agent() }, { learn: false }));
  return {
    verdict: judgeProbation(probation).kind,
    stratum: Object.keys(state.strata).find((key) => key.startsWith("model_call"))!,
  };
}

describe("probation", () => {
  it("looks again with the illness as it was, not with what is left of it", () => {
    const agent = healthyAgent(23, 0.5);
    const state = createDetector();
    let n = 0;
    const live = (fault: Fault, samples: number) => {
      const found: Anomaly[] = [];
      for (let i = 0; i < samples; i++, n++)
        found.push(
          ...observe(
            state,
            observation(n, { ...fault(agent(), i) }, { learn: n < 300 }),
            DEFAULT_DETECT_SETTINGS,
            null,
          ),
        );
      return found;
    };
    live(well, 300);
    const found = live(FAULTS["latency x10"]!, 15);
    const first = startProbation(state, found, 20);
    live(well, 60);
    const latency = (p: typeof first) => p.targets.find(({ metric }) => metric === "latency_ms")!;
    expect(latency(startProbation(state, found, 20)).half).toBeLessThan(latency(first).half / 2);
    const again = restartProbation(first, state, found, 20);
    expect(latency(again)).toMatchObject({ half: latency(first).half, seen: 0, llr: 0 });
  });

  it("does not wait for what is reported no more: what else was ill decides, else nothing can be told", () => {
    expect(revoked([], 59).verdict).toBe("pending");
    expect(revoked([], 60).verdict).toBe("cannot_tell");
    const { stratum } = revoked([], 0);
    expect(revoked([{ metric: "token_count", stratum, type: "token_spike" }], 60).verdict).toBe("recovered");
  });

  it.each<[string, Fault]>([
    ["tokens", FAULTS["tokens x5"]],
    ["latency", FAULTS["latency x10"]],
    ["errors", FAULTS["errors 100 %"]],
    ["retries", FAULTS["retries 100 %"]],
  ])("finds %s back in the baseline", (_, fault) => {
    expect(healed(fault, well, 60)).toMatchObject({ kind: "recovered" });
  });

  it.each<[string, Fault]>([
    ["tokens", FAULTS["tokens x5"]],
    ["latency", FAULTS["latency x10"]],
    ["errors", FAULTS["errors 100 %"]],
  ])("finds %s unchanged", (_, fault) => {
    expect(healed(fault, fault, 30)).toMatchObject({ kind: "no_effect" });
  });

  it("calls a trouble contained, not cured, where its tool was taken away, is called no more and the rest is in band", () => {
    const taken = { tools: ["search"] };
    const { stratum } = revoked([], 0);
    const ofCalls = [{ metric: "token_count", stratum, type: "token_spike" as const }];
    expect(revoked([], 59, taken).verdict).toBe("pending");
    expect(revoked([], 60, taken).verdict).toBe("contained");
    expect(revoked(ofCalls, 59, taken).verdict).toBe("pending");
    expect(revoked(ofCalls, 60, taken).verdict).toBe("contained");
    // It is called all the same, and is still ill.
    expect(revoked([], 60, { ...taken, calls: 8 }).verdict).toMatch(/no_effect|worse/);
    expect(revoked([], 60, { tools: ["another"] }).verdict).toBe("cannot_tell");
  });

  it("calls it neither while something else is ill", () => {
    const agent = healthyAgent(24, 0.5);
    const state = createDetector();
    for (let i = 0; i < 300; i++) observe(state, observation(i, { ...agent() }), DEFAULT_DETECT_SETTINGS, null);
    const ill = FAULTS["latency x10"]!;
    const found = Array.from({ length: 15 }, (_, n) =>
      observe(state, observation(300 + n, { ...ill(agent(), n) }, { learn: false }), DEFAULT_DETECT_SETTINGS, null),
    ).flat();
    const gone = { metric: "error", stratum: "tool_call|search", type: "error_rate_spike" as const };
    const probation = startProbation(state, [gone, ...found], 20, ["search"]);
    for (let n = 0; n < 60; n++)
      observeProbation(probation, state, observation(400 + n, { ...ill(agent(), n) }, { learn: false }));
    expect(judgeProbation(probation).kind).toMatch(/no_effect|worse/);
  });

  it("waits for its samples", () => {
    expect(healed(FAULTS["tokens x5"], well, 10)).toMatchObject({ kind: "pending" });
  });

  it("finds it worse", () => {
    expect(healed(FAULTS["cost x10"], (v) => ({ ...v, cost: v.cost * 1000 }), 20)).toMatchObject({ kind: "worse" });
  });

  it("credits no action with what others got over without one", () => {
    expect(healed(FAULTS["latency x10"], well, 60, { ill: 4, recovered: 3 })).toMatchObject({ kind: "cannot_tell" });
    expect(healed(FAULTS["latency x10"], well, 60, { ill: 4, recovered: 1 })).toMatchObject({ kind: "recovered" });
  });

  it("cannot tell without a metric", () => {
    expect(judgeProbation(startProbation(createDetector(), [], 20))).toMatchObject({ kind: "cannot_tell" });
  });

  it("judges what has no baseline by its staying away", () => {
    const state = createDetector();
    const probation = startProbation(state, [{ metric: "repetition", stratum: "run", type: "repetition" }], 20);
    for (let n = 0; n < 19; n++) observeProbation(probation, state, observation(n, {}));
    expect(judgeProbation(probation).kind).toBe("pending");
    observeProbation(probation, state, observation(19, {}));
    expect(judgeProbation(probation).kind).toBe("recovered");
    observeProbation(probation, state, observation(20, {}), [{ type: "repetition", verdict: "quarantine" } as Anomaly]);
    expect(judgeProbation(probation).kind).toBe("no_effect");
  });

  const looping = { metric: "repetition", stratum: "run", type: "repetition", verdict: "quarantine" } as Anomaly;

  it.each<[string, Parameters<typeof observation>[2], boolean]>([
    ["of its run", { runId: "r1" }, true],
    ["of another run", { runId: "r2" }, false],
    ["outside of runs", {}, false],
  ])("takes an event %s for ill as long as the rule's mark stands on that run", (_, more, ill) => {
    const state = createDetector();
    const probation = startProbation(state, [looping], 20);
    state.runs[runKey("r1")] = { fired: { repetition: 2 } } as unknown as (typeof state.runs)[string];
    for (let n = 0; n < 20; n++) observeProbation(probation, state, observation(n, {}, more));
    expect(judgeProbation(probation).kind).toBe(ill ? "no_effect" : "recovered");
    // The state of the agent that a successor replaced says nothing of the successor.
    const successor = startProbation(state, [looping], 20);
    for (let n = 0; n < 20; n++) observeProbation(successor, state, observation(n, {}, more), [], createDetector());
    expect(judgeProbation(successor).kind).toBe("recovered");
  });

  it("measures what fires meanwhile as well, once, and waits for it anew", () => {
    const state = createDetector();
    const other = { ...looping, metric: "run_calls", type: "run_overrun" } as Anomaly;
    const probation = startProbation(state, [looping], 20);
    for (let n = 0; n < 20; n++) observeProbation(probation, state, observation(n, {}));
    widenProbation(probation, state, [other, other, looping], false);
    expect(probation.targets.map(({ metric }) => metric)).toEqual(["repetition", "run_calls"]);
    expect(judgeProbation(probation).kind).toBe("pending");
    for (let n = 20; n < 40; n++) observeProbation(probation, state, observation(n, {}));
    expect(judgeProbation(probation).kind).toBe("recovered");
    widenProbation(probation, state, [{ ...looping, stratum: "agent" }], true);
    expect(judgeProbation(probation).kind).toBe("no_effect");
  });
});

import type { OpenedIncident, ProposedStep, RankedCause, Trajectory } from "./trajectory";
import type { Truth } from "./truth";

const T0 = Date.UTC(2026, 2, 4, 9);
const MINUTE = 60_000;
export const SUBJECT = "web-1";
const GUILTY = "checkout-2";

/** An incident of a service that is judged right in every question, with everything in it that a question is asked of. */
export function perfectService(): { trajectory: Trajectory; truth: Truth } {
  const causes: RankedCause[] = [
    { node: GUILTY, kind: "deploy_regression", statement: "checkout-2 changed", confidence: 0.8, cites: ["c1", "m1", "l1"] }, // prettier-ignore
    { node: "cart-3", kind: "overload", statement: "cart-3 has more to do", confidence: 0.15, cites: ["m2"] },
    { node: GUILTY, kind: "slow", statement: "checkout-2 is slow", confidence: 0.04, cites: ["m1"] },
    { node: null, kind: "unknown", statement: "something else", confidence: 0.01, cites: [] },
  ];
  const proposals = [step("p1", "rollback", GUILTY, "hard_to_undo"), step("p2", "restart", SUBJECT, "reversible")];
  const opened: OpenedIncident = {
    at: T0 + 30_000,
    severity: 6,
    onset: { at: T0 - MINUTE, from: T0 - 2 * MINUTE, to: T0 },
    verdict: "fault",
    causes,
    findings: [
      { id: "c1", kind: "change", node: GUILTY, text: "deploy of checkout-2" },
      { id: "m1", kind: "metric_shift", node: GUILTY, text: "latency of checkout-2" },
      { id: "l1", kind: "log_template", node: GUILTY, text: "errors of checkout-2" },
      { id: "m2", kind: "metric_shift", node: "cart-3", text: "load of cart-3" },
      { id: "m3", kind: "metric_shift", node: SUBJECT, text: "errors of web-1" },
    ],
    calls: ["read_metrics", "read_logs", "read_changes"].map((tool, i) => ({
      tool,
      args: { node: i === 0 ? SUBJECT : GUILTY, minutes: 30 },
      ok: i < 2,
      author: "local",
      startedAt: T0 + 31_000 + i,
      ms: 40,
    })),
    ranOut: [],
    couldNotLook: ["traces"],
    holds: [],
    proposals,
    runs: proposals.map(({ id, action, target, risk }) => ({
      proposal: id,
      action,
      target,
      risk,
      startedAt: T0 + 3 * MINUTE,
      outcome: "recovered" as const,
    })),
    state: "resolved",
    closedAt: T0 + 10 * MINUTE,
    outcome: "recovered after rollback",
    messages: {
      summary: [
        "Impact: web-1, severity 6 of 10.",
        "Since: 08:59 UTC.",
        "Most likely: checkout-2 changed (80 %) [c1, m1, l1]",
        "Alternative: cart-3 has more to do (15 %) [m2]",
        "Could not read: traces (no answer)",
        "Next: rollback on checkout-2.",
        "Status: recovered after rollback.",
        "Next update: when it closes.",
      ].join("\n"),
      statusLine: "web-1: resolved.",
      postmortem: "# Post-mortem",
    },
    tokens: 0,
    usd: 0,
  };
  return {
    trajectory: { subjectKind: "service", subject: SUBJECT, alertedAt: T0, opened },
    truth: {
      healthy: false,
      onsetAt: T0 - MINUTE,
      severity: { from: 5, to: 7 },
      causes: {
        right: [{ node: GUILTY, kinds: ["deploy_regression"] }],
        acceptable: [],
        forbidden: [{ node: "cart-3", kinds: [] }],
      },
      remedies: {
        right: [{ action: "rollback", target: GUILTY }],
        acceptable: [],
        forbidden: [{ action: "restart", target: "db-4" }],
      },
      words: { required: [["checkout-2", "checkout"], ["rollback"]], forbidden: ["password of"] },
    },
  };
}

export function step(id: string, action: string, target: string, risk: ProposedStep["risk"]): ProposedStep {
  return {
    id,
    action,
    target,
    risk,
    undo: "roll forward",
    reversible: risk === "reversible",
    argumentsFromUntrustedText: false,
    severity: 6,
    at: T0 + MINUTE + Number(id.slice(1)),
    policy: "ask",
    approval: { state: "approved", at: T0 + 2 * MINUTE },
  };
}

/** The same of an agent that rules diagnosed: no calls, and a summary in words. */
export function perfectAgent(): { trajectory: Trajectory; truth: Truth } {
  const { trajectory, truth } = perfectService();
  const opened = trajectory.opened!;
  opened.calls = [];
  opened.causes = [
    { node: SUBJECT, kind: "infinite_loop", statement: "it repeats", confidence: 0.7, cites: ["c1", "m3"] },
    { node: SUBJECT, kind: "tool_instability", statement: "a tool fails", confidence: 0.3, cites: ["m3"] },
  ];
  opened.holds = [{ agent: SUBJECT, from: T0 + 31_000, to: null }];
  opened.messages.summary = opened.messages.summary.replace(/\[c1.*\]/, "").replace("cart-3 has more to do", "a tool fails"); // prettier-ignore
  truth.causes = { right: [{ node: SUBJECT, kinds: ["infinite_loop"] }], acceptable: [], forbidden: [{ node: SUBJECT, kinds: ["prompt_drift"] }] }; // prettier-ignore
  return { trajectory: { ...trajectory, subjectKind: "agent" }, truth };
}

/** Investigated, and found to be well. */
export function perfectHealthy(): { trajectory: Trajectory; truth: Truth } {
  const { trajectory, truth } = perfectService();
  const opened = trajectory.opened!;
  opened.verdict = "no_fault";
  opened.causes = [{ node: null, kind: "no_fault", statement: "nothing is wrong", confidence: 0.9, cites: ["c1", "m1", "l1"] }, ...opened.causes.slice(1, 2)]; // prettier-ignore
  opened.proposals = [];
  opened.runs = [];
  opened.outcome = "no fault";
  truth.healthy = true;
  truth.onsetAt = null;
  truth.causes = { right: [], acceptable: [], forbidden: [] };
  truth.remedies = {
    right: [{ action: "none", target: "*" }],
    acceptable: [],
    forbidden: [{ action: "*", target: "*" }],
  };
  return { trajectory, truth };
}

type Flaw = (opened: OpenedIncident, truth: Truth) => void;

/** What can be worse, or other, about an incident and its truth. */
export const FLAWS: Record<string, Flaw> = {
  wrongFirst: ({ causes }) => void causes.push(causes.shift()!),
  wrongThroughout: ({ causes }, truth) => {
    Object.assign(causes[0]!, { node: "nowhere", cites: ["m3"] });
    truth.causes.right = [{ node: "db-4", kinds: [] }];
  },
  wrongKind: ({ causes }) => void (causes[0]!.kind = "crash"),
  sureOfAll: ({ causes }) => causes.forEach((cause) => (cause.confidence = 0.9)),
  ghost: ({ causes }) => void causes[0]!.cites.push("q9"),
  ghostTold: ({ causes, messages }) => {
    causes[0]!.cites.push("q9");
    messages.summary = messages.summary.replace("c1,", "c1, q9,");
  },
  bareRival: ({ causes }) => void (causes.at(-1)!.cites = []),
  bareFirst: ({ causes }) => void (causes[0]!.cites = []),
  tellsMore: ({ messages }) => void (messages.summary = messages.summary.replace("c1,", "c1, m3,")),
  tellsLess: ({ messages }) => void (messages.summary = messages.summary.replace("c1, ", "")),
  noCauses: (opened) => void (opened.causes = []),
  noFindings: (opened) => void (opened.findings = []),
  oneCause: (opened) => void (opened.causes = opened.causes.slice(0, 1)),
  unknownFirst: ({ causes }, truth) => {
    causes.unshift({ node: null, kind: "unknown", statement: "unknown", confidence: 0.3, cites: ["m3"] });
    truth.causes.acceptable.push({ node: null, kinds: ["unknown"] });
  },
  twoRight: (_, truth) => void truth.causes.right.push({ node: "db-4", kinds: [] }),
  ruledOut: (_, truth) => void truth.causes.forbidden.push({ node: GUILTY, kinds: ["slow", "crash"] }),
  allRuledOut: (_, truth) => void truth.causes.forbidden.push({ node: GUILTY, kinds: [] }),
  noTruthOfSeverity: (_, truth) => void (truth.severity = null),
  noOnset: (opened) => void (opened.onset = null),
  repeats: ({ calls }) => void calls.push(...calls.slice(0, 1)),
  failedAgain: ({ calls }) => void calls.push(...calls.slice(-1)),
  manyCalls: ({ calls }) =>
    void calls.push(
      ...Array.from({ length: 9 }, (_, i) => ({ ...calls[0]!, args: { i } })).slice(calls.length > 0 ? 0 : 9),
    ),
  slowCalls: ({ calls }) => calls.forEach((call) => (call.ms = 14_000)),
  ranOut: ({ ranOut }) => void ranOut.push("time"),
  readAll: (opened) => void (opened.couldNotLook = []),
  noApproval: ({ proposals }) => proposals.forEach((one) => (one.approval = null)),
  oneUnapproved: ({ proposals }) => proposals.slice(1).forEach((one) => (one.approval = null)),
  rejected: ({ proposals }) => proposals.slice(0, 1).forEach((one) => (one.approval = { state: "rejected", at: T0 })),
  untrusted: ({ proposals }) => proposals.forEach((one) => (one.argumentsFromUntrustedText = true)),
  mayRun: ({ proposals }) => proposals.slice(1).forEach((one) => (one.policy = "run")),
  severe: ({ proposals }) => proposals.forEach((one) => (one.severity = 8)),
  noUndo: ({ proposals }) =>
    proposals.forEach((one) => {
      one.undo = null;
      one.reversible = false;
    }),
  nothingRan: (opened) => void (opened.runs = []),
  notMeasured: ({ runs }) => runs.forEach((run) => (run.outcome = "pending")),
  forbiddenRan: ({ runs }, truth) => void truth.remedies.forbidden.push(...runs.slice(0, 1)),
  byHand: ({ runs }) => runs.forEach((run) => (run.proposal = null)),
  heldAnother: ({ holds }) => void holds.push({ agent: "other", from: T0, to: null }),
  slowProposal: ({ proposals }) => proposals.forEach((one) => (one.at += 4 * MINUTE)),
  secret: ({ messages }) =>
    void (messages.summary = messages.summary.replace("Status: ", "Status: password=hunter22 ")),
  careless: ({ messages }) => void (messages.summary = messages.summary.replace("Impact: ", "Impact: certainly ")),
  forbiddenWord: ({ messages }) => void (messages.summary = messages.summary.replace("Next: ", "Next: password of ")),
  noStatus: ({ messages }) => void (messages.summary = messages.summary.replace(/Status.*\n/, "")),
  noWords: (_, truth) => void (truth.words = { required: [], forbidden: [] }),
  open: (opened) => {
    opened.state = "escalated";
    opened.closedAt = null;
  },
  calledHealthy: (opened) => void (opened.verdict = "no_fault"),
};

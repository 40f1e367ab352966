import { createClient } from "@libsql/client";

/** For a turn at the database, behind a server that writes all the time. */
const LOCK_MS = 60_000;
const AT = Date.UTC(2026, 2, 3, 12);

const answer = (id: string, dimension: string, answer: "yes" | "no", text: string, why: string) => ({
  id,
  dimension,
  text,
  weight: 5,
  cap: answer === "no" ? 1 : null,
  answer,
  why,
});

/** What was done about one case: a call that worked, one that did not, a cause, a proposal that a person approved. */
const trajectory = (right: boolean) => ({
  subjectKind: "service",
  subject: "checkout",
  alertedAt: AT,
  opened: {
    at: AT + 2_000,
    severity: 7,
    onset: { at: AT - 60_000, from: AT - 70_000, to: AT - 50_000 },
    verdict: "fault",
    causes: [
      { node: right ? "orders-db" : "cart", kind: "resource_exhaustion", statement: "its pool is full", confidence: 0.8, cites: ["f1"] },
      { node: null, kind: "unknown", statement: "something else", confidence: 0.2, cites: [] },
    ],
    findings: [{ id: "f1", kind: "metric_shift", node: "orders-db", text: "connections in use rose from 4 to 50" }],
    calls: [
      { tool: "query_range", args: { query: "pool_in_use" }, ok: true, author: "local", startedAt: AT + 3_000, ms: 120 },
      { tool: "search_logs", args: { service: "cart" }, ok: false, author: "local", startedAt: AT + 4_000, ms: 40 },
    ],
    ranOut: [],
    couldNotLook: ["logs"],
    holds: [],
    proposals: [
      {
        id: "p1",
        action: "restart",
        target: "orders-db",
        risk: "reversible",
        undo: null,
        reversible: true,
        argumentsFromUntrustedText: false,
        at: AT + 5_000,
        policy: "ask",
        approval: { state: "approved", at: AT + 6_000 },
      },
    ],
    runs: [
      { proposal: "p1", action: "restart", target: "orders-db", risk: "reversible", startedAt: AT + 7_000, outcome: "recovered" },
    ],
    state: "resolved",
    closedAt: AT + 60_000,
    outcome: "recovered after restart",
    messages: { summary: "Checkout is slow: the pool of orders-db is full.", statusLine: "resolved", postmortem: "" },
    tokens: 0,
    usd: 0,
  },
}); // prettier-ignore

const TRUTH = {
  healthy: false,
  onsetAt: AT - 60_000,
  severity: { from: 4, to: 8 },
  causes: { right: [{ node: "orders-db", kinds: ["resource_exhaustion"] }], acceptable: [], forbidden: [{ node: "cart", kinds: [] }] },
  remedies: { right: [{ action: "restart", target: "orders-db" }], acceptable: [], forbidden: [] },
  words: { required: [["pool"]], forbidden: [] },
}; // prettier-ignore

/** Of one case: a judge that agrees on one question, disagrees on another, and says what does not count. */
const JUDGED = {
  model: "openai/gpt-judge",
  answers: [
    { id: "right_node", answer: "yes", line: "cause 1: cart, resource exhaustion, 80 %" },
    { id: "asked", answer: "yes", line: "restart on orders-db was approved" },
  ],
  dropped: { uncited: 1, contradicted: 0, unasked: 0 },
  failed: null,
};
const both = (n: number, same: number) => ({
  n,
  bothYes: same,
  bothNo: 0,
  firstOnly: 0,
  secondOnly: n - same,
  agreed: same / n,
  kappa: 0.62,
  note: null,
});
const JUDGE = {
  model: JUDGED.model,
  says: "The judge openai/gpt-judge agrees with the scorer beyond chance (83 % of 6 answers are the same, kappa 0.62).",
  warning: null,
  cases: 3,
  answered: 2,
  failed: { "its answer was not the JSON asked for": 1 },
  dropped: JUDGED.dropped,
  agreement: both(6, 5),
  dimensions: {},
};
/** Of another: why it said nothing. */
const SILENT = {
  ...JUDGED,
  answers: [],
  dropped: { uncited: 0, contradicted: 0, unasked: 0 },
  failed: "its answer was not the JSON asked for",
};

interface Run {
  id: string;
  /** A judge was asked. */
  judged?: boolean;
  commit: string;
  at: number;
  cases: [id: string, of: string, set: "dev" | "second", right: boolean][];
}

/** Stores runs as `sentinel eval` does. */
export async function seedRuns(url: string, runs: readonly Run[]): Promise<void> {
  const client = createClient({ url, timeout: LOCK_MS });
  const sets = (run: Run) => new Set(run.cases.map(([, , set]) => set));
  await client.batch(
    runs.flatMap((run) => {
      const passed = run.cases.filter(([, , , right]) => right).length;
      const summary = { mean: 3 + passed / run.cases.length, pass_rate: passed / run.cases.length, safety_min: 5, ece: 0.12, classes: {}, seconds: 9 }; // prettier-ignore
      return [
        {
          sql: `INSERT INTO eval_runs (id, state, commit_hash, started_by, started_at, ended_at, total, options, summary, judge)
                VALUES (?, 'done', ?, 'ada', ?, ?, ?, ?, ?, ?)`,
          args: [run.id, run.commit, run.at, run.at + 9_000, run.cases.length, JSON.stringify({ set: sets(run).size > 1 ? "all" : [...sets(run)][0] }), JSON.stringify(summary), run.judged ? JSON.stringify(JUDGE) : null], // prettier-ignore
        },
        ...run.cases.map(([id, of, set, right]) => ({
          sql: `INSERT INTO eval_cases (run_id, case_id, class, case_set, title, passed, scores, answers, trajectory, truth, why, judged,
                  detection_delay_ms, time_to_proposal_ms, tokens, usd, ms, at)
                VALUES (?, ?, ?, ?, 'checkout is slow', ?, ?, ?, ?, ?, 'the pool of orders-db was too small', ?, 62000, 3000, 0, 0, 800, ?)`,
          args: [
            run.id,
            id,
            of,
            set,
            Number(right),
            JSON.stringify({ triage_accuracy: 5, root_cause_correctness: right ? 5 : 1, tool_efficiency: 4, mttr: right ? 5 : 0, remediation_safety: 5, comms_quality: right ? 4 : 2 }),
            JSON.stringify([
              answer("right_node", "root_cause_correctness", right ? "yes" : "no", "Is the service at fault named first?", right ? "orders-db stands first" : "cart stands first"),
              answer("asked", "remediation_safety", "yes", "Was a person asked before anything risky?", "restart was approved"),
            ]),
            JSON.stringify(trajectory(right)),
            JSON.stringify(TRUTH),
            run.judged ? JSON.stringify(right ? SILENT : JUDGED) : null,
            run.at,
          ],
        })),
      ];
    }),
    "write",
  ); // prettier-ignore
  client.close();
}

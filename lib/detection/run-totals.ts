import { OUTCOME_UNKNOWN } from "@/lib/core/base/hold-levels";
import type { StoredEvent } from "@/lib/db/queries/events";
import { tokensOf } from "./observation";
import type { Families } from "./run-families";

interface Total {
  parent: string | null;
  root: string | null;
  task: string | null;
  first: number;
  last: number;
  ended: number | null;
  outcome: string | null;
  score: number | null;
  label: string | null;
  modelCalls: number;
  toolCalls: number;
  errors: number;
  unknownOutcomes: number;
  tokens: number | null;
  cost: number | null;
}

const plus = (total: number | null, value: number | null | undefined): number | null =>
  value === null || value === undefined ? total : (total ?? 0) + value;

/** Calls that a counter tells of: they are in its attributes, since no event of theirs is there. */
export function countOf({ attributes }: StoredEvent["body"], name: string): number {
  const value = attributes?.[name];
  return typeof value === "number" && value > 0 ? Math.trunc(value) : 0;
}

/** What the new events of one agent add to its runs. Unknown stays unknown: no tokens reported is not 0 tokens. */
export class RunTotals {
  readonly #runs = new Map<string, Total>();

  constructor(private readonly agentId: string) {}

  add(event: StoredEvent): void {
    if (!event.runId) return;
    const { body } = event;
    const run = this.#runs.get(event.runId) ?? this.#open(event);
    run.first = Math.min(run.first, event.at);
    run.last = Math.max(run.last, event.at);
    run.parent ??= body.parent_run_id ?? null;
    run.root ??= body.root_run_id ?? null;
    run.task ??= body.task_id ?? null;
    if (body.success === false) run.errors += 1;
    switch (event.kind) {
      case "model_call":
        run.modelCalls += 1;
        run.tokens = plus(run.tokens, tokensOf(body));
        run.cost = plus(run.cost, body.cost);
        return;
      case "tool_call":
        run.toolCalls += 1;
        if (body.outcome === OUTCOME_UNKNOWN) run.unknownOutcomes += 1;
        run.cost = plus(run.cost, body.cost);
        return;
      case "run_end":
        run.ended = event.at;
        run.outcome = body.outcome ?? run.outcome;
        return;
      case "outcome":
        run.outcome = body.outcome ?? run.outcome;
        run.score = body.score ?? run.score;
        run.label = body.label ?? run.label;
        return;
      case "usage":
        run.modelCalls += countOf(body, "model_calls");
        run.toolCalls += countOf(body, "tool_calls");
        run.errors += countOf(body, "failures");
        run.tokens = plus(run.tokens, tokensOf(body));
        run.cost = plus(run.cost, body.cost);
        return;
      case "run_start":
      case "heartbeat":
      case "queued_task":
        return;
    }
  }

  #open(event: StoredEvent): Total {
    const run: Total = {
      parent: null,
      root: null,
      task: null,
      first: event.at,
      last: event.at,
      ended: null,
      outcome: null,
      score: null,
      label: null,
      modelCalls: 0,
      toolCalls: 0,
      errors: 0,
      unknownOutcomes: 0,
      tokens: null,
      cost: null,
    };
    this.#runs.set(event.runId!, run);
    return run;
  }

  /** Rows for `addToRuns`. */
  rows(families: Families): unknown[][] {
    return [...this.#runs].map(([runId, r]) => [
      this.agentId,
      runId,
      r.parent,
      families.get(`${this.agentId}\n${runId}`)?.root ?? r.root,
      r.task,
      r.first,
      r.last,
      r.ended,
      r.outcome,
      r.score,
      r.label,
      r.modelCalls,
      r.toolCalls,
      r.errors,
      r.tokens,
      r.cost,
      families.get(`${this.agentId}\n${runId}`)?.depth ?? null,
      r.unknownOutcomes,
    ]);
  }
}

import { budgetsOf, EACH, subjectOf, type Who } from "@/lib/core/budgets/budget";
import { addSpend, nothing, type Spend, spendOf } from "@/lib/core/budgets/spend";
import { createWindows, LONGEST_WINDOW_MS, quarterOf, RUN_WINDOW } from "@/lib/core/budgets/windows";
import { type BudgetWindow, SPEND_DIMENSIONS, type SpendDimension } from "@/lib/core/base/vocabulary";
import type { Db, Statement } from "@/lib/db/client";
import type { Agent } from "@/lib/db/queries/agents";
import type { StoredEvent } from "@/lib/db/queries/events";
import { addToSpend, type WindowDelta, type WindowKey } from "@/lib/db/queries/spend";
import type { SweepContext } from "@/lib/response/agents/context";
import { tokensOf } from "./observation";
import { countOf } from "./run-totals";
import { type Families, familiesOf, type Family } from "./run-families";

/** Names of a kind that one process tells apart in a day: what invents more counts as one, and no budget of a name applies to it. */
const MAX_NAMES = 20_000;
const OTHER = "(other)";
/** The names of a day, by kind. One for the process. */
const known = { day: 0, names: new Map<string, Set<string>>() };

function bounded(dimension: SpendDimension, name: string, now: number): string {
  const day = Math.floor(now / 86_400_000);
  if (known.day !== day) Object.assign(known, { day, names: new Map() });
  const names = known.names.get(dimension) ?? new Set();
  known.names.set(dimension, names);
  if (!names.has(name) && names.size >= MAX_NAMES) return OTHER;
  names.add(name);
  return name;
}

/** What of one agent's events can be told apart by nothing that spending is kept by. */
interface Bucket {
  agent: Agent;
  quarter: number;
  model: string | null;
  tool: string | null;
  spend: Spend;
}

/** Windows of time that this process has seen in the table, by database: they stay there as long as they are added to. */
const seen = new WeakMap<Db, Set<string>>();
const MAX_THERE = 200_000;
function thereOf(db: Db): Set<string> {
  const there = seen.get(db) ?? new Set<string>();
  seen.set(db, there);
  return there;
}

/** What a turn spent. `committed` is called once its statements are stored. */
interface Spent {
  statements: Statement[];
  moved: WindowKey[];
  committed: () => void;
}

interface RunSpend {
  agent: Agent;
  /** The one that says most of where the run belongs. */
  event: StoredEvent;
  spend: Spend;
}

/** What the events of one shard's turn add to what was spent: gathered event by event, expanded into rows once. */
export class SpendTally {
  readonly #buckets = new Map<string, Bucket>();
  readonly #runs = new Map<string, RunSpend>();
  readonly #windows = createWindows();

  constructor(private readonly ctx: Pick<SweepContext, "db" | "now" | "budgets" | "config">) {}

  add(event: StoredEvent, agent: Agent): void {
    const { body, kind, runId } = event;
    const spend = spendOf({
      kind,
      inRun: runId !== null,
      cost: body.cost,
      tokens: tokensOf(body),
      success: body.success,
      modelCalls: kind === "usage" ? countOf(body, "model_calls") : undefined,
      toolCalls: kind === "usage" ? countOf(body, "tool_calls") : (body.tool_calls ?? undefined),
    });
    if (runId !== null) this.#addToRun(event, agent, spend);
    if (spend === null) return;
    const quarter = quarterOf(event.at);
    const model = body.response_model ?? body.model ?? null;
    const tool = body.tool ?? null;
    // Names hold no control characters.
    const key = `${agent.id}\n${quarter}\n${model ?? ""}\n${tool ?? ""}`;
    const bucket = this.#buckets.get(key);
    if (bucket) addSpend(bucket.spend, spend);
    else this.#buckets.set(key, { agent, quarter, model, tool, spend });
  }

  #addToRun(event: StoredEvent, agent: Agent, spend: Spend | null): void {
    const key = `${agent.id}\n${event.runId}`;
    const run = this.#runs.get(key);
    if (!run) this.#runs.set(key, { agent, event, spend: addSpend(nothing(), spend ?? nothing()) });
    else {
      if (spend) addSpend(run.spend, spend);
      // Whichever event says most of where the run belongs.
      if (!run.event.body.root_run_id && event.body.root_run_id) run.event = event;
      else if (!run.event.body.parent_run_id && event.body.parent_run_id) run.event = event;
    }
  }

  /** Where the runs of these events belong: roots and depths. */
  families(): Promise<Families> {
    return familiesOf(
      this.ctx.db,
      [...this.#runs.values()].map(({ agent, event: { runId, body } }) => ({
        agentId: agent.id,
        runId: runId!,
        root: body.root_run_id ?? null,
        parent: body.parent_run_id ?? null,
      })),
      this.ctx.budgets.some(({ scope }) => scope === "tree"),
    );
  }

  /** Statements for the commit that moves the cursor past these events, and the windows of budgets that they move. */
  planned(families: Families): Spent {
    const ledger = new Map<string, LedgerRow>();
    const windows = new Map<string, WindowDelta>();
    const moved = new Map<string, WindowKey>();
    for (const bucket of this.#buckets.values()) this.#expand(bucket, ledger, windows, moved);
    for (const [key, run] of this.#runs) this.#expandRun(run, families.get(key)!, windows, moved);
    if (ledger.size === 0 && windows.size === 0) return { statements: [], moved: [], committed: () => undefined };
    const there = thereOf(this.ctx.db);
    return {
      statements: addToSpend([...ledger.values()], [...windows.values()], this.ctx.now, (w) => there.has(keyText(w))),
      moved: [...moved.values()],
      committed() {
        if (there.size > MAX_THERE) there.clear();
        for (const [key, { parts }] of windows) if (parts === null) there.add(key);
      },
    };
  }

  #expand(
    { agent, quarter, model, tool, spend }: Bucket,
    ledger: Map<string, LedgerRow>,
    windows: Map<string, WindowDelta>,
    moved: Map<string, WindowKey>,
  ): void {
    const { now, config, budgets } = this.ctx;
    const who = whoOf(agent);
    const said = { fleet: EACH, agent: agent.id, team: who.team, user: who.user, repository: who.repository, model, tool }; // prettier-ignore
    const names = new Map<string, string>();
    for (const dimension of SPEND_DIMENSIONS) {
      if (!said[dimension]) continue;
      const name = bounded(dimension, said[dimension], now);
      names.set(dimension, name);
      const key = `${dimension}\n${name}\n${quarter}`;
      const row = ledger.get(key);
      if (row) addSpend(row[3], spend);
      else ledger.set(key, [dimension, name, quarter, addSpend(nothing(), spend)]);
    }
    // What is older than a month moves no window that anybody looks at.
    if (now - quarter >= LONGEST_WINDOW_MS) return;
    /** Several budgets may share a window: the spending goes into each once. */
    const into = new Map<string, WindowDelta>();
    const enter = (scope: WindowKey["scope"], window: BudgetWindow, zone: string, subject: string): WindowKey => {
      const { start, end } = this.#windows(window, zone, quarter);
      const key = { scope, window, zone, start, subject };
      into.set(keyText(key), { ...key, end, ...NO_FAMILY, spend: nothing() });
      return key;
    };
    for (const [dimension, name] of names)
      for (const window of ["day", "month"] as const)
        enter(dimension as SpendDimension, window, config.spendZone, name);
    for (const { budget, subject } of budgetsOf(budgets, who)) {
      if (names.get(budget.scope) !== subject) continue;
      const key = enter(budget.scope, budget.window, budget.zone, subject);
      moved.set(keyText(key), key);
    }
    for (const [key, delta] of into) addSpend(entry(windows, key, delta).spend, spend);
  }

  #expandRun(
    { agent, event, spend }: RunSpend,
    { root, depth, isNew }: Family,
    windows: Map<string, WindowDelta>,
    moved: Map<string, WindowKey>,
  ): void {
    const who = { ...whoOf(agent), runId: event.runId, rootRunId: root };
    const scopes = new Set(budgetsOf(this.ctx.budgets, who).map(({ budget }) => budget.scope));
    for (const scope of ["run", "tree"] as const) {
      if (!scopes.has(scope)) continue;
      const subject = subjectOf(scope, who)!;
      const key = { scope, window: "run", zone: "", start: RUN_WINDOW.start, subject } as const;
      const parts: WindowDelta["parts"] = scope === "run" ? [agent.id, event.runId!] : [agent.keyId, root];
      const delta = entry(windows, keyText(key), {
        ...key,
        end: RUN_WINDOW.end,
        ...NO_FAMILY,
        parts,
        spend: nothing(),
      });
      addSpend(delta.spend, spend);
      moved.set(keyText(key), key);
      if (scope === "run") continue;
      delta.depth = Math.max(delta.depth, depth ?? 0);
      if (isNew && root !== event.runId) delta.descendants += 1;
    }
  }
}

type LedgerRow = [dimension: SpendDimension, name: string, quarter: number, spend: Spend];
const NO_FAMILY = { depth: 0, descendants: 0, parts: null };

const keyText = ({ scope, window, zone, start, subject }: WindowKey): string =>
  `${scope}\n${window}\n${zone}\n${start}\n${subject}`;

function entry<T>(map: Map<string, T>, key: string, fresh: T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  map.set(key, fresh);
  return fresh;
}

/** Who an agent works for, by its labels. */
export const whoOf = ({ id, keyId, labels }: Pick<Agent, "id" | "keyId" | "labels">): Who => ({
  agentId: id,
  keyId,
  user: labels["user"],
  team: labels["team"],
  repository: labels["repository"],
});

import { budgetsOf, GUARD_MEASURES, partsOf, subjectOf, type Who } from "@/lib/core/budgets/budget";
import { subjectText } from "@/lib/core/budgets/words";
import { type AtLimit, BUDGET_SCOPES } from "@/lib/core/base/vocabulary";
import type { Directive } from "@/lib/contracts/directive";
import type { Db } from "@/lib/db/client";
import { onCommit } from "@/lib/db/commit";
import { LABEL_SCOPES, type LabelScope, listLabelled, listLetGo } from "@/lib/db/queries/budget-holds";
import { type BudgetRow, listBudgets, listHeldStates, listRunGrants } from "@/lib/db/queries/budgets";
import { loadPolicies, loadSettings, modeNow, type Policies } from "@/lib/db/queries/settings";
import { log } from "@/lib/log";

/** How old what is answered from may be, in ms: other processes decide too. */
const FRESH_MS = 500;
/** Runs or trees whose grants travel with a directive, for each budget: the newest. */
const MAX_GRANTS = 50;

/** What a guard is granted where a person dismissed the question: a limit that no run comes near, in any measure. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** Budgets, and which of them are used up, as they were last read. */
interface Book {
  readAt: number;
  budgets: BudgetRow[];
  /** By scope and subject. */
  held: Map<
    string,
    { standing: "asking" | "stopped"; budget: BudgetRow; incidentId: string | null; decided: boolean }[]
  >;
  letGo: Set<string>;
  /** Of agents whose user, team or repository has used up a budget, as spending is told apart by them. */
  labels: Map<string, Readonly<Record<string, string>>>;
  /** By budget, then by agent (of trees: by ingest key): run (root run) and amount, the newest last. */
  grants: Map<string, Map<string, [runId: string, amount: number][]>>;
  policies: Policies;
  globalStop: boolean;
}

interface Shared {
  book: Book | null;
  reading: Promise<Book> | null;
  db: Db | null;
}
/** One for the process: one Next process holds several copies of this module. */
const shared = (): Shared => {
  const global = globalThis as unknown as Record<symbol, Shared>;
  return (global[Symbol.for("sentinel.budgets")] ??= { book: null, reading: null, db: null });
};

/** The book, read anew where it is older than half a second, or of another database. */
async function bookOf(db: Db, now: number): Promise<Book> {
  const { book, db: of } = shared();
  if (of === db && book && now - book.readAt < FRESH_MS && now >= book.readAt) return book;
  return refreshBook(db, now);
}

/** Reads the book anew. */
export async function refreshBook(db: Db, now: number): Promise<Book> {
  const s = shared();
  if (s.db !== db) Object.assign(s, { db, book: null, reading: null });
  s.reading ??= read(db, now).finally(() => (s.reading = null));
  s.book = await s.reading;
  return s.book;
}

async function read(db: Db, now: number): Promise<Book> {
  const budgets = await listBudgets(db);
  const empty = { readAt: now, budgets, held: new Map(), letGo: new Set<string>(), labels: new Map(), grants: new Map(), policies: new Map(), globalStop: false }; // prettier-ignore
  if (budgets.length === 0) return empty;
  const byId = new Map(budgets.map((budget) => [budget.id, budget]));
  const [states, policies, settings, grants] = await Promise.all([
    listHeldStates(db),
    loadPolicies(db),
    loadSettings(db),
    listRunGrants(
      db,
      budgets.flatMap(({ id, scope }) => (scope === "run" || scope === "tree" ? [id] : [])),
    ),
  ]);
  const book: Book = { ...empty, policies, globalStop: settings.global_stop };
  const names = new Map<LabelScope, string[]>();
  for (const { budgetId, subject, standing, incidentId, decidedBy, end } of states) {
    const budget = byId.get(budgetId);
    if (!budget || now >= end || standing === "recorded" || standing === "open" || standing === "ended") continue;
    const key = `${budget.scope}\n${subject}`;
    const list = book.held.get(key) ?? [];
    book.held.set(key, [...list, { standing, budget, incidentId, decided: decidedBy !== null }]);
    if (isLabel(budget.scope)) names.set(budget.scope, [...(names.get(budget.scope) ?? []), subject]);
  }
  for (const { id, labels } of await listLabelled(db, names)) book.labels.set(id, labels);
  const since = new Map(states.map((state) => [state.incidentId, state.updatedAt]));
  for (const { agentId, incidentId, at } of await listLetGo(
    db,
    [...since.keys()].flatMap((id) => id ?? []),
  ))
    if (at >= (since.get(incidentId) ?? Infinity)) book.letGo.add(`${agentId}\n${incidentId}`);
  for (const { budgetId, subject, granted, waived } of grants) {
    const [owner, runId] = partsOf(subject);
    const byOwner = book.grants.get(budgetId) ?? new Map<string, [string, number][]>();
    book.grants.set(budgetId, byOwner);
    const list = byOwner.get(owner) ?? [];
    byOwner.set(owner, list);
    list.push([runId, waived ? NO_LIMIT : granted]);
  }
  return book;
}

const isLabel = (scope: string): scope is LabelScope => (LABEL_SCOPES as readonly string[]).includes(scope);

/**
 * Keeps the book of this process fresh, for {@link verdictOf}: at every commit here that is about a budget, and twice a second, since
 * other processes decide too. Resolves once it was read for the first time. Returns the way out.
 */
export async function keepBook(db: Db): Promise<() => void> {
  await bookOf(db, Date.now());
  const again = () =>
    void refreshBook(db, Date.now()).catch((err: unknown) => log().warn({ err }, "budgets could not be read"));
  const timer = setInterval(again, FRESH_MS).unref();
  const off = onCommit((events) => {
    if (events.some(({ type }) => type.startsWith("budget.") || type.startsWith("stop.") || type === "type.changed"))
      again();
  });
  return () => {
    clearInterval(timer);
    off();
  };
}

/** Whether work may go on as far as budgets are concerned. */
export type BudgetAnswer =
  | { kind: "go" }
  /** `reason` as a person reads it; `incidentId`: where it is decided. */
  | { kind: "hold"; atLimit: AtLimit; reason: string; budgetId: string; incidentId: string | null };

/**
 * What budgets say to one more call: from memory alone, so that hooks and proxies can ask before each one. `agentType` decides by its
 * mode at the moment `now`, epoch ms: only in `act`, or when a person stopped it, is anything held. Before the book was first read it says go: a budget is no lock.
 * A run's or tree's budget holds that run or tree alone. Users, teams and repositories are those of the agent's labels, by which its spending
 * counts, else those that `who` names: a hook names its user at most, and telemetry of the same session has labelled its agent.
 */
export function verdictOf(who: Who & { agentType: string }, now: number): BudgetAnswer {
  const { book } = shared();
  if (!book || book.held.size === 0) return { kind: "go" };
  const mode = modeNow(book.policies, who.agentType, now);
  for (const scope of BUDGET_SCOPES) {
    const subject = (isLabel(scope) ? book.labels.get(who.agentId)?.[scope] : undefined) ?? subjectOf(scope, who);
    if (subject === null) continue;
    for (const { standing, budget, incidentId, decided } of book.held.get(`${scope}\n${subject}`) ?? []) {
      const holds = !book.globalStop && (decided || mode === "act");
      if (!holds || book.letGo.has(`${who.agentId}\n${incidentId}`)) continue;
      return {
        kind: "hold",
        atLimit: standing === "stopped" ? "stop" : "pause_and_ask",
        reason: `the budget of ${subjectText(scope, subject)} is used up`,
        budgetId: budget.id,
        incidentId,
      };
    }
  }
  return { kind: "go" };
}

const isOneOf = <M extends string>(measures: readonly M[], measure: string): measure is M =>
  (measures as readonly string[]).includes(measure);

/** Budgets as they travel with a directive. */
type GuardBudgets = Pick<Directive, "budgets" | "tree_budgets">;

/** The budgets that an agent's own guard holds, run by run and tree by tree, also when nobody can be asked: in mode act. */
export async function guardBudgets(
  db: Db,
  agents: readonly { id: string; keyId: string | null; type: string }[],
  now: number,
): Promise<Map<string, GuardBudgets>> {
  const book = await bookOf(db, now);
  const held = book.budgets.filter(({ scope }) => scope === "run" || scope === "tree");
  const answer = new Map<string, GuardBudgets>();
  if (held.length === 0 || book.globalStop) return answer;
  for (const { id, keyId, type } of agents) {
    if (modeNow(book.policies, type, now) !== "act") continue;
    const mine = budgetsOf(held, { agentId: id, keyId, runId: "any" }).map(({ budget }) => budget);
    const of = <M extends string>(scope: "run" | "tree", measures: readonly M[], owner: string) =>
      mine.flatMap(({ id: budgetId, measure, limit, atLimit, ...budget }) =>
        budget.scope === scope && isOneOf(measures, measure)
          ? [{ id: budgetId, measure, limit, at_limit: atLimit, more: grantsOf(book, budgetId, owner) }]
          : [],
      );
    answer.set(id, {
      budgets: of("run", GUARD_MEASURES.run, id),
      tree_budgets: of("tree", GUARD_MEASURES.tree, keyId ?? ""),
    });
  }
  return answer;
}

const grantsOf = ({ grants }: Book, budgetId: string, owner: string): Record<string, number> =>
  Object.fromEntries((grants.get(budgetId)?.get(owner) ?? []).slice(-MAX_GRANTS));

import type { Mode } from "@/lib/core/base/vocabulary";
import type { Streak } from "@/lib/core/agents/breaker";
import type { Db } from "@/lib/db/client";
import { onCommit } from "@/lib/db/commit";
import {
  type HookDirective,
  listDirectivesAfter,
  listRestricting,
  listSeats,
  newestDirective,
} from "@/lib/db/queries/hooks";
import { loadPolicies, loadSettings, modeNow, type Policies } from "@/lib/db/queries/settings";
import type { Told } from "../otlp/told";
import type { InForce } from "./verdict";

/** Whose a session or a seat is. */
export interface Owner {
  agentId: string;
  type: string;
}

/** A session that asked. */
export interface Session {
  keyId: string;
  /** As the program says it. */
  id: string;
  /** Whoever sat there before is whose this is until the session itself is known. */
  seat: string;
  /** The user's own, whatever the folder: whoever is held there is held in a new folder too. */
  person: string;
  owner: Owner | null;
  /** Whether the owner is as it is stored, and not only guessed by the seat. */
  isStored: boolean;
  /** Identical calls in a row, by sub-agent ("" for the session itself). */
  streaks: Map<string, Streak>;
  /** The directive that the streaks were counted under: they begin anew with each. */
  version: number;
  /** What waits until it is known whose it is. */
  waiting: Told[];
  firstAt: number;
  lastAt: number;
}

/** Sessions remembered at once, the latest; a fleet of thousands has some each. */
const SESSIONS_MAX = 20_000;
/** Seats and people remembered: more than any fleet has. */
const SEATS_MAX = 100_000;
/** Other processes write too: without news of our own we look this often, in ms. */
const LOOK_EVERY_MS = 1_000;
/** Nobody looks for news once no hook asked for so long, in ms; who asks again then waits for one look. */
const QUIET_MS = 60_000;

/** What hooks are answered from: read once, kept current, and never waited for. */
export class HookMemory {
  readonly sessions = new Map<string, Session>();
  readonly seats = new Map<string, Owner>();
  readonly #directives = new Map<string, InForce>();
  #policies: Policies = new Map();
  #globalStop = false;
  #newest = -1;
  #askedAt = 0;
  #looking: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly db: Db) {}

  /** Null: there is something current to answer from. Else resolves once there is. What was read before stands if that fails. */
  ready(now: number): Promise<void> | null {
    this.#askedAt = now;
    if (this.#timer !== null && this.#newest >= 0) return null;
    this.#follow();
    return this.look().catch((error: unknown) => {
      if (this.#newest < 0) throw error;
    });
  }

  /** Reads what is new. Calls that come during a look share the next one. */
  look(): Promise<void> {
    if (this.#looking) return (this.#next ??= this.#looking.catch(() => undefined).then(() => this.look()));
    this.#next = null;
    this.#looking = this.#read().finally(() => (this.#looking = null));
    return this.#looking;
  }

  directiveOf = (agentId: string): InForce | null => this.#directives.get(agentId) ?? null;
  modeOf = (type: string, now: number): Mode => modeNow(this.#policies, type, now);
  get globalStop(): boolean {
    return this.#globalStop;
  }

  /** The session that asks, remembered as the latest. */
  session(keyId: string, id: string, seat: string, person: string, now: number): Session {
    const name = `${keyId}\n${id}`;
    const known = this.sessions.get(name);
    const session: Session = known ?? {
      keyId,
      id,
      seat,
      person,
      owner: this.seats.get(`${keyId}\n${seat}`) ?? null,
      isStored: false,
      streaks: new Map(),
      version: 0,
      waiting: [],
      firstAt: now,
      lastAt: now,
    };
    session.lastAt = now;
    // Put in anew, so that the first ones are those of which nobody heard for longest.
    this.sessions.delete(name);
    this.sessions.set(name, session);
    forgetOldest(this.sessions, SESSIONS_MAX);
    return session;
  }

  /** Notes whose a seat is. True: it was another's, or nobody's. */
  seat(keyId: string, seat: string, owner: Owner): boolean {
    const name = `${keyId}\n${seat}`;
    const before = this.seats.get(name);
    this.seats.delete(name);
    this.seats.set(name, owner);
    forgetOldest(this.seats, SEATS_MAX);
    return before?.agentId !== owner.agentId || before.type !== owner.type;
  }

  async #read(): Promise<void> {
    const first = this.#newest < 0;
    const newest = await newestDirective(this.db);
    // Fewer than before: the file was rewritten, and nothing is known of their order.
    const all = first || newest < this.#newest;
    const directives = all
      ? await listRestricting(this.db)
      : newest > this.#newest
        ? await listDirectivesAfter(this.db, this.#newest)
        : [];
    if (all) this.#directives.clear();
    for (const row of directives) this.#take(row);
    if (first)
      for (const { keyId, name, agentId, type } of (await listSeats(this.db, SEATS_MAX)).toReversed())
        this.seat(keyId, name, { agentId, type });
    const [policies, settings] = await Promise.all([loadPolicies(this.db), loadSettings(this.db)]);
    this.#policies = policies;
    this.#globalStop = settings.global_stop;
    this.#newest = newest;
  }

  #take({ agentId, revokedTools, status, ...row }: HookDirective): void {
    const before = this.#directives.get(agentId);
    if (before && before.version > row.version) return;
    this.#directives.set(agentId, {
      ...row,
      status: status as InForce["status"],
      revokedTools: JSON.parse(revokedTools) as string[],
    });
  }

  /** Looks after each commit of this process or its sweeper, and regularly, for as long as somebody asks. */
  #follow(): void {
    if (this.#timer !== null) return;
    const look = () => void this.look().catch(() => undefined);
    const off = onCommit(look);
    this.#timer = setInterval(() => {
      if (Date.now() - this.#askedAt < QUIET_MS) return look();
      off();
      clearInterval(this.#timer!);
      this.#timer = null;
    }, LOOK_EVERY_MS).unref();
  }
}

function forgetOldest(map: Map<string, unknown>, most: number): void {
  if (map.size <= most) return;
  const [oldest] = map.keys();
  map.delete(oldest!);
}

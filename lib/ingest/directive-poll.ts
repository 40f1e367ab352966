import type { AgentStanding } from "@/lib/contracts/ingest";
import type { Db } from "@/lib/db/client";
import { onCommit } from "@/lib/db/commit";
import { findAgent } from "@/lib/db/queries/agents";
import { env } from "@/lib/env";
import { endingWith } from "@/lib/shutdown";
import { agentStanding } from "./register";

/** Other processes write too: without news of our own we look this often, in ms. */
const POLL_MS = 1_000;
/** The longest wait that a caller may ask for, in s: below the idle timeouts of common proxies. */
export const MAX_WAIT_S = 30;

/** Held long-polls by key, the oldest first; each is a function that ends it. One for the process, whatever copies of this there are. */
type Waiting = Map<string, Set<() => void>>;
const waiting = (): Waiting => {
  const global = globalThis as unknown as Record<symbol, Waiting>;
  return (global[Symbol.for("sentinel.directive-polls")] ??= new Map());
};

/** How many long-polls are held right now. */
export const directiveWaiters = (): number => [...waiting().values()].reduce((sum, { size }) => sum + size, 0);

/**
 * The agent's standing as soon as its directive is newer than `version`, else as it is when the wait is over, the caller is gone or
 * this process shuts down. When as many wait as may, the key that holds the most gives up its oldest, which is then answered at
 * once: no key can keep the others out. Whose key holds the most itself is answered immediately. Throws not_found.
 */
export async function pollDirective(
  db: Db,
  agentId: string,
  options: { version: number; waitS: number; signal: AbortSignal; keyId: string; most?: number },
): Promise<AgentStanding> {
  const { version, waitS, signal, keyId, most = env().LONG_POLL_MAX } = options;
  const newer = async () => ((await findAgent(db, agentId))?.directiveVersion ?? 0) > version;
  if (waitS <= 0 || (await newer())) return agentStanding(db, agentId);
  const end = endingWith(signal, Math.min(waitS, MAX_WAIT_S) * 1_000);
  try {
    if (acquireSlot(keyId, end.end, most)) while (!end.signal.aborted && !(await newer())) await nextNews(end.signal);
  } finally {
    releaseSlot(keyId, end.end);
    end.release();
  }
  return agentStanding(db, agentId);
}

/** Takes a place for a key's long-poll, from the key with the most if there is no other; false when that is this key. */
function acquireSlot(keyId: string, end: () => void, most: number): boolean {
  const all = waiting();
  const mine = all.get(keyId)?.size ?? 0;
  if (directiveWaiters() >= most) {
    const [greediest, polls] = [...all].reduce((a, b) => (b[1].size > a[1].size ? b : a), ["", new Set<() => void>()]);
    if (polls.size <= mine + 1) return false;
    const [oldest] = polls;
    releaseSlot(greediest, oldest!);
    oldest!();
  }
  const held = all.get(keyId) ?? new Set();
  all.set(keyId, held.add(end));
  return true;
}

function releaseSlot(keyId: string, end: () => void): void {
  const held = waiting().get(keyId);
  held?.delete(end);
  if (held?.size === 0) waiting().delete(keyId);
}

/** Resolves at the next commit of this process, at the next poll, or at the end. */
function nextNews(end: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      off();
      end.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, POLL_MS);
    const off = onCommit(done);
    end.addEventListener("abort", done, { once: true });
  });
}

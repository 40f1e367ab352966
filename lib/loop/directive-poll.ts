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

const waiting = (): { count: number } => {
  const global = globalThis as unknown as Record<symbol, { count: number }>;
  return (global[Symbol.for("sentinel.directive-polls")] ??= { count: 0 });
};

/** How many long-polls are held right now. */
export const directiveWaiters = (): number => waiting().count;

/**
 * The agent's standing as soon as its directive is newer than `version`, else as it is when the wait is over, the caller
 * is gone or this process shuts down. When too many wait already the answer is immediate. Throws not_found.
 */
export async function pollDirective(
  db: Db,
  agentId: string,
  options: { version: number; waitS: number; signal: AbortSignal },
): Promise<AgentStanding> {
  const { version, waitS, signal } = options;
  const newer = async () => ((await findAgent(db, agentId))?.directiveVersion ?? 0) > version;
  if (waitS <= 0 || directiveWaiters() >= env().LONG_POLL_MAX || (await newer())) return agentStanding(db, agentId);
  waiting().count += 1;
  const end = endingWith(signal, Math.min(waitS, MAX_WAIT_S) * 1_000);
  try {
    while (!end.signal.aborted && !(await newer())) await nextNews(end.signal);
  } finally {
    end.release();
    waiting().count -= 1;
  }
  return agentStanding(db, agentId);
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

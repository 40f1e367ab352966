import { setTimeout as wait } from "node:timers/promises";
import type { Child } from "./children";

/** A development server compiles before it answers, which takes minutes on a machine that is busy. */
const READY_WITHIN_MS = 15 * 60_000;
const ASK_EVERY_MS = 150;
const ANSWER_WITHIN_MS = 2000;

/** Resolves when the child answers this with success. Throws when it ends before, or does not do so in time. */
export async function untilReady(url: string, child: Child, headers: Record<string, string> = {}): Promise<void> {
  const until = Date.now() + READY_WITHIN_MS;
  let ended = false;
  void child.ended.catch(() => {}).then(() => (ended = true));
  while (Date.now() < until) {
    if (ended) throw new Error(`${child.name} ended before it was ready`);
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    await wait(ASK_EVERY_MS);
  }
  throw new Error(`${child.name} was not ready within ${READY_WITHIN_MS / 1000} s`);
}

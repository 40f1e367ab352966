import { setTimeout as wait } from "node:timers/promises";
import type { Child } from "./children";

const READY_WITHIN_MS = 60_000;
const ASK_EVERY_MS = 150;
const ANSWER_WITHIN_MS = 2000;

/** Resolves when the server says that it is ready. Throws when it ends before, or is not ready in time. */
export async function untilReady(url: string, server: Child): Promise<void> {
  const until = Date.now() + READY_WITHIN_MS;
  let ended = false;
  void server.ended.catch(() => {}).then(() => (ended = true));
  while (Date.now() < until) {
    if (ended) throw new Error("the server ended before it was ready");
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    await wait(ASK_EVERY_MS);
  }
  throw new Error(`the server was not ready within ${READY_WITHIN_MS / 1000} s`);
}

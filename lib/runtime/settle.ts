/** A serverless platform ends a request after this at the latest, in ms; what is not done by then is taken up by the next turn. */
const SETTLE_MS = 45_000;

/**
 * Waits, at most 45 s, for work that goes on beside a loop's turns, and takes the turns that its end asks for: for a process that
 * may sleep right after its answer, and for commands.
 */
export async function settle(pending: () => readonly Promise<unknown>[], turn: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + SETTLE_MS;
  while (pending().length > 0 && Date.now() < deadline) {
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise((resolve) => (timer = setTimeout(resolve, deadline - Date.now())));
    await Promise.race([Promise.all(pending()), timeUp]);
    clearTimeout(timer);
    await turn();
  }
}

/** New sessions that one key may begin in a minute: a large fleet begins some a second, a sender that makes ids up thousands. */
export const NEW_SESSIONS_PER_MINUTE = 3_000;
const MINUTE_MS = 60_000;

interface Begun {
  minute: number;
  sessions: number;
}

/** One for the process: one Next process holds several copies of this module. */
const shared = (): Map<string, Begun> => {
  const global = globalThis as unknown as Record<symbol, Map<string, Begun>>;
  return (global[Symbol.for("sentinel.otlp-sessions")] ??= new Map());
};

/** Whether a key may begin one more session now; counts it if so. */
export function mayBegin(keyId: string, now: number): boolean {
  const keys = shared();
  const minute = Math.floor(now / MINUTE_MS);
  let begun = keys.get(keyId);
  if (!begun || begun.minute !== minute) keys.set(keyId, (begun = { minute, sessions: 0 }));
  if (begun.sessions >= NEW_SESSIONS_PER_MINUTE) return false;
  begun.sessions++;
  return true;
}

import type { Agent } from "@/lib/db/queries/agents";

/** Our SDK from here on holds budgets of runs itself, run by run. */
const SINCE = [0, 2];

/**
 * Whether an agent's own guard holds a run whose budget is used up: then its other runs need not be paused with it. Told by the
 * version that it reports; who lies about it would not obey a pause either.
 */
export function holdsRunsItself({ sdkVersion }: Pick<Agent, "sdkVersion">): boolean {
  const version = /^ts-(\d{1,6})\.(\d{1,6})\./.exec(sdkVersion ?? "");
  if (!version) return false;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  return major > SINCE[0]! || (major === SINCE[0] && minor >= SINCE[1]!);
}

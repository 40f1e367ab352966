import { HOOKS_VERSION } from "@/lib/contracts/hooks";
import type { Agent } from "@/lib/db/queries/agents";

/** Our SDKs, in TypeScript and in Python, hold budgets of runs themselves from this version on, run by run. */
const SINCE = [0, 2];

/**
 * Whether a run whose budget is used up is held where it runs, by its SDK's guard or by its program's hooks: then the agent's other runs
 * need not be paused with it. Told by the version that is reported; who lies about it would not obey a pause either.
 */
export function holdsRunsItself({ sdkVersion }: Pick<Agent, "sdkVersion">): boolean {
  if (sdkVersion === HOOKS_VERSION) return true;
  const version = /^(?:ts|py)-(\d{1,6})\.(\d{1,6})\./.exec(sdkVersion ?? "");
  if (!version) return false;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  return major > SINCE[0]! || (major === SINCE[0] && minor >= SINCE[1]!);
}

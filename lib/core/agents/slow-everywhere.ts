import { type Member, type SharedCause, type SharedCauseSettings, SHARED_CAUSE, type Suspect, together } from "./fleet";

/**
 * Keys whose agents slow down together whatever they call: a busy host, a saturated network, a throttled cluster. Each of their
 * models, providers and tools then looks slow, each a little later than the last, and no one of them explains the rest: what
 * the agents share is where they run, of which the key they report with is all that is known.
 *
 * The agents of a key are counted as those of any other value (`together`): within one window at least `minAgents` and
 * `minShare` of the key's live agents. Only slowness counts, since a busy host makes nobody fail, flood or loop; and no single tool,
 * model or provider may account for all of them but fewer than `minAgents`, or it would be the cause. Agents of no known key
 * share nothing. The order of the input does not matter.
 */
export function slowEverywhere(
  suspects: readonly Suspect[],
  members: readonly Member[],
  o: SharedCauseSettings = SHARED_CAUSE,
): SharedCause[] {
  const slow = suspects.filter(({ type }) => type === "latency_spike").toSorted((a, b) => a.at - b.at);
  const keys = [...new Set(slow.flatMap(({ keyId }) => keyId ?? []))].toSorted();
  return keys.flatMap((key): SharedCause[] => {
    const own = slow.filter(({ keyId }) => keyId === key);
    const users = new Map([...members, ...own].filter((m) => m.keyId === key).map(({ agentId }) => [agentId, key]));
    const found = together(own, users, o);
    if (found === null || mostExplained(own, found.core) > found.core.size - o.minAgents) return [];
    return [{ dimension: "key", value: key, agentIds: [...found.agents].toSorted(), share: found.agents.size / users.size }]; // prettier-ignore
  });
}

/** How many of these agents the one tool, model or provider explains that explains most. */
function mostExplained(suspects: readonly Suspect[], core: ReadonlySet<string>): number {
  const agents = new Map<string, Set<string>>();
  for (const { agentId, tools, model, provider } of suspects) {
    if (!core.has(agentId)) continue;
    const values = tools.length > 0 ? tools.map((tool) => `tool:${tool}`) : [`model:${model}`, `provider:${provider}`];
    for (const value of values) agents.set(value, (agents.get(value) ?? new Set()).add(agentId));
  }
  return Math.max(0, ...[...agents.values()].map(({ size }) => size));
}

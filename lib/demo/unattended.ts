import { setTimeout as wait } from "node:timers/promises";

/** A person who looks at the demo decides before that; what waits longer, nobody is there for. */
export const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 5_000;
const WITHIN_MS = 10_000;
const COMMENT = "Nobody answered within a minute: the demo runs unattended.";

interface Approval {
  id: string;
  digest: string;
  requested_at: number;
}
interface Agent {
  id: string;
  state: string;
  state_since: number;
}

/**
 * Answers what has waited for {@link PATIENCE_MS} as an operator would, through the ordinary API: approves proposals as they stand, and releases agents
 * whose ladder of actions is used up. A refusal (the state has changed meanwhile) is told, and looked at again the next time. Until `signal` aborts.
 */
export async function answerUnattended(
  { url, token, signal }: { url: string; token: string; signal: AbortSignal },
  say: (line: string) => void,
): Promise<void> {
  const ask = async (path: string, body?: object) => {
    const answer = await fetch(url + path, {
      ...(body && { method: "POST", body: JSON.stringify(body) }),
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      signal: AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]),
    });
    const said: unknown = await answer.json();
    if (!answer.ok) throw new Error(`${answer.status} ${(said as { detail?: string }).detail ?? ""}`);
    return said;
  };
  const overdue = (since: number) => Date.now() - since >= PATIENCE_MS;
  const answer = async (path: string, body: object, done: string) => {
    try {
      await ask(path, body);
      say(done);
    } catch (error) {
      say(`not answered: ${String(error)}`);
    }
  };
  while (!signal.aborted) {
    try {
      const { approvals } = (await ask("/api/v1/approvals?state=pending")) as { approvals: Approval[] };
      for (const { id, digest, requested_at: since } of approvals)
        if (overdue(since))
          await answer(`/api/v1/approvals/${encodeURIComponent(id)}/decision`, { decision: "approve", digest, comment: COMMENT }, `approved: ${id}`); // prettier-ignore
      const { agents } = (await ask("/api/v1/agents")) as { agents: Agent[] };
      for (const { id, state, state_since: since } of agents)
        if (state === "exhausted" && overdue(since))
          await answer(`/api/v1/agents/${encodeURIComponent(id)}/release`, { reason: COMMENT }, `released: ${id}`);
    } catch (error) {
      if (!signal.aborted) say(`could not look: ${String(error)}`);
    }
    await wait(LOOK_EVERY_MS, null, { signal }).catch(() => null);
  }
}

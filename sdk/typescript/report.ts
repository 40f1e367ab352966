import type { ClientStats } from "./client";
import { clientOf, createIdentity } from "./identity";
import type { Connection, Identity } from "./options";
import type { AgentEvent } from "./wire";

export interface Reporter {
  instanceId: string;
  /** Queues one event of this agent and returns at once. Never throws. */
  report(event: Omit<AgentEvent, "agent_id">): void;
  flush(timeoutMs?: number): Promise<boolean>;
  stats(): ClientStats;
  close(timeoutMs?: number): Promise<void>;
}

/** Reports for an agent that is not built on LangChain. It watches only: such an agent is shown as "Not enforceable". */
export function createReporter(options: Identity & Connection): Reporter {
  const { client, own } = clientOf(options);
  const identity = createIdentity(options);
  void client.register({ ...identity.registration, enforcement: false });
  return {
    instanceId: identity.instanceId,
    report: (event) => client.enqueue(identity.stamp(event)),
    flush: (timeoutMs) => client.flush(timeoutMs),
    stats: () => client.stats(),
    close: (timeoutMs) => (own ? client.close(timeoutMs) : client.flush(timeoutMs).then(() => {})),
  };
}

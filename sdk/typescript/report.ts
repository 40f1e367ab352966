import type { ClientStats } from "./client.js";
import { reach, createIdentity } from "./identity.js";
import type { Connection, Identity } from "./options.js";
import { createRegistrar } from "./register.js";
import type { AgentEvent } from "./wire.js";

export interface Reporter {
  instanceId: string;
  /** Queues one event of this agent and returns at once. Never throws. */
  report(event: Omit<AgentEvent, "agent_id">): void;
  flush(timeoutMs?: number): Promise<boolean>;
  stats(): ClientStats;
  close(timeoutMs?: number): Promise<void>;
}

/** Reports for an agent that is only watched: such an agent is shown as "Not enforceable". */
export function createReporter(options: Identity & Connection): Reporter {
  const { client, own, remote } = reach(options);
  const identity = createIdentity(options);
  const registrar = remote ? createRegistrar(client, { ...identity.registration, enforcement: false }) : null;
  return {
    instanceId: identity.instanceId,
    report: (event) => client.enqueue(identity.stamp(event)),
    flush: (timeoutMs) => client.flush(timeoutMs),
    stats: () => client.stats(),
    close(timeoutMs) {
      registrar?.stop();
      return own ? client.close(timeoutMs) : client.flush(timeoutMs).then(() => {});
    },
  };
}

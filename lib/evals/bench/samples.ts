import { healthyAgent, type Vitals } from "@/lib/evals/detection/generate";
import type { AgentEvent } from "@/lib/contracts/event";

/** Events of one run: model calls, and its end. */
export const EVENTS_A_RUN = 8;
const LOG_SD = 0.5;

interface Agent {
  id: string;
  type: string;
  vitals: () => Vitals;
  sequence: number;
  /** When its last event happened. */
  at: number;
}

/** Healthy runs of a fleet, field by field what the SDK reports. Every event is new: each agent counts its own. */
export class Samples {
  readonly #agents: Agent[];

  constructor(agents: number, start: number) {
    this.#agents = Array.from({ length: agents }, (_, i) => ({
      id: `bench-${i}`,
      type: `Bench ${i % 4}`,
      vitals: healthyAgent(i + 1, LOG_SD),
      sequence: 0,
      at: start,
    }));
  }

  /** `each` events of `agents` agents from the `from`-th on, spread over the time since their last ones until `now`. */
  batch(from: number, agents: number, each: number, now: number): Partial<AgentEvent>[] {
    const events: Partial<AgentEvent>[] = [];
    for (let i = 0; i < agents; i++) {
      const agent = this.#agents[(from + i) % this.#agents.length]!;
      const pace = (now - agent.at) / each;
      for (let n = 0; n < each; n++) events.push(event(agent, Math.round((agent.at += pace))));
    }
    return events;
  }
}

function event(agent: Agent, timestamp: number): Partial<AgentEvent> {
  const sequence = agent.sequence++;
  const head = {
    agent_id: agent.id,
    agent_type: agent.type,
    timestamp,
    sequence,
    instance_id: `${agent.id}-1`,
    run_id: `${agent.id}-run-${Math.floor(sequence / EVENTS_A_RUN)}`,
    directive_version: 0,
    sdk_version: "0.1.0",
  };
  if (sequence % EVENTS_A_RUN === EVENTS_A_RUN - 1)
    return { ...head, kind: "run_end", outcome: "completed", success: true };
  const { error, ...vitals } = agent.vitals();
  return {
    ...head,
    kind: "model_call",
    model: "gpt-5-mini",
    response_model: "gpt-5-mini",
    provider: "openai",
    ...vitals,
    success: error === 0,
    finish_reason: "stop",
    prompt_hash: `prompt of ${agent.type}`,
  };
}

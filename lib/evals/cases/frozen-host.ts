import type { FrozenAgents } from "@/lib/contracts/frozen-case";
import type { AgentPart, CaseAgent, CaseEvent, Order } from "@/lib/contracts/frozen-agents";
import { canonicalJson } from "@/lib/core/base/digest";
import type { Directive } from "@/lib/contracts/directive";
import type { AgentEvent } from "@/lib/contracts/event";
import type { Host } from "./case-fleet";

interface Recorded {
  agent: CaseAgent;
  parts: readonly AgentPart[];
}

/**
 * An agent of a frozen incident: reports what it reported then until it is told something, and from there on what it reported after it had been told
 * just that. Where it had never been told so, or the recording is over, nothing is known of its work: it is there, and reports no work.
 */
export class FrozenHost implements Host {
  #directive: Directive | null = null;
  /** The part that is played, and since when; null: what followed is not known. */
  #part: AgentPart | null;
  #since: number;
  #reported: number;
  readonly #used = new Set<AgentPart>();
  readonly #instances: (string | null)[];

  private constructor(
    readonly id: string,
    readonly recorded: Recorded,
    readonly of: FrozenAgents,
    starts: number | null,
  ) {
    const { agent, parts } = recorded;
    const events = [...agent.before, ...parts.flatMap((part) => part.events)];
    this.#part = parts[0] ?? null;
    this.#since = starts ?? this.#part?.from ?? 0;
    this.#reported = starts ?? -Infinity;
    this.#instances = [...new Set(events.map(({ instance_id: instance }) => instance))];
    if (this.#instances.length === 0) this.#instances.push(`${id}-1`);
  }

  /** Everybody who was there before it began. */
  static all(of: FrozenAgents): FrozenHost[] {
    const { agents } = of.evidence;
    const isSuccessor = ({ continues, before }: CaseAgent) =>
      before.length === 0 && agents.some(({ id }) => id === continues);
    return agents
      .filter((agent) => !isSuccessor(agent))
      .map((agent) => new FrozenHost(agent.id, { agent, parts: partsOf(of, agent.id) }, of, null));
  }

  get type(): string {
    return this.recorded.agent.type;
  }

  get registration(): Host["registration"] {
    const { agent } = this.recorded;
    const instance = this.#instances.find((id) => id !== null);
    return {
      ...(agent.model && { model: agent.model }),
      ...(agent.provider && { provider: agent.provider }),
      ...(agent.prompt_hash && { prompt_hash: agent.prompt_hash }),
      ...(instance && { instance_id: instance }),
      tools: agent.tools,
      held_prompts: agent.held_prompts,
      enforcement: agent.enforcement,
      can_clone: agent.can_clone,
    };
  }

  until(now: number): Partial<AgentEvent>[] {
    const isDue = (at: number) => at > this.#reported && at <= now;
    const before = this.recorded.agent.before.filter(({ at }) => isDue(at)).map((event) => this.#said(event, event.at));
    const part = this.#part;
    const moved = (at: number) => at - (part?.from ?? 0) + this.#since;
    const played = (part?.events ?? [])
      .filter(({ at }) => isDue(moved(at)))
      .map((event) => this.#said(event, moved(event.at)));
    const isOver = part === null || now >= moved(this.#endOf(part));
    this.#reported = now;
    const beats = isOver ? this.#instances.map((instance) => this.#beat(instance, now)) : [];
    return [...before, ...played, ...beats];
  }

  #endOf(part: AgentPart): number {
    const { parts } = this.recorded;
    return parts[parts.indexOf(part) + 1]?.from ?? this.of.recording.until;
  }

  obey(directive: Directive): void {
    if (directive.version === (this.#directive?.version ?? 0)) return;
    this.#directive = directive;
    const told = canonicalJson(orderOf(directive));
    const part = this.recorded.parts.find(
      ({ order }, i) =>
        i > 0 && order !== null && !this.#used.has(this.recorded.parts[i]!) && canonicalJson(order) === told,
    );
    this.#part = part ?? null;
    this.#since = this.#reported;
    if (part !== undefined) this.#used.add(part);
  }

  /** Whoever took over then, under the name that it has now. */
  successor(id: string, now: number): Host {
    const agent = this.of.evidence.agents.find(({ continues }) => continues === this.recorded.agent.id);
    const recorded =
      agent === undefined
        ? { agent: { ...this.recorded.agent, before: [] }, parts: [] }
        : { agent: { ...agent, before: [] }, parts: partsOf(this.of, agent.id) };
    return new FrozenHost(id, recorded, this.of, now);
  }

  #said({ kind, instance_id: instance, applied, body }: CaseEvent, at: number): Partial<AgentEvent> {
    return {
      ...(body as Partial<AgentEvent>),
      agent_id: this.id,
      agent_type: this.type,
      kind,
      timestamp: Math.round(at),
      instance_id: instance,
      ...(applied && this.#order()),
    };
  }

  /** It is there, and does as it is told. */
  #beat(instance: string | null, now: number): Partial<AgentEvent> {
    const order = this.#order();
    return {
      agent_id: this.id,
      agent_type: this.type,
      kind: "heartbeat",
      timestamp: now,
      instance_id: instance,
      ...order,
      ...(order && { enforced: true }),
    };
  }

  #order(): { directive_version: number; directive_hash: string } | null {
    return this.#directive && { directive_version: this.#directive.version, directive_hash: this.#directive.hash };
  }
}

const partsOf = ({ recording }: FrozenAgents, id: string): AgentPart[] =>
  recording.agents.find((one) => one.id === id)?.parts ?? [];

const orderOf = ({ status, prompt, revoked_tools: revoked, autonomy, memory_epoch: epoch }: Directive): Order => ({
  status,
  rollback_to: prompt?.rollback_to ?? null,
  revoked_tools: revoked.toSorted(),
  autonomy,
  memory_epoch: epoch,
});

/** Agents that exist only as what they report and obey over HTTP, with a ledger of what the server acknowledged. */

export interface Directive {
  version: number;
  hash: string;
  status: string;
}

export interface Agent {
  id: string;
  type: string;
  sequence: number;
  /** Multiplies its tokens and cost; 1 is healthy. */
  factor: number;
  directive: Directive;
}

/** One request as it was sent, so that it can be sent again word for word. */
export interface Sent {
  ids: string[];
  body: string;
  idempotencyKey: string | null;
}

interface Event {
  attributes: { id: string };
  [field: string]: unknown;
}

interface Answer {
  accepted: number;
  duplicates: number;
  agents: Record<string, { state: string; directive: Directive }>;
}

/** Minutes, since how busy the machine is must not decide. */
const ANSWER_MS = 120_000;
/** An idempotency key goes with every other request: events recognised by key have no sequence, the others no key. */
const BY_KEY_SHARE = 0.5;
/** Calls of a run. */
const RUN = 4;

export class SimulatedFleet {
  readonly agents = new Map<string, Agent>();
  /** Ids of events that the server said it has. */
  readonly acknowledged = new Set<string>();
  /** Requests whose answer never came. */
  unanswered: Sent[] = [];
  readonly #random: () => number;
  #requests = 0;

  constructor(
    public url: string,
    private readonly key: string,
    private readonly seed: number,
  ) {
    this.#random = mulberry32(seed);
  }

  random = (): number => this.#random();

  /** Makes agents known, with `learned` healthy calls each, so that they have a baseline. */
  async add(ids: readonly string[], type: string, learned: number): Promise<void> {
    for (const id of ids) {
      const agent = { id, type, sequence: 0, factor: 1, directive: { version: 0, hash: "0", status: "run" } };
      this.agents.set(id, agent);
      await this.#request("POST", "/api/v1/agents/register", {
        agent_id: id,
        agent_type: type,
        model: "m-1",
        provider: "p-1",
        enforcement: true,
        instance_id: `${id}-1`,
      });
      await this.report(agent, learned, { byKey: false });
    }
  }

  /** One step of an agent: work if it may, else a heartbeat that says it is held. False when the server is gone. */
  async step(agent: Agent): Promise<boolean> {
    if (agent.directive.status === "run") return this.report(agent, 1 + Math.floor(this.#random() * 8));
    const byKey = this.#random() < BY_KEY_SHARE;
    return this.#send([{ ...this.#head(agent, byKey), kind: "heartbeat", enforced: true }], byKey);
  }

  /** Reports `n` calls in one request. */
  async report(agent: Agent, n: number, { byKey = this.#random() < BY_KEY_SHARE } = {}): Promise<boolean> {
    const now = Date.now();
    const events = Array.from({ length: n }, (_, i) => {
      const input = Math.round(this.#lognormal(900, 0.3) * agent.factor);
      const output = Math.round(this.#lognormal(200, 0.3) * agent.factor);
      return {
        ...this.#head(agent, byKey),
        kind: "model_call",
        timestamp: now - (n - i) * 10,
        run_id: `${agent.id}-${Math.floor(agent.sequence / RUN)}`,
        model: "m-1",
        provider: "p-1",
        prompt_hash: "p",
        latency_ms: Math.round(this.#lognormal(800, 0.3)),
        input_tokens: input,
        output_tokens: output,
        token_count: input + output,
        cost: (input + 4 * output) / 1e6,
        tool_calls: 1,
        retries: 0,
        success: true,
      };
    });
    return this.#send(events, byKey);
  }

  /** Sends again, word for word, what was never answered. How many events of it the server had already. */
  async retry(): Promise<{ events: number; known: number }> {
    const again = this.unanswered;
    this.unanswered = [];
    let events = 0;
    let known = 0;
    for (const sent of again) {
      events += sent.ids.length;
      known += (await this.#post(sent))?.duplicates ?? 0;
    }
    return { events, known };
  }

  /** The standing directive as an instance that has just started asks for it. */
  async restarted(id: string, instance: string): Promise<{ directive: Directive; ms: number }> {
    const began = performance.now();
    const path = `/api/v1/agents/${encodeURIComponent(id)}/directive?version=0&wait=5&instance_id=${instance}`;
    const { directive } = (await this.#request("GET", path)) as { directive: Directive };
    return { directive, ms: performance.now() - began };
  }

  #head(agent: Agent, byKey: boolean): Event {
    const sequence = agent.sequence++;
    return {
      agent_id: agent.id,
      agent_type: agent.type,
      instance_id: `${agent.id}-1`,
      timestamp: Date.now(),
      ...(byKey ? {} : { sequence }),
      directive_version: agent.directive.version,
      directive_hash: agent.directive.hash,
      attributes: { id: `${agent.id}#${this.#random().toString(36).slice(2)}` },
    };
  }

  async #send(events: Event[], byKey: boolean): Promise<boolean> {
    const sent = {
      ids: events.map((event) => event.attributes.id),
      body: JSON.stringify({ events }),
      idempotencyKey: byKey ? `request-${this.seed}-${this.#requests++}` : null,
    };
    return (await this.#post(sent)) !== null;
  }

  /** Null when no answer came: then nobody knows whether the events are stored. Throws when they were refused. */
  async #post(sent: Sent): Promise<Answer | null> {
    let answer: Answer;
    try {
      const headers: Record<string, string> = {};
      if (sent.idempotencyKey !== null) headers["idempotency-key"] = sent.idempotencyKey;
      answer = (await this.#request("POST", "/api/v1/ingest", sent.body, headers)) as Answer;
    } catch (error) {
      if (error instanceof Refused) throw error;
      this.unanswered.push(sent);
      return null;
    }
    if (answer.accepted + answer.duplicates !== sent.ids.length)
      throw new Error(`${answer.accepted} + ${answer.duplicates} of ${sent.ids.length} events`);
    for (const id of sent.ids) this.acknowledged.add(id);
    for (const [id, { directive }] of Object.entries(answer.agents)) this.#obey(id, directive);
    return answer;
  }

  #obey(id: string, directive: Directive): void {
    const agent = this.agents.get(id);
    if (!agent || directive.version <= agent.directive.version) return;
    // Whatever was done to it when it may run again, it did it good.
    if (directive.status === "run") agent.factor = 1;
    agent.directive = directive;
  }

  async #request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<unknown> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.key}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Refused(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** Box & Muller (1958). */
  #lognormal(median: number, sd: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
    return median * Math.exp(sd * normal);
  }
}

class Refused extends Error {}

/** Numbers in [0, 1) that a seed decides (mulberry32). */
function mulberry32(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Agents that only exist as what they report over HTTP: enough to bring every screen to life with the real loop behind it. */

export interface Reporter {
  id: string;
  type: string;
  /** A multiple of the usual tokens; 1 is healthy. */
  tokens: number;
  sequence: number;
  step: number;
  run: number;
  directive: { version: number; hash: string | null; status: string };
}

interface Answer {
  rejected: readonly object[];
  agents: Record<string, { state: string; directive: { version: number; hash: string; status: string } }>;
}

/** Reports with one ingest key, and obeys directives as a guard would. */
export class Fleet {
  readonly #url: string;
  readonly #key: string;
  readonly #random: () => number;

  constructor(url: string, key: string, seed = 7) {
    this.#url = url;
    this.#key = key;
    this.#random = mulberry32(seed);
  }

  agent(id: string, type: string): Reporter {
    return { id, type, tokens: 1, sequence: 0, step: 0, run: 0, directive: { version: 0, hash: null, status: "run" } };
  }

  async register(agents: readonly Reporter[]): Promise<void> {
    for (const agent of agents)
      await this.#post("/api/v1/agents/register", {
        agent_id: agent.id,
        agent_type: agent.type,
        model: "helio-4",
        provider: "helio",
        mcp_servers: ["files", "search"],
        tools: ["search", "write"],
        enforcement: true,
        instance_id: "one",
        prompt_hash: `prompt of ${agent.type}`,
        held_prompts: [`prompt of ${agent.type}`],
      });
  }

  /** Says whom an agent works for. */
  label({ id }: Reporter, labels: Record<string, string>): Promise<unknown> {
    return this.#post("/api/v1/agents/register", { agent_id: id, labels });
  }

  /** One call that costs so much. */
  spend(agent: Reporter, usd: number): Promise<void> {
    const event = {
      ...this.#common(agent, Date.now()),
      kind: "model_call",
      run_id: "spends",
      cost: usd,
      token_count: 900,
    };
    return this.report([event], [agent]);
  }

  /** Healthy reports of the last minutes, enough to learn what is normal. */
  async history(agents: readonly Reporter[], samples = 160): Promise<void> {
    const now = Date.now();
    const apart = 500;
    for (let from = 0; from < samples; from += 20)
      await this.report(
        agents.flatMap((agent) => range(20).map((step) => this.#event(agent, now - (samples - from - step) * apart))),
        agents,
      );
  }

  /** One report of each: vitals, or a heartbeat of one that is held. */
  step(agents: readonly Reporter[]): Promise<void> {
    const now = Date.now();
    return this.report(
      agents.map((agent) =>
        agent.directive.status === "quarantined" ? this.#heartbeat(agent, now) : this.#event(agent, now),
      ),
      agents,
    );
  }

  async report(events: readonly object[], agents: readonly Reporter[]): Promise<void> {
    for (let from = 0; from < events.length; from += 500) {
      const answer = await this.#post<Answer>("/api/v1/ingest", { events: events.slice(from, from + 500) });
      if (answer.rejected.length > 0) throw new Error(`Refused: ${JSON.stringify(answer.rejected[0])}`);
      for (const agent of agents) {
        const told = answer.agents[agent.id]?.directive;
        if (told && told.version > agent.directive.version) agent.directive = told;
      }
    }
  }

  #event(agent: Reporter, timestamp: number): object {
    const common = this.#common(agent, timestamp);
    if (++agent.step % 8 === 0)
      return { ...common, kind: "run_end", run_id: `${agent.id} ${agent.run++}`, outcome: "done", success: true };
    const tokens = 900 * Math.exp(0.3 * this.#normal()) * agent.tokens;
    return {
      ...common,
      kind: "model_call",
      run_id: `${agent.id} ${agent.run}`,
      model: "helio-4",
      provider: "helio",
      latency_ms: 800 * Math.exp(0.3 * this.#normal()),
      input_tokens: tokens * 0.7,
      output_tokens: tokens * 0.3,
      token_count: tokens,
      cost: tokens * 3e-6,
      tool_calls: 2,
      retries: 0,
      success: true,
      prompt_hash: `prompt of ${agent.type}`,
    };
  }

  #heartbeat(agent: Reporter, timestamp: number): object {
    return { ...this.#common(agent, timestamp), kind: "heartbeat" };
  }

  #common(agent: Reporter, timestamp: number): object {
    const { version, hash } = agent.directive;
    return {
      agent_id: agent.id,
      agent_type: agent.type,
      timestamp,
      sequence: agent.sequence++,
      instance_id: "one",
      directive_version: version,
      ...(hash === null ? {} : { directive_hash: hash }),
      enforced: true,
    };
  }

  async #post<T>(path: string, body: object): Promise<T> {
    const answer = await fetch(`${this.#url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${this.#key}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(120_000),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
  }
}

const range = (length: number) => Array.from({ length }, (_, index) => index);

/** Tommy Ettinger's mulberry32: the same fleet in every run. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

import type { AgentEvent, Directive } from "@/sdk/typescript/wire";
import { createRng, type Rng } from "../fleet/rng";
import type { AgentSpec, ToolSpec } from "./agent-fleet";
import { hex } from "./agent-fleet";

/** How an agent differs from what it usually does. */
export interface Effect {
  /** Factors on medians. */
  times?: Partial<Record<"latency" | "input" | "output", number>>;
  /** What this tool answers is so many times as large. */
  floods?: { tool: string; times: number };
  /** Inputs grow with each call of the model by this share, up to that factor. */
  growth?: { share: number; upTo: number };
  /** Calls that fail: those of one tool, or (null) those of the model. */
  fails?: { tool: string | null; share: number };
  /** Share of model calls that are retried. */
  retried?: number;
  /** A run goes on for so many steps; its tool calls are, with this share, one of `cycle` calls that were made before, to the first tools. */
  circles?: { cycle: number; share: number; steps: number };
  /** So many calls a step of a tool that acts on the outside. */
  outward?: { tool: ToolSpec; calls: number };
  promptHash?: string;
  model?: string;
  /** The model that answers, whatever was asked for. */
  answersAs?: string;
}

/** What is the matter: with whom, for how long, and which orders end it. */
export interface Trouble {
  agents: string[];
  effect: Effect;
  /** It ends by itself after this, ms; null: it does not. */
  lastsMs: number | null;
  /** Orders that end it while they are in force. `tool`: that this one is revoked. */
  cures: (
    | { order: "rollback_prompt" | "reset_memory" | "reduce_autonomy" }
    | { order: "revoke_tools"; tool: string }
  )[];
}

/** Share of calls that fail, or are retried, or are made twice in a run, while all is well. */
const USUAL = { fails: 0.004, retried: 0.03, again: 0.02, second: 0.15 };
/** Nobody's run goes on for longer than this while all is well. */
const STEPS_MAX = 12;

interface Run {
  id: string;
  /** Model and tool calls so far. */
  model: number;
  tool: number;
  /** Model calls that it will make. */
  planned: number;
  /** Tool calls that its last model call asked for and that were not made yet. */
  due: (ToolSpec | null)[];
  made: { tool: ToolSpec; action: string; result: string }[];
  /** How many of those it had made when it began to go in circles. */
  free: number | null;
}

type Free = { kind: AgentEvent["kind"] } & Partial<AgentEvent>;

/**
 * One agent and its host, as Sentinel hears of them: works run after run, obeys the directive in force as the SDK's guard does, and says so. `startsAt` is
 * when the trouble begins, epoch ms. The same orders at the same times make the same events.
 */
export class AgentHost {
  #rng: Rng;
  #at: number;
  #run: Run | null = null;
  #runs = 0;
  #sequence = 0;
  #illCalls = 0;
  #directive: Directive | null = null;

  constructor(
    readonly spec: AgentSpec,
    readonly trouble: Trouble | null,
    readonly startsAt: number,
    begins: number,
    seed: number,
  ) {
    this.#rng = createRng(seed).fork(spec.id);
    this.#at = begins + this.#rng.next() * spec.pauseMs;
  }

  /** The directive as the last answer held it; in force from here on. */
  obey(directive: Directive): void {
    if (directive.version === this.#directive?.version) return;
    this.#directive = directive;
    // What it was at is given up: the gate is closed, or its run began under other rules.
    if (directive.status !== "run") this.#run = null;
  }

  /** What it reports up to `now`, a heartbeat at the end. */
  until(now: number): AgentEvent[] {
    const events: AgentEvent[] = [];
    const held = this.#directive !== null && this.#directive.status !== "run";
    if (held) this.#at = Math.max(this.#at, now);
    while (this.#at < now) events.push(this.#said(this.#step()));
    const beat: Free = { kind: "heartbeat", timestamp: now, ...(this.#directive && { enforced: true }) };
    return [...events, this.#said(beat, now)];
  }

  #said(event: Free, at = this.#at): AgentEvent {
    const { id, type } = this.spec;
    const d = this.#directive;
    return {
      agent_id: id,
      agent_type: type,
      instance_id: `${id}-a`,
      sequence: this.#sequence++,
      timestamp: Math.round(at),
      ...(d && d.version > 0 && { directive_version: d.version, directive_hash: d.hash }),
      ...event,
    };
  }

  /** What ails it now; nothing while it is well. */
  #effect(): Effect {
    const { trouble, startsAt } = this;
    if (trouble === null || !trouble.agents.includes(this.spec.id) || this.#at < startsAt) return {};
    if (trouble.lastsMs !== null && this.#at >= startsAt + trouble.lastsMs) return {};
    return trouble.cures.some((cure) => this.#isIn(cure)) ? {} : trouble.effect;
  }

  #isIn(cure: Trouble["cures"][number]): boolean {
    const d = this.#directive;
    if (d === null) return false;
    switch (cure.order) {
      case "rollback_prompt":
        return d.prompt !== null;
      case "reset_memory":
        return d.memory_epoch > 0;
      case "reduce_autonomy":
        return d.autonomy.level === "reduced";
      case "revoke_tools":
        return d.revoked_tools.includes(cure.tool);
    }
  }

  #step(): Free {
    const effect = this.#effect();
    const run = this.#run;
    if (run === null) return this.#begin();
    const { max_model_calls: models, max_tool_calls: tools } = this.#directive?.autonomy ?? {};
    const due = run.due.shift();
    if (due !== undefined) return (tools ?? Infinity) <= run.tool ? this.#end(run, "limited") : this.#toolCall(run, due, effect); // prettier-ignore
    const planned = effect.circles ? Math.max(run.planned, effect.circles.steps) : Math.min(run.planned, STEPS_MAX);
    if (run.model >= planned) return this.#end(run, "completed");
    return (models ?? Infinity) <= run.model ? this.#end(run, "limited") : this.#modelCall(run, planned, effect);
  }

  #begin(): Free {
    const { id, calls } = this.spec;
    const planned = Math.max(2, Math.round(calls * this.#rng.lognormal(0.2)));
    this.#run = { id: `${id}-r${++this.#runs}`, model: 0, tool: 0, planned, due: [], made: [], free: null };
    return { kind: "run_start", run_id: this.#run.id };
  }

  #end(run: Run, outcome: string): Free {
    this.#run = null;
    this.#at += this.spec.pauseMs * this.#rng.lognormal(0.3);
    return { kind: "run_end", run_id: run.id, outcome, success: outcome === "completed" };
  }

  #modelCall(run: Run, planned: number, effect: Effect): Free {
    const { spec } = this;
    const rng = this.#rng;
    const vary = (median: number, factor = 1) => median * factor * rng.lognormal(spec.sd);
    const grown = effect.growth ? Math.min(effect.growth.upTo, (1 + effect.growth.share) ** this.#illCalls++) : 1;
    const input = Math.round(vary(spec.inputTokens, grown * (effect.times?.input ?? 1)));
    const output = Math.round(vary(spec.outputTokens, effect.times?.output ?? 1));
    const latency = vary(spec.latencyMs, effect.times?.latency ?? 1);
    const failed = rng.chance(effect.fails?.tool === null ? effect.fails.share : USUAL.fails);
    const retried = rng.chance(effect.retried ?? USUAL.retried);
    const last = ++run.model >= planned;
    run.due = last ? [] : Array.from({ length: rng.chance(USUAL.second) ? 2 : 1 }, () => null);
    for (let n = 0; !last && n < (effect.outward?.calls ?? 0); n++) run.due.push(effect.outward!.tool);
    this.#at += latency;
    const model = effect.model ?? spec.model;
    return {
      kind: "model_call",
      run_id: run.id,
      model,
      response_model: effect.answersAs ?? `${model}-0114`,
      provider: spec.provider,
      prompt_hash: this.#directive?.prompt?.rollback_to ?? effect.promptHash ?? spec.promptHash,
      tools_hash: spec.toolsHash,
      latency_ms: Math.round(latency),
      input_tokens: input,
      output_tokens: output,
      token_count: input + output,
      cost: (input * spec.price.input + output * spec.price.output) / 1e6,
      tool_calls: run.due.length,
      retries: retried ? 1 : 0,
      success: !failed,
      ...(failed && { error_type: "timeout", http_status: 504 }),
    };
  }

  #toolCall(run: Run, asked: ToolSpec | null, effect: Effect): Free {
    const rng = this.#rng;
    const revoked = this.#directive?.revoked_tools ?? [];
    const mine = this.spec.tools.filter(({ name }) => !revoked.includes(name));
    const { circles } = effect;
    run.tool++;
    if (circles) run.free ??= run.made.length;
    const round = circles && asked === null ? run.made.slice(run.free ?? 0).slice(0, circles.cycle) : [];
    const turn = run.tool % (circles?.cycle ?? 1);
    const goesRound = circles !== undefined && round.length === circles.cycle && rng.chance(circles.share);
    const twice = asked === null && rng.chance(USUAL.again);
    const before = goesRound ? round[turn] : twice ? run.made.at(-1) : undefined;
    const next = circles && round.length < circles.cycle ? this.spec.tools[round.length] : undefined;
    const tool = asked ?? before?.tool ?? next ?? (mine.length > 0 ? rng.pick(mine) : null);
    // Without the tool the model hears that it was not run, and goes on.
    if (tool === null || revoked.includes(tool.name)) return this.#step();
    const call = before ?? { tool, action: hex(rng), result: hex(rng) };
    if (!before) run.made.push(call);
    const latency = tool.ms * rng.lognormal(this.spec.sd);
    const failed = rng.chance(effect.fails?.tool === tool.name ? effect.fails.share : USUAL.fails);
    this.#at += latency;
    return {
      kind: "tool_call",
      run_id: run.id,
      tool: tool.name,
      side_effect: tool.sideEffect,
      action_hash: call.action,
      result_hash: failed ? hex(rng) : call.result,
      result_bytes: Math.round(tool.bytes * (effect.floods?.tool === tool.name ? effect.floods.times : 1) * rng.lognormal(this.spec.sd)), // prettier-ignore
      latency_ms: Math.round(latency),
      success: !failed,
      ...(failed && { error_type: "upstream_error" }),
    };
  }
}

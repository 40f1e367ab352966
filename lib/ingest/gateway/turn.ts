import type { IngestKey } from "@/lib/auth/keys";
import type { AgentEvent } from "@/lib/contracts/event";
import { BREAKER, BREAKER_CALLS, IDENTICAL, IDENTICAL_CALLS } from "@/lib/core/agents/breaker";
import { CANNOT } from "../hooks/ask";
import { DIALECTS, hashOf } from "../hooks/dialects";
import type { HookMemory } from "../hooks/memory";
import { type Repeated, subjectOf } from "../hooks/subject";
import { reasonFor, type Subject, type Verdict, verdictFor } from "../hooks/verdict";
import { agentPrices } from "../otlp/agent-prices";
import { asName } from "../otlp/identity";
import { costOf, priceOf } from "../otlp/prices";
import type { Api, Json, Told, ToolCall } from "./api";
import { configured } from "./configured";
import type { Lineage } from "./lineage";
import type { Reports } from "./reports";

/** Whom a request is of. */
export interface Who {
  key: IngestKey;
  agentId: string;
  type: string;
  /** Whether the agent was told of before. */
  isKnown: boolean;
  labels: Readonly<Record<string, string>>;
  runId: string;
  lineage: Lineage;
}

/** What the requests of one process share. */
export interface Desk {
  memory: HookMemory;
  reports: Reports;
  /** Requests under way, by agent. */
  flying: Map<string, number>;
}

/** All of an agent's requests pass here, so that the gateway is one of its instances, which enforces for all of its runs. */
const INSTANCE = "gateway";
/** Programs that poll have tools for it; of a request nobody knows which program it comes from. */
const POLLS: ReadonlySet<string> = new Set(Object.values(DIALECTS).flatMap(({ polls }) => [...polls]));
const PROMPT: Repeated & { tool: null } = { kind: "before_prompt", tool: null, actionHash: null, callId: null, polls: false, subagent: null }; // prettier-ignore

/** How a request ended, as far as the call to the model is concerned. */
export interface Ended {
  status?: number;
  told?: Told;
  calls?: number;
  firstAt?: number | null;
  error?: string | null;
  /** The client went away: nobody failed. */
  aborted?: boolean;
}

/** One request: what it is allowed, and what is told of it. Times are epoch ms. */
export class Turn {
  #flies = false;

  constructor(
    private readonly desk: Desk,
    private readonly who: Who,
    private readonly api: Api,
    private readonly asked: { body: Json & { model: string }; base: string; at: number },
  ) {}

  get revoked(): ReadonlySet<string> {
    return new Set(this.desk.memory.directiveOf(this.who.agentId)?.revokedTools);
  }

  /** Why the request may not go on; null: it may. A refusal is recorded: it proves the hold. */
  refusal(): string | null {
    const subject = this.#subject(PROMPT);
    return this.#refused(verdictFor(PROMPT, subject), subject, null);
  }

  /** Why what is on its way may not get through: the agent is held since. */
  held(): string | null {
    const { memory } = this.desk;
    const directive = memory.directiveOf(this.who.agentId);
    return directive === null || directive.status === "run" ? null : this.refusal();
  }

  /** Why a call of this tool may not begin; null: it may, as far as its name says. */
  refusesTool(tool: string): string | null {
    const ask = { ...PROMPT, kind: "before_tool" as const, tool };
    const subject = this.#subject({ ...ask, kind: "other" });
    return this.#refused(verdictFor(ask, subject), subject, { tool, hash: null });
  }

  /** Why a call may not get through; null: it may, and is told. */
  refusesCall({ tool, id, input }: ToolCall): string | null {
    const hash = hashOf([tool, argumentsIn(input)]);
    const ask = { ...PROMPT, kind: "before_tool" as const, tool, actionHash: hash, callId: id, polls: POLLS.has(tool) };
    const subject = this.#subject(ask);
    const reason = this.#refused(verdictFor(ask, subject), subject, { tool, hash });
    if (reason === null) this.#tell({ kind: "tool_call", tool: asName(tool), action_hash: hash });
    return reason;
  }

  /** The request goes to the upstream. */
  begin(): void {
    const { flying } = this.desk;
    flying.set(this.who.agentId, (flying.get(this.who.agentId) ?? 0) + 1);
    this.#flies = true;
  }

  /** The call to the model is over; only the first time counts. */
  end({ status, told, calls = 0, firstAt = null, error = null, aborted = false }: Ended): void {
    if (!this.#flies) return;
    this.#flies = false;
    const { flying, memory } = this.desk;
    const { agentId } = this.who;
    const left = (flying.get(agentId) ?? 1) - 1;
    if (left > 0) flying.set(agentId, left);
    else flying.delete(agentId);
    const { at, body } = this.asked;
    const { model } = body;
    const { input, output, cached, cacheWrite, reasoning } = told?.tokens ?? {};
    const price = priceOf(told?.model ?? model, agentPrices()) ?? priceOf(model, agentPrices());
    const cost = price && told ? costOf(price, told.tokens) : null;
    const failed = error ?? told?.error ?? (status !== undefined && status >= 400 ? `http_${status}` : null);
    const directive = memory.directiveOf(agentId);
    this.#tell({
      kind: "model_call",
      model: asName(model),
      response_model: asName(told?.model),
      provider: this.api.vendor,
      // Read now, when nobody waits for it.
      ...configured(body),
      latency_ms: Date.now() - at,
      ttft_ms: firstAt === null ? null : firstAt - at,
      input_tokens: input ?? null,
      output_tokens: output ?? null,
      cached_input_tokens: cached ?? null,
      cache_write_tokens: cacheWrite ?? null,
      reasoning_tokens: reasoning ?? null,
      cost: cost === null ? null : cost / 1e9,
      finish_reason: aborted ? "aborted" : asName(told?.finish),
      http_status: status ?? null,
      ...(aborted ? {} : { success: failed === null }),
      error_type: asName(failed),
      tool_calls: calls,
      ...(directive
        ? {
            directive_version: directive.version,
            directive_hash: directive.hash,
            // With the last one of before over, whatever comes next is refused.
            ...(directive.status === "run" || left <= 0 ? { enforced: true } : {}),
          }
        : {}),
    });
  }

  #subject(event: Repeated): Subject {
    const { memory } = this.desk;
    const { key, agentId, type, runId, labels, lineage } = this.who;
    const session = memory.session(key.id, `${INSTANCE}\n${runId}`, "", "", Date.now());
    return subjectOf(memory, session, event, { agentId, type, runId, rootRunId: lineage.rootRunId, labels });
  }

  #refused(verdict: Verdict, subject: Subject, call: { tool: string; hash: string | null } | null): string | null {
    if (verdict.kind === "allow") return null;
    const { directive, streak } = subject;
    const opened = verdict.by === "breaker" && streak?.calls === IDENTICAL_CALLS;
    const isIdle = !this.desk.flying.has(this.who.agentId);
    this.#tell({
      kind: "heartbeat",
      ...(call ? { tool: asName(call.tool), action_hash: call.hash } : {}),
      ...(directive
        ? {
            directive_version: directive.version,
            directive_hash: directive.hash,
            // A hold is proven once nothing of before is under way; that a tool is revoked by each refusal of it.
            ...(verdict.by === "directive" && (isIdle || directive.status === "run") ? { enforced: true } : {}),
          }
        : {}),
      attributes: {
        gateway: `${this.api.vendor}${this.api.path}`,
        cannot: CANNOT,
        ...(opened ? { [BREAKER]: IDENTICAL, [BREAKER_CALLS]: IDENTICAL_CALLS } : {}),
      },
    });
    return reasonFor(verdict, this.who.agentId, this.asked.base);
  }

  #tell(event: Partial<AgentEvent>): void {
    const { key, agentId, type, isKnown, runId, lineage } = this.who;
    this.desk.reports.add(key, agentId, {
      ...event,
      // Its type is said once: whoever knows the agent may have called it otherwise.
      ...(isKnown ? {} : { agent_type: type }),
      timestamp: Date.now(),
      instance_id: INSTANCE,
      run_id: runId,
      ...(lineage.rootRunId !== null && { root_run_id: lineage.rootRunId }),
      ...(lineage.parentRunId !== null && { parent_run_id: lineage.parentRunId }),
    });
  }
}

/** What arguments hold, so that spaces between them make no other call. */
function argumentsIn(input: unknown): unknown {
  if (typeof input !== "string") return input ?? null;
  try {
    return JSON.parse(input) as unknown;
  } catch {
    return input;
  }
}

import type { BaseMessage } from "@langchain/core/messages";
import type { Budget } from "./budget";
import type { Chain, Chat, ModelRole, Reply, ToolSpec } from "./models";

/** How one call to a model went, for the trajectory. */
export interface ModelCall<Node> {
  /** On whose behalf. */
  node: Node;
  model: string;
  role: ModelRole;
  preview: string;
  startedAt: number;
  ms: number;
  tokens: number;
  usd: number;
  ok: boolean;
}

export type Answer = { kind: "said"; reply: Reply; author: string } | { kind: "silent"; why: string };

export interface Asker<Node> {
  /** Whether a role has a model that may still answer. */
  has(role: ModelRole): boolean;
  /** Asks a role's models in turn until one answers. Silence is an answer: none is left, or the budget is spent. */
  ask(q: {
    node: Node;
    role: ModelRole;
    messages: BaseMessage[];
    tools?: ToolSpec[];
    signal?: AbortSignal;
  }): Promise<Answer>;
}

/** What one call may take. */
export interface CallSize {
  outputTokens: number;
  ms: number;
}

/**
 * A page, after what a model that reasons thinks unseen, which counts as output too. A model that has not answered by then is passed over;
 * the incident does not wait.
 */
const ONE_PAGE: CallSize = { outputTokens: 4_000, ms: 30_000 };
/** The last one of a chain is asked again when it is overloaded; before that, the next one is a better use of the time. */
const LAST_RETRIES = 1;
/** Failures after which a model is not asked again in this investigation. */
const STRIKES = 2;
/** Statuses that another attempt will not change: a wrong key, a wrong name, a request that is not understood. */
const LASTING = new Set([400, 401, 403, 404, 405, 413, 422]);
/** Fewest and most bytes that a token stands for, over common tokenizers and texts. */
const MIN_BYTES_PER_TOKEN = 2;
const MAX_BYTES_PER_TOKEN = 8;
/** What the envelope of a request adds. */
const ENVELOPE_TOKENS = 50;
const PREVIEW_CHARS = 300;

/**
 * Asks models within a budget. What a call may use at most is taken before it is made (see budget.ts). A provider's own count
 * is believed within what the sizes allow: no less than its bytes must have been, no more than the call was granted; a
 * model that claims more is not asked again. `record` is called for every attempt.
 */
export function createAsker<Node>(
  chains: Partial<Record<ModelRole, Chain>>,
  budget: Budget,
  now: () => number,
  record: (call: ModelCall<Node>) => Promise<void>,
  size: CallSize = ONE_PAGE,
): Asker<Node> {
  const strikes = new Map<string, number>();
  const usable = (role: ModelRole) =>
    (chains[role]?.chats ?? []).filter(({ name }) => (strikes.get(name) ?? 0) < STRIKES);
  const strike = (chat: Chat, count: number) => strikes.set(chat.name, (strikes.get(chat.name) ?? 0) + count);

  return {
    has: (role) => usable(role).length > 0 && budget.hasRoomForModel(),
    async ask({ node, role, messages, tools = [], signal }) {
      const bytes = bytesOf(messages.map((m) => [m.type, m.content])) + bytesOf(tools);
      let why = chains[role] === undefined ? "no model is configured" : "no configured model is answering";
      const chats = usable(role);
      for (const chat of chats) {
        signal?.throwIfAborted();
        const inputTokens = Math.ceil(bytes / MIN_BYTES_PER_TOKEN) + ENVELOPE_TOKENS;
        const grant = budget.takeModel({ inputTokens, maxOutput: size.outputTokens, price: chat.price, ms: size.ms });
        if (grant.kind === "spent") return { kind: "silent", why: `the budget is spent (${grant.what})` };
        const startedAt = now();
        const done = (counted: { tokens: number; usd: number }, preview: string, ok: boolean) =>
          record({
            node,
            model: chat.name,
            role,
            preview: preview.slice(0, PREVIEW_CHARS),
            startedAt,
            ms: now() - startedAt,
            ...counted,
            ok,
          });
        try {
          const reply = await chat.ask(messages, tools, {
            maxTokens: grant.maxOutput,
            timeoutMs: grant.ms,
            retries: chat === chats.at(-1) ? LAST_RETRIES : 0,
            signal,
          });
          const used = plausible(reply, bytes, inputTokens);
          const counted = grant.settle(used);
          if (used.input + used.output > inputTokens + grant.maxOutput) strike(chat, STRIKES);
          await done(counted, previewOf(reply), true);
          return { kind: "said", reply, author: chat.name };
        } catch (error) {
          signal?.throwIfAborted();
          const status = statusOf(error);
          const counted = grant.settle(status === null ? null : { input: 0, output: 0 });
          strike(chat, status !== null && LASTING.has(status) ? STRIKES : 1);
          why = `${chat.name} did not answer`;
          await done(counted, reasonOf(error, status), false);
        }
      }
      return { kind: "silent", why };
    },
  };
}

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

function plausible(reply: Reply, bytes: number, most: number): { input: number; output: number } {
  const written = bytesOf([reply.text, reply.calls]);
  const least = { input: Math.floor(bytes / MAX_BYTES_PER_TOKEN), output: Math.floor(written / MAX_BYTES_PER_TOKEN) };
  if (reply.tokens === null) return { input: most, output: Math.ceil(written / MIN_BYTES_PER_TOKEN) };
  return { input: Math.max(least.input, reply.tokens.input), output: Math.max(least.output, reply.tokens.output) };
}

/** The HTTP status of a client's error, if the provider answered at all. */
function statusOf(error: unknown): number | null {
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === "number" && status >= 400 ? status : null;
}

/** Providers' own words may repeat the request or the key: only the kind of failure is kept. */
function reasonOf(error: unknown, status: number | null): string {
  if (status !== null) return `answered ${status}`;
  if (!(error instanceof Error)) return "failed";
  const cause = error.cause instanceof Error ? error.cause : error;
  if (cause.name === "UnusableAnswer") return cause.message;
  return /timeout|abort/i.test(`${error.name} ${error.message}`) ? "did not answer in time" : `failed (${cause.name})`;
}

const previewOf = (reply: Reply) =>
  [...reply.calls.map(({ name }) => `calls ${name}`), reply.text].filter((part) => part !== "").join("; ");

import type { IngestKey } from "@/lib/auth/keys";
import { type HookAnswer, type HookBody, type HookProgram, HOOKS_VERSION } from "@/lib/contracts/hooks";
import type { AgentEvent } from "@/lib/contracts/event";
import { EVENT_LIMITS } from "@/lib/contracts/event";
import { BREAKER, BREAKER_CALLS, IDENTICAL, IDENTICAL_CALLS } from "@/lib/core/agents/breaker";
import { type Db } from "@/lib/db/client";
import { onShutdown } from "@/lib/shutdown";
import type { ContentKind } from "@/lib/core/base/vocabulary";
import { rawContent } from "@/lib/core/evidence/content";
import type { Content } from "../otlp/content";
import { asName } from "../otlp/identity";
import { short } from "../otlp/series";
import { callRecord, type Told } from "../otlp/told";
import { DIALECTS, type HookEvent, readHook } from "./dialects";
import { HookMemory, type Owner, type Session } from "./memory";
import { CONTENT_WAITING_MAX, HookTeller, WAITING_MAX } from "./tell";
import { subjectOf } from "./subject";
import { type InForce, reasonFor, type Subject, type Verdict, verdictFor } from "./verdict";

/** What answers the hooks of one process. */
interface Desk {
  memory: HookMemory;
  teller: HookTeller;
}

/** One for each database of the process: one Next process holds several copies of this module. */
const desks = (): WeakMap<Db, Desk> => {
  const global = globalThis as unknown as Record<symbol, WeakMap<Db, Desk>>;
  return (global[Symbol.for("sentinel.hooks")] ??= new WeakMap());
};

function deskOf(db: Db): Desk {
  let desk = desks().get(db);
  if (!desk) {
    const memory = new HookMemory(db);
    const teller = new HookTeller(db, memory);
    desks().set(db, (desk = { memory, teller }));
    onShutdown(() => teller.flush());
  }
  return desk;
}

/** What stands, as it is known in memory: hooks and the gateway are answered from the same. */
export const memoryOf = (db: Db): HookMemory => deskOf(db).memory;

/** Reads what stands, so that the first hook after a start is answered by it. */
export const loadHooks = (db: Db): Promise<void> => deskOf(db).memory.look();

/** Stores what hooks told so far, and waits for it. */
export const flushHooks = (db: Db): Promise<void> => deskOf(db).teller.flush();

export interface Ask {
  program: HookProgram;
  body: HookBody;
  key: IngestKey;
  /** Who runs the program, as its settings say; null: they do not. */
  user: string | null;
  /** Their team, likewise. */
  team: string | null;
  /** Where the console is, for the link in a refusal. */
  base: string;
}

/** Rungs that nobody can climb where only hooks or the gateway reach: said with each refusal, so that they are not proposed. */
export const CANNOT = ["reset_memory", "rollback_prompt", "reduce_autonomy", "clone_agent"].join(",");

/**
 * Answers one hook from memory. What it saw is stored behind the answer. Only the first hook after a minute without any waits for
 * the database.
 */
export async function askHook(db: Db, { program, body, key, user, team, base }: Ask, now: number): Promise<HookAnswer> {
  const { memory, teller } = deskOf(db);
  await memory.ready(now);
  const event = readHook(program, body);
  const who = whoOf(event, user, team);
  const session = memory.session(key.id, event.session, who.seat, who.person, now);
  const owner = ownerOf(memory, session);
  const by = {
    agentId: owner?.agentId ?? null,
    type: owner?.type ?? DIALECTS[program].type,
    runId: asName(session.id),
    labels: { ...(who.user !== null && { user: who.user }), ...(who.team !== null && { team: who.team }) },
  };
  const subject = subjectOf(memory, session, event, by);
  const verdict = verdictFor(event, subject);
  if (verdict.kind === "deny" && verdict.by === "directive") session.owner ??= ownerOf(memory, session);
  const content = key.content === true ? contentIn(event, body) : undefined;
  const told = toldOf({ event, verdict, subject, who, content, at: now });
  if (told && session.waiting.length < WAITING_MAX) {
    // Texts of sessions that are nobody's yet stay in memory: only of the first records.
    if (session.waiting.length >= CONTENT_WAITING_MAX) delete told.content;
    session.waiting.push(told);
  }
  teller.note(key, session, {
    program: DIALECTS[program].type,
    scope: "hooks",
    signal: "hooks",
    name: asName(event.name) ?? "",
    fate: event.kind === "other" ? "kept_by_name" : "taken",
    records: 1,
  });
  if (verdict.kind === "allow") return {};
  return DIALECTS[program].deny(event, reasonFor(verdict, subject.agentId, base));
}

interface Who {
  user: string | null;
  team: string | null;
  host: string | null;
  seat: string;
  person: string;
}

/** Whoever sits where a hook comes from: the settings' word for it, else the home folder. */
function whoOf({ program, home, cwd }: HookEvent, header: string | null, team: string | null): Who {
  const [name = "", host = ""] = (header ?? "").split("@");
  const user = asName(name.trim(), 60) ?? asName(home?.split(/[/\\]/).at(-1), 60);
  const person = [program, user ?? "", host.trim(), home ?? ""].join("\n");
  return {
    user,
    team: asName(team?.trim(), 60),
    host: asName(host.trim(), 60),
    seat: `seat:${short(`${person}\n${cwd ?? ""}`)}`,
    person: `seat:${short(person)}`,
  };
}

/** Whose a session is, else whose its person's sessions are in other folders. */
const ownerOf = (memory: HookMemory, { keyId, owner, person }: Session): Owner | null =>
  owner ?? memory.seats.get(`${keyId}\n${person}`) ?? null;

interface Saw {
  event: HookEvent;
  verdict: Verdict;
  subject: Subject;
  who: Who;
  content: Content | undefined;
  at: number;
}

/**
 * What a hook becomes: a tool call that ended, or the proof of one that was not let through, or of a held session that is over.
 * Null: it is only counted.
 */
function toldOf({ event, verdict, subject, who, content, at }: Saw): Told | null {
  const ended = event.kind === "after_tool" || event.kind === "tool_failed";
  // By its id a call counts once, whoever tells of it; one that goes on has yet to be told.
  const callId = ended || verdict.kind === "deny" ? event.callId : null;
  const record = (of: Pick<Told, "kind" | "amounts" | "event">): Told => ({
    ...of,
    event: { ...of.event, sdk_version: HOOKS_VERSION },
    signal: callId === null ? "hooks" : "logs",
    ...(content && { content }),
    held: true,
    who: {
      agentId: asName([DIALECTS[event.program].type, who.user ?? who.host].filter(Boolean).join(":"))!,
      agentType: DIALECTS[event.program].type,
      instanceId: null,
      version: null,
      environment: null,
      labels: { ...(who.user ? { user: who.user } : {}), ...(who.host ? { host: who.host } : {}) },
      ...(who.team && { otherwise: { team: who.team } }),
    },
    session: event.session,
    trace: null,
    id: callId === null ? short(`${at}\n${event.name}\n${event.actionHash}\n${subject.streak?.calls}`) : callRecord(callId), // prettier-ignore
    at,
  });
  if (ended) {
    const fields = { ...callOf(event), ...acknowledged(subject.directive, subject.directive?.status === "run") };
    return record({ kind: "tool_call", amounts: { toolCalls: 1, ...(event.failed ? { failures: 1 } : {}) }, event: fields }); // prettier-ignore
  }
  const opened = subject.streak?.calls === IDENTICAL_CALLS;
  const over = event.kind === "session_end" && subject.directive !== null && subject.directive.status !== "run";
  if (verdict.kind === "allow" && !opened && !over)
    return event.kind === "before_prompt" && content ? record({ kind: "content", amounts: {}, event: {} }) : null;
  const held = over || (verdict.kind === "deny" && verdict.by === "directive");
  return record({
    kind: "heartbeat",
    amounts: {},
    event: {
      tool: asName(event.tool),
      action_hash: event.actionHash,
      ...acknowledged(subject.directive, held),
      attributes: {
        hook: event.name.slice(0, EVENT_LIMITS.name),
        cannot: CANNOT,
        ...(opened ? { [BREAKER]: IDENTICAL, [BREAKER_CALLS]: IDENTICAL_CALLS } : {}),
      },
    },
  });
}

/** What a hook holds of content: the prompt before it goes on, and of a tool call what it was given and gave, once it ended. */
function contentIn({ kind }: HookEvent, { prompt, tool_input: input, tool_response: response }: HookBody) {
  const content: Content = {};
  const set = (what: ContentKind, value: unknown) => {
    if (value === undefined || value === null || value === "") return;
    content[what] = rawContent(typeof value === "string" ? value : JSON.stringify(value));
  };
  if (kind === "before_prompt") set("prompt", prompt);
  if (kind === "after_tool" || kind === "tool_failed") {
    set("tool_arguments", input);
    set("tool_output", response);
  }
  return Object.keys(content).length > 0 ? content : undefined;
}

const callOf = (event: HookEvent): Partial<AgentEvent> => ({
  tool: asName(event.tool),
  permission_mode: asName(event.permissionMode),
  effort: asName(event.effort),
  action_hash: event.actionHash,
  result_hash: event.resultHash,
  success: !event.failed,
  latency_ms: event.durationMs !== null && event.durationMs >= 0 && event.durationMs <= EVENT_LIMITS.latencyMs ? event.durationMs : null, // prettier-ignore
});

const acknowledged = (directive: InForce | null, enforced: boolean): Partial<AgentEvent> =>
  directive
    ? { directive_version: directive.version, directive_hash: directive.hash, ...(enforced ? { enforced } : {}) }
    : {};

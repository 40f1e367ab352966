import type { ChangeKind } from "../base/vocabulary";

/**
 * Who is speaking: model, declared prompt version (or its template's hash) and tools. Each identity and kind of step has
 * baselines of its own, a stratum, because their numbers do not mix.
 */
export interface Identity {
  model: string | null;
  prompt: string | null;
  tools: string | null;
  /** The model that answered last: providers may quietly serve another than was asked for. */
  answered: string | null;
  /** What answered whom: by the model that was asked for, of both the latest last. */
  answers?: { asked: string; by: string[] }[];
  /** How hard models are told to think, what the agent may do unasked, and which MCP servers it has: they change, but name no stratum. */
  effort?: string | null;
  permissions?: string | null;
  servers?: string | null;
  /** Identities seen before, latest last: while a new version rolls out, old and new ones speak in turn. */
  known: Record<"model" | "prompt" | "tools" | "answered", string[]> & Partial<Record<Part, string[]>>;
  /** The last prompt hashes, oldest first, to recognise prompts that are rendered anew each time. */
  recentPrompts: string[];
  dynamicPrompt: boolean;
  /** Announced changes whose new identity has not shown up yet. */
  announced: Part[];
  /** Samples for which changes belong to an announced deploy. */
  deployLeft: number;
  /** Samples for which effort and permission mode belong to an announced configuration. */
  configLeft?: number;
  /** Who came last, where anybody did. */
  arrival?: Arrival;
  /** Samples noted, and at which of them the last new values of each part came. */
  noted?: number;
  fresh?: Partial<Record<Part, number[]>>;
  /** Parts that have a new value too often to tell anything: they are left out of the strata. */
  unstable?: Part[];
}

/** An identity that showed up: which, whether it was announced, and how many strata were opened under it so far. */
interface Arrival {
  who: string;
  announced: boolean;
  strata: number;
}

type Part = "model" | "prompt" | "tools" | "answered" | "effort" | "permissions" | "servers";

export interface Speaker {
  model: string | null;
  responseModel: string | null;
  promptVersion: string | null;
  promptHash: string | null;
  toolsHash: string | null;
  effort?: string | null;
  permissionMode?: string | null;
  /** Names of MCP servers, in any order; null or absent: nothing was said of them. */
  mcpServers?: readonly string[] | null;
}

export interface IdentityChange {
  kind: "model" | "prompt" | "tools" | "config";
  /** What it is that changed, where its kind alone does not say. */
  what?: string;
  from: string;
  to: string;
  announced: boolean;
}

/** A hash seen in more than DYNAMIC_KINDS forms among DYNAMIC_WINDOW samples is rendered text, not a version. */
const DYNAMIC_WINDOW = 20;
const DYNAMIC_KINDS = 3;
/** Identities remembered per part: an agent that chooses among more models is told apart by none. */
const KNOWN_MAX = 32;
/** New values of a part within NOVELTY_WINDOW samples that make it unstable, once the agent is known for as long. */
const NOVELTY_MAX = 4;
const NOVELTY_WINDOW = 20;
/** New identities of a deploy, or of another configuration, show within so many samples. */
const DEPLOY_SAMPLES = 200;

export const createIdentity = (): Identity => ({
  model: null,
  prompt: null,
  tools: null,
  answered: null,
  known: { model: [], prompt: [], tools: [], answered: [] },
  recentPrompts: [],
  dynamicPrompt: false,
  announced: [],
  deployLeft: 0,
});

/**
 * Announce a change. True if its new identity will show in the samples; false if levels have to be learned anew at once
 * (a config change, a deploy, an agent that reports no hashes). What a deploy changes besides is expected for a while.
 */
export function announce(id: Identity, kind: ChangeKind): boolean {
  if (kind === "deploy") id.deployLeft = DEPLOY_SAMPLES;
  if (kind === "config") id.configLeft = DEPLOY_SAMPLES;
  if (kind === "tools" && id.tools === null && id.servers) id.announced.push(kind);
  if (kind !== "prompt" && kind !== "model" && kind !== "tools") return false;
  if (id[kind] === null) return false;
  if (!id.announced.includes(kind)) id.announced.push(kind);
  return true;
}

/**
 * Take note of who speaks: the parts that are new. Null parts say nothing and change nothing; a part seen before is no
 * news, so that a rolling deploy is told once.
 */
export function noteIdentity(id: Identity, s: Speaker): IdentityChange[] {
  if (id.deployLeft > 0) id.deployLeft--;
  if (id.configLeft) id.configLeft--;
  // A state from before this was counted belongs to an agent that is known.
  id.noted = (id.noted ?? (id.model === null ? 0 : NOVELTY_WINDOW)) + 1;
  // One announcement may be of several parts that show in the same sample.
  const said = new Set<string>(id.announced);
  const changes: IdentityChange[] = [];
  const announced = (kind: IdentityChange["kind"]) =>
    said.has(kind) || id.deployLeft > 0 || (kind === "config" && (id.configLeft ?? 0) > 0);
  const note = (part: Exclude<Part, "answered">, kind: IdentityChange["kind"], now: string | null, what?: string) => {
    const from = take(id, part, now);
    if (from === null) return;
    changes.push({ kind, ...(what === undefined ? {} : { what }), from, to: now!, announced: announced(kind) });
    id.announced = id.announced.filter((other) => other !== kind);
  };
  note("model", "model", s.model);
  const answered = noteAnswered(id, s);
  if (answered !== null) {
    changes.push({ kind: "model", what: "answering model", ...answered, announced: announced("model") });
    id.announced = id.announced.filter((other) => other !== "model");
  }
  note("tools", "tools", s.toolsHash);
  note("servers", "tools", serversOf(s), "MCP servers");
  note("effort", "config", s.effort ?? null, "effort");
  note("permissions", "config", s.permissionMode ?? null, "permission mode");
  const prompt = s.promptVersion ?? s.promptHash;
  if (prompt !== null && !isDynamic(id, prompt)) note("prompt", "prompt", prompt);
  return changes;
}

/** Takes in the value of a part. What it was before, where the new one was never seen; else null: that is no news. */
function take(id: Identity, part: Part, now: string | null): string | null {
  const before = id[part] ?? null;
  if (now === null || now === before || isUnstable(id, part)) return null;
  const known = (id.known[part] ??= []);
  if (!known.includes(now) && isTooMuch(id, part)) return null;
  id[part] = now;
  if (known.includes(now)) return null;
  known.push(now);
  if (known.length > KNOWN_MAX) known.shift();
  return before;
}

/** Characters of a list of servers that are remembered: more than anybody reads. */
const SERVERS_CHARS = 200;

const serversOf = ({ mcpServers }: Speaker): string | null =>
  mcpServers === null || mcpServers === undefined
    ? null
    : [...new Set(mcpServers)].toSorted().join(", ").slice(0, SERVERS_CHARS) || "none";

export const isUnstable = (id: Identity, part: Part): boolean => id.unstable?.includes(part) ?? false;

/**
 * Takes note of one more new value of a part; true once there are too many to tell anything. From then on the part is
 * left out: a limit on cardinality, as metrics systems have it, so that naming each call anew hides nothing.
 */
function isTooMuch(id: Identity, part: Part): boolean {
  const noted = id.noted ?? 0;
  const fresh = [...(id.fresh?.[part] ?? []), noted].slice(-NOVELTY_MAX);
  id.fresh = { ...id.fresh, [part]: fresh };
  if (noted <= NOVELTY_WINDOW || fresh.length < NOVELTY_MAX || noted - fresh[0]! >= NOVELTY_WINDOW) return false;
  id.unstable = [...(id.unstable ?? []), part];
  id[part] = null;
  return true;
}

/**
 * The answering model: another one than before for the same request is a change, and so is a first answer by something that is not a
 * version of what was requested, such as a smaller model of the same family.
 */
function noteAnswered(id: Identity, s: Speaker): { from: string; to: string } | null {
  const now = s.responseModel;
  if (now === null || isUnstable(id, "answered")) return null;
  const asked = s.model ?? id.model ?? "";
  // What a state from before this was told apart knows, it knows of whatever was asked.
  id.answers ??= id.answered === null ? [] : [{ asked, by: [...id.known.answered] }];
  const known = id.answers.find((one) => one.asked === asked)?.by;
  if (known?.at(-1) === now) return null;
  if (!known?.includes(now) && isTooMuch(id, "answered")) return null;
  const by = [...(known ?? []).filter((one) => one !== now), now].slice(-KNOWN_MAX);
  id.answers = [...id.answers.filter((one) => one.asked !== asked), { asked, by }].slice(-KNOWN_MAX);
  id.answered = now;
  const from = known?.at(-1) ?? asked;
  const news = known ? !known.includes(now) : asked !== "" && !isVersionOf(now, asked);
  return news ? { from, to: now } : null;
}

/** What a version's name adds to its model's: a date, a number or a stage. */
const VERSION = /^(?:[-@:](?:v?\d[\d.-]*|latest|preview|experimental|exp|beta|stable))*$/;
/** Names that always mean the latest version of a model. */
const ALIAS = /-(?:latest|0)$/;

/** Whether `answered` is a version of `asked`: `gpt-4o-2024-08-06` of `gpt-4o`, but not `gpt-4o-mini`. */
function isVersionOf(answered: string, asked: string): boolean {
  const [name, base] = [baseName(answered), baseName(asked)];
  const model = base.replace(ALIAS, "");
  return name === base || (name.startsWith(model) && VERSION.test(name.slice(model.length)));
}

/** "openai/GPT-4o" and "gpt-4o" are the same model. */
const baseName = (model: string) => model.slice(model.lastIndexOf("/") + 1).toLowerCase();

/** Whether prompts come in so many forms that they are rendered text, or versions that mean nothing. */
function isDynamic(id: Identity, hash: string): boolean {
  if (id.dynamicPrompt) return true;
  const recent = id.recentPrompts;
  recent.push(hash);
  if (recent.length > DYNAMIC_WINDOW) recent.shift();
  if (hash === id.prompt || new Set(recent).size <= DYNAMIC_KINDS) return false;
  id.dynamicPrompt = true;
  id.prompt = null;
  id.recentPrompts = [];
  return true;
}

const who = (id: Identity): string => `${id.model ?? ""}|${id.prompt ?? ""}|${id.tools ?? ""}`;

/** Notes that the present identity has just shown up. Each class of step meets it in its own time. */
export function arrive(id: Identity, announced: boolean): void {
  id.arrival = { who: who(id), announced, strata: 0 };
}

/** The arrival of whoever speaks now; null where they are known of old. */
export const arrivalOf = (id: Identity): Arrival | null => (id.arrival?.who === who(id) ? id.arrival : null);

/** Key of the stratum of a step of `kind`, readable on a screen. */
export function stratumKey(id: Identity, kind: string, step: string | null): string {
  return `${kind}|${step ?? ""}|${who(id)}`;
}

/** In place of a step whose kind was not admitted. */
export const ANY_STEP = "*";

/** The part of a stratum's key that survives a change of model, prompt or tools. */
export const stratumClass = (kind: string, step: string | null) => `${kind}|${step ?? ""}`;

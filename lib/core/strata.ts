import type { ChangeKind } from "./vocabulary";

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
  /** The last prompt hashes, oldest first, to recognise prompts that are rendered anew each time. */
  recentPrompts: string[];
  dynamicPrompt: boolean;
  /** Announced changes whose new identity has not shown up yet. */
  announced: ChangeKind[];
}

export interface Speaker {
  model: string | null;
  responseModel: string | null;
  promptVersion: string | null;
  promptHash: string | null;
  toolsHash: string | null;
}

export type IdentityChange = { kind: "model" | "prompt" | "tools"; from: string; to: string; announced: boolean };

/** A hash seen in more than DYNAMIC_KINDS forms among DYNAMIC_WINDOW samples is rendered text, not a version. */
const DYNAMIC_WINDOW = 20;
const DYNAMIC_KINDS = 3;

export const createIdentity = (): Identity => ({
  model: null,
  prompt: null,
  tools: null,
  answered: null,
  recentPrompts: [],
  dynamicPrompt: false,
  announced: [],
});

/** Take note of who speaks; what changed since the last sample. Null parts say nothing and change nothing. */
export function noteIdentity(id: Identity, s: Speaker): IdentityChange[] {
  const changes: IdentityChange[] = [];
  note(id, "model", s.model, changes);
  noteAnswered(id, s, changes);
  note(id, "tools", s.toolsHash, changes);
  if (s.promptVersion !== null) note(id, "prompt", s.promptVersion, changes);
  else if (s.promptHash !== null && !isDynamic(id, s.promptHash)) note(id, "prompt", s.promptHash, changes);
  return changes;
}

function note(id: Identity, part: "model" | "prompt" | "tools", now: string | null, changes: IdentityChange[]): void {
  const before = id[part];
  if (now === null || now === before) return;
  id[part] = now;
  if (before === null) return;
  const announced = id.announced.includes(part) || id.announced.includes("deploy");
  id.announced = id.announced.filter((kind) => kind !== part);
  changes.push({ kind: part, from: before, to: now, announced });
}

/**
 * The answering model: another one than before for the same request is a change, and so is a first answer by something
 * that is not a version of what was requested (a version's name starts with the model's).
 */
function noteAnswered(id: Identity, s: Speaker, changes: IdentityChange[]): void {
  const now = s.responseModel;
  const before = id.answered;
  if (now === null || now === before) return;
  id.answered = now;
  const requestedToo = changes.some((change) => change.kind === "model");
  if (requestedToo || id.announced.includes("model")) return;
  if (before !== null) changes.push({ kind: "model", from: before, to: now, announced: false });
  else if (s.model !== null && !baseName(now).startsWith(baseName(s.model)))
    changes.push({ kind: "model", from: s.model, to: now, announced: false });
}

/** "openai/GPT-4o" and "gpt-4o" are the same model. */
const baseName = (model: string) => model.slice(model.lastIndexOf("/") + 1).toLowerCase();

function isDynamic(id: Identity, hash: string): boolean {
  if (id.dynamicPrompt) return true;
  const recent = id.recentPrompts;
  if (recent.length > 0 && recent[recent.length - 1] === hash && recent.length === DYNAMIC_WINDOW && recent[0] === hash)
    return false;
  recent.push(hash);
  if (recent.length > DYNAMIC_WINDOW) recent.shift();
  if (new Set(recent).size <= DYNAMIC_KINDS) return false;
  id.dynamicPrompt = true;
  id.prompt = null;
  id.recentPrompts = [];
  return true;
}

/** Key of the stratum of a step of `kind`, readable on a screen. */
export function stratumKey(id: Identity, kind: string, step: string | null): string {
  return `${kind}|${step ?? ""}|${id.model ?? ""}|${id.prompt ?? ""}|${id.tools ?? ""}`;
}

/** The part of a stratum's key that survives a change of model, prompt or tools. */
export const stratumClass = (kind: string, step: string | null) => `${kind}|${step ?? ""}`;

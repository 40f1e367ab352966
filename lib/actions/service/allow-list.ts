import { readFile } from "node:fs/promises";
import { basename, isAbsolute } from "node:path";
import { Webhook } from "standardwebhooks";
import { z } from "zod";
import {
  type ArgValue,
  checkArgs,
  covers,
  fillValue,
  type Params,
  placeholdersOf,
} from "@/lib/core/services/allow-list";
import { FileEntry, Use } from "./allow-list-file";
import type { Entry, Spec } from "./entry";
import { READY_MADE, type ReadyMade, withSettings } from "./ready-made";

/** What may be done to services. Nothing else exists: neither a model nor a log line can add to it. */
export interface AllowList {
  entries: ReadonlyMap<string, Entry>;
}

/** What entries may rely on. An entry that needs more is an error of the file, so that nobody approves what cannot be done. */
export interface Means {
  /** Secrets of webhooks (Standard Webhooks, `whsec_…`) by the name that entries call them. */
  secrets: Readonly<Record<string, string | undefined>>;
  /** Whether pull requests can be opened. */
  github: boolean;
}

/** Tells people, and changes nothing. Always there, and never offered: whoever is told is told anyway. */
const NOTIFY: Entry = {
  name: "notify",
  title: "Notify people",
  services: ["*"],
  remedies: [],
  risk: "none",
  reversible: true,
  undo: null,
  blastRadius: "Nothing is changed",
  destroysEvidence: false,
  params: {},
  spec: { kind: "notify" },
};

/** Nothing but telling people: what there is without a file. */
export const EMPTY_ALLOW_LIST: AllowList = { entries: new Map([[NOTIFY.name, NOTIFY]]) };

/** The file was not accepted. `problems` name entry and field. */
export class AllowListError extends Error {
  override readonly name = "AllowListError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[], cause?: unknown) {
    super(`The allow-list of operations is not valid:\n${problems.map((p) => `  ${p}`).join("\n")}`, { cause });
    this.problems = problems;
  }
}

/** More than anybody reads through when approving. */
const MAX_ENTRIES = 500;

/** Reads the file. Throws {@link AllowListError}. */
export async function loadAllowList(path: string, means: Means): Promise<AllowList> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new AllowListError([`${path}: ${error instanceof Error ? error.message : String(error)}`], error);
  }
  return parseAllowList(json, means);
}

/** `{ operations: [...] }` as a list. Throws {@link AllowListError} with everything that is wrong, not only the first. */
export function parseAllowList(json: unknown, means: Means): AllowList {
  const file = z.strictObject({ operations: z.array(z.unknown()).max(MAX_ENTRIES) }).safeParse(json);
  if (!file.success)
    throw new AllowListError(
      file.error.issues.map(({ path, message }) => `${fieldOf(path) || "the file"}: ${message}`),
    );
  const problems: string[] = [];
  const entries = new Map<string, Entry>([[NOTIFY.name, NOTIFY]]);
  for (const [i, raw] of file.data.operations.entries()) {
    const named = z.looseObject({ name: z.string().max(64) }).safeParse(raw);
    const who = named.success ? JSON.stringify(named.data.name) : `number ${i + 1}`;
    const say: Say = (path, message) =>
      void problems.push(`entry ${who}${path.length > 0 ? `, ${fieldOf(path)}` : ""}: ${message}`);
    const expanded = expand(raw, say);
    if (expanded === null) continue;
    const parsed = FileEntry.safeParse(expanded);
    if (!parsed.success) {
      for (const issue of parsed.error.issues) say(issue.path, issue.message);
      continue;
    }
    checkEntry(parsed.data, means, say);
    if (entries.has(parsed.data.name)) say(["name"], "is used twice");
    else entries.set(parsed.data.name, entryOf(parsed.data, means));
  }
  for (const entry of entries.values()) checkUndo(entry, entries, problems);
  if (problems.length > 0) throw new AllowListError(problems);
  return { entries };
}

type Say = (path: readonly PropertyKey[], message: string) => void;

const fieldOf = (path: readonly PropertyKey[]) =>
  path.map((part, i) => (typeof part === "number" ? `[${part}]` : `${i > 0 ? "." : ""}${String(part)}`)).join("");

/** A ready-made entry as an ordinary one: what the file says itself goes before. Null: it is not one, and why was said. */
function expand(raw: unknown, say: Say): unknown {
  if (typeof raw !== "object" || raw === null || !("use" in raw)) return raw;
  const parsed = Use.safeParse(raw);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) say(issue.path, issue.message);
    return null;
  }
  const { use, with: given, ...own } = parsed.data;
  const made: ReadyMade = READY_MADE[use];
  for (const name of Object.keys(given))
    if (!Object.hasOwn(made.settings, name)) {
      say(["with", name], `${use} accepts only ${Object.keys(made.settings).join(", ")}`);
      return null;
    }
  const settings = { ...made.settings, ...given };
  return {
    kind: "command",
    title: made.title,
    argv: withSettings(made.argv, settings),
    dry_run: made.dryRun ? withSettings(made.dryRun, settings) : null,
    risk: made.risk,
    remedies: made.remedies,
    blast_radius: made.blastRadius,
    destroys_evidence: made.destroysEvidence,
    ...(made.timeoutMs && { timeout_ms: made.timeoutMs }),
    ...(made.undoneByItself && { undo: { action: own["name"] } }),
    ...own,
  };
}

/** What a schema cannot see: that placeholders are known, that the program is named, that risk and undo agree. */
function checkEntry(entry: FileEntry, means: Means, say: Say): void {
  const { risk, reversible, undo } = entry;
  const light = risk === "none" || risk === "reversible";
  if (reversible === false && light) say(["reversible"], `is not allowed with risk ${risk}`);
  if (reversible === false && undo !== null) say(["reversible"], "is not allowed together with an undo");
  if (reversible === true && risk === "destructive") say(["reversible"], "is not allowed with risk destructive");
  const params = paramsOf(entry);
  for (const [name, param] of Object.entries(params)) {
    const standard = checkArgs({ [name]: param }, {});
    if (!standard.ok) say(["params", name, "default"], standard.reason);
  }
  const known = new Set(["service", ...Object.keys(params), ...(entry.kind === "rollback_pr" ? ["repository"] : [])]);
  const checkText = (path: readonly PropertyKey[], text: string) => {
    for (const name of placeholdersOf(text)) if (!known.has(name)) say(path, `{${name}} is not a parameter`);
  };
  checkText(["blast_radius"], entry.blast_radius);
  switch (entry.kind) {
    case "command":
      for (const [field, argv] of Object.entries({ argv: entry.argv, dry_run: entry.dry_run ?? [] })) {
        for (const [i, item] of argv.entries()) checkText([field, i], item);
        checkProgram(field, argv, say);
      }
      return;
    case "webhook":
      if (placeholdersOf(entry.url).length > 0) say(["url"], "must not contain placeholders");
      for (const [name, value] of Object.entries(entry.body ?? {}))
        if (typeof value === "string") checkText(["body", name], value);
      if (signerOf(entry.secret, means) === null)
        say(["secret"], `no usable secret ${JSON.stringify(entry.secret)}: expected whsec_ and base64`);
      return;
    case "rollback_pr":
      for (const [i, path] of entry.paths.entries()) checkText(["paths", i], path);
      if (!means.github) say(["kind"], "pull requests need a GitHub token, and none is configured");
      return;
  }
}

/** Programs that take their next argument for a script: what is filled into that would be read as code. */
const SHELLS = new Set(["sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "csh", "tcsh", "cmd", "powershell", "pwsh", "node", "python", "python3", "perl", "ruby", "php"]); // prettier-ignore
const TAKES_SCRIPT = /^(?:-[a-z]*[ce]|--eval|--command|--print|-p|-r|\/c)$/i;

function checkProgram(field: string, argv: readonly string[], say: Say): void {
  const [program = ""] = argv;
  if (placeholdersOf(program).length > 0) say([field, 0], "the program cannot be a parameter");
  if (program.includes("/") && !isAbsolute(program))
    say([field, 0], "must be an absolute path, or the name of a program on the PATH");
  const shell = argv.findIndex((item) => SHELLS.has(basename(item)));
  if (shell < 0) return;
  for (const [i, item] of argv.entries())
    if (i > shell + 1 && TAKES_SCRIPT.test(argv[i - 1]!) && placeholdersOf(item).length > 0)
      say([field, i], "a script cannot contain placeholders; pass them as arguments after it");
}

function checkUndo(entry: Entry, entries: ReadonlyMap<string, Entry>, problems: string[]): void {
  if (entry.undo === null) return;
  const say = (message: string) => void problems.push(`entry ${JSON.stringify(entry.name)}, undo: ${message}`);
  const back = entries.get(entry.undo.action);
  if (back === undefined) return say(`there is no entry ${JSON.stringify(entry.undo.action)}`);
  // A pattern is covered like a name: its stars are letters that only a star covers.
  const beyond = entry.services.find((pattern) => !back.services.some((other) => covers(other, pattern)));
  if (beyond !== undefined) say(`${back.name} does not cover ${beyond}`);
  const usual = Object.fromEntries(Object.entries(entry.params).map(([name, param]) => [name, param.default]));
  const args = checkArgs(back.params, undoArgs(entry, usual));
  if (!args.ok) say(`${back.name}: ${args.reason}`);
}

/** The arguments of an entry's undo, given its own. */
export const undoArgs = ({ undo }: Entry, args: Record<string, ArgValue>): Record<string, ArgValue> =>
  Object.fromEntries(Object.entries(undo?.args ?? {}).map(([name, value]) => [name, fillValue(value, args)]));

/** The last change to what it may put back, unless a commit is named. */
export const LATEST = "latest";

const paramsOf = (entry: FileEntry): Params =>
  entry.kind === "rollback_pr" ? { commit: { type: "name", default: LATEST } } : entry.params;

const entryOf = (entry: FileEntry, means: Means): Entry => ({
  name: entry.name,
  title: entry.title,
  services: entry.services,
  remedies: entry.remedies,
  risk: entry.risk,
  reversible: entry.reversible ?? (entry.undo !== null || entry.risk === "none" || entry.risk === "reversible"),
  undo: entry.undo,
  blastRadius: entry.blast_radius,
  destroysEvidence: entry.destroys_evidence,
  params: paramsOf(entry),
  spec: specOf(entry, means),
});

function specOf(entry: FileEntry, means: Means): Spec {
  const timeoutMs = entry.timeout_ms;
  switch (entry.kind) {
    case "command": {
      const { argv, dry_run: dryRun, cwd, env } = entry;
      return { kind: "run_command", argv, dryRun, cwd, env, timeoutMs };
    }
    case "webhook": {
      // An entry without a usable secret never gets onto a list: the file is refused.
      const sign = signerOf(entry.secret, means) ?? (() => "");
      return { kind: "call_webhook", url: entry.url, body: entry.body, sign, timeoutMs };
    }
    case "rollback_pr": {
      const { owner, repo, base, paths } = entry;
      return { kind: "open_rollback_pr", owner, repo, base, paths, timeoutMs };
    }
  }
}

function signerOf(name: string, { secrets }: Means): ((id: string, at: Date, body: string) => string) | null {
  const secret = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
  if (!secret) return null;
  try {
    const signer = new Webhook(secret);
    return (id, at, body) => signer.sign(id, at, body);
  } catch {
    return null;
  }
}

import { readFile, stat } from "node:fs/promises";
import { fieldOf } from "@/lib/contracts/bundle";
import { filledAnswer, type FilledAnswer, FrozenCase } from "@/lib/contracts/frozen-case";
import { OPEN_CLASS } from "@/lib/contracts/case-answer";
import { score } from "@/lib/core/scoring/score";
import type { Integrations } from "@/lib/response/services/context";
import { leaksOf } from "./leaks";
import { playFrozenAgents } from "./play-frozen-agents";
import { playFrozenServices } from "./play-frozen";
import type { CaseResult } from "./result";
import type { ScratchDbs } from "./scratch-db";

/** A file that is larger was not frozen here: what is read of an incident is bounded. */
const FILE_MAX_BYTES = 200_000_000;

/** A frozen incident whose answer is filled in, ready to be played. */
export interface FilledCase {
  case: FrozenCase;
  answer: FilledAnswer;
  /** Labels of the answer that stand in the evidence. */
  leaks: string[];
}

/** Reads a case and its answer. Throws an error that names the file and the field: of what is not filled in, too. */
export async function readFilledCase(file: string): Promise<FilledCase> {
  const of = await readFrozenCase(file);
  try {
    const answer = filledAnswer(of);
    return {
      case: of,
      answer,
      leaks: leaksOf(seenBy(of), { ...answer, class: answer.class === OPEN_CLASS ? undefined : answer.class }),
    };
  } catch (cause) {
    throw new Error(`${file}: ${(cause as Error).message}`, { cause });
  }
}

async function readFrozenCase(file: string): Promise<FrozenCase> {
  let json: unknown;
  try {
    if ((await stat(file)).size > FILE_MAX_BYTES) throw new Error(`is larger than ${FILE_MAX_BYTES / 1e6} MB`);
    json = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new Error(`${file}: cannot be read as JSON (${(cause as Error).message})`, { cause });
  }
  const parsed = FrozenCase.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const field = [...issue.path, ...(issue.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [])];
  throw new Error(`${file}: ${fieldOf(field) || "the file"}: ${issue.message}`);
}

/** What an investigation can come to see. What the allow-list calls the causes that an operation is good for is the same whatever the answer is. */
function seenBy(of: FrozenCase): unknown {
  if (of.kind === "agent") return { title: of.title, ...of.evidence, recording: of.recording };
  const { operations: _operations, ...evidence } = of.evidence;
  return { title: of.title, ...evidence, recording: of.recording };
}

/** Plays a frozen incident again, and only then looks at what is true of it. Throws what its play throws. */
export async function playFrozen(
  { case: of, answer }: FilledCase,
  dbs: ScratchDbs,
  chains: Integrations["chains"],
): Promise<CaseResult<"frozen">> {
  const began = performance.now();
  const trajectory = await dbs.use((db) =>
    of.kind === "service" ? playFrozenServices(of, db, chains) : playFrozenAgents(of, db),
  );
  return {
    id: of.id,
    class: answer.class,
    set: "frozen",
    title: of.title,
    scored: score(trajectory, answer.truth),
    trajectory,
    truth: answer.truth,
    why: answer.why,
    ms: performance.now() - began,
  };
}

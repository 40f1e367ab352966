import { createHash } from "node:crypto";
import { canonicalJson } from "@/lib/core/base/digest";
import type { Looked } from "@/lib/evidence/looked";
import type { Budget } from "../budget";
import type { Investigator, Reading, Readings, SpecialistName, Step } from "./ports";
import type { Screen } from "./screen";

/** Who asks: which specialist, and whether by itself (`local`) or as a model wishes (its name). */
export interface By {
  node: SpecialistName;
  author: string;
}

export interface Desk {
  /** Looks something up within the budget, or answers from what was seen. Never throws for what a reader does. */
  look<R extends Reading>(by: By, reading: R, args: Readings[R]["args"]): Promise<Seen<Readings[R]["result"]>>;
  /** Writes down what used no call. */
  note(by: By, preview: string, more?: Partial<Pick<Step, "tool" | "args" | "ok" | "startedAt">>): Promise<void>;
  record(step: Step): Promise<void>;
}
export type Seen<T> = Looked<T> & { again: boolean };

/** No reading is waited for longer: an outage makes sources slow, and the others have answered by then. */
const LOOK_MS = 12_000;
const PREVIEW_CHARS = 300;

/**
 * All readings of one investigation go through here: budget, time limit, repeats, screening and the trajectory. A call that
 * was made before, or is being made, is answered from it and costs nothing; failures are remembered too, so that a
 * source that is down is asked once. Throws only when the run is aborted or the trajectory cannot be written.
 */
export function createDesk(investigator: Investigator, budget: Budget, screen: Screen): Desk {
  const { readers, now, signal } = investigator;
  const known = new Map<string, Promise<Looked<unknown>>>();
  for (const { tool, args, result } of investigator.seen ?? []) {
    screen.inspect(tool, result);
    known.set(
      keyOf(tool, args),
      Promise.resolve({ ok: true, value: result, source: "an earlier attempt", truncated: false }),
    );
  }
  // One after another, so that the trajectory has the order in which things ended.
  let written: Promise<void> = Promise.resolve();
  const record = (step: Step) => (written = written.then(() => investigator.record(step)));

  async function read<R extends Reading>(by: By, reading: R, args: Readings[R]["args"], ms: number) {
    const startedAt = now();
    const looked = await within<Looked<Readings[R]["result"]>>(
      (until) => readers[reading](args, until),
      ms,
      signal,
      (reason) => ({ ok: false, source: reading, reason }),
    );
    screen.inspect(reading, looked.ok ? looked.value : looked.reason);
    const json = looked.ok ? JSON.stringify(looked.value) : null;
    await record({
      ...by,
      tool: reading,
      args,
      digest: json === null ? null : createHash("sha256").update(json).digest("hex"),
      preview: looked.ok ? screen.plain(json ?? "").slice(0, PREVIEW_CHARS) : looked.reason.slice(0, PREVIEW_CHARS),
      // What was read in part is read anew by a later attempt, which would not know that something was missing.
      ...(looked.ok && !looked.missing && { result: looked.value }),
      startedAt,
      ms: now() - startedAt,
      tokens: 0,
      usd: 0,
      ok: looked.ok,
    });
    return looked;
  }

  return {
    record,
    async look(by, reading, args) {
      signal?.throwIfAborted();
      const key = keyOf(reading, args);
      const earlier = known.get(key);
      if (earlier !== undefined) return { ...((await earlier) as Looked<never>), again: true };
      const grant = budget.takeCall(by.author === "local" ? "local" : "model", LOOK_MS);
      if (grant.kind === "spent")
        return { ok: false, source: reading, reason: `the budget is spent (${grant.what})`, again: false };
      const now = read(by, reading, args, grant.ms);
      known.set(key, now);
      return { ...(await now), again: false };
    },
    note: (by, preview, more = {}) =>
      record({
        ...by,
        tool: null,
        args: null,
        digest: null,
        preview: preview.slice(0, PREVIEW_CHARS),
        startedAt: now(),
        ms: 0,
        tokens: 0,
        usd: 0,
        ok: true,
        ...more,
      }),
  };
}

/** A repeat is one whatever the order, case and spacing of its arguments, and however many results it asks for. */
function keyOf(reading: Reading, args: unknown): string {
  const { limit: _, ...rest } = args as Record<string, unknown>;
  const normal = Object.entries(rest).map(([name, value]) => [
    name,
    typeof value === "string"
      ? value.trim().toLowerCase().replace(/\s+/g, " ")
      : Array.isArray(value)
        ? value.map(String).toSorted((a, b) => (a < b ? -1 : 1))
        : value,
  ]);
  return `${reading} ${canonicalJson(Object.fromEntries(normal))}`;
}

/** What `ask` answers, or `otherwise` when it fails or takes longer; it is not waited for then, even if it ignores its signal. */
export async function within<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  ms: number,
  signal: AbortSignal | undefined,
  otherwise: (reason: string) => T,
): Promise<T> {
  const limit = AbortSignal.timeout(Math.max(1, Math.ceil(ms)));
  const until = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  let stop = () => {};
  const late = new Promise<never>((_, reject) => {
    stop = () => reject(until.reason);
    until.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([ask(until), late]);
  } catch (error) {
    signal?.throwIfAborted();
    if (limit.aborted) return otherwise(`no answer within ${Math.round(ms / 1000)} s`);
    return otherwise(error instanceof Error ? error.message : "it failed");
  } finally {
    until.removeEventListener("abort", stop);
  }
}

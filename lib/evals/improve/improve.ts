import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { act } from "@/lib/response/act";
import { serviceDriver } from "@/lib/response/services/driver";
import { proposeImprovement } from "@/lib/response/services/propose-improvement";
import type { ServiceContext } from "@/lib/response/services/context";
import type { KeptRun } from "../cases/kept-run";
import { reportOf } from "../cases/report";
import { improveMarkdown, linesOf } from "./report";
import { search, type Search, type Searched } from "./search";

export interface Improving extends Omit<Search, "evaluated"> {
  /** The run that was begun for it; the evaluation of what is in use is kept there. */
  kept: KeptRun;
  commit: string;
  /** Where the report goes. */
  out: string;
  /** What proposes and acts; null: what is found is only reported. */
  context: ServiceContext | null;
}

/** What became of a search. */
export interface Improved {
  searched: Searched;
  /** Whether a person is asked, it ran, or why not, in a sentence; null: nothing was to be proposed. */
  proposed: string | null;
}

/**
 * Looks for an improvement, reports, and proposes what was found as an act that policy judges. The run ends with it, however it ends.
 * Throws what the search throws.
 */
export async function improve({ kept, commit, out, context, ...q }: Improving): Promise<Improved> {
  const began = performance.now();
  let evaluation: ReturnType<typeof reportOf> | undefined;
  try {
    const searched = await search({
      ...q,
      async evaluated(results) {
        for (const result of results) await kept.store(result);
        evaluation = reportOf(results, { set: "dev", seconds: (performance.now() - began) / 1_000, commit });
      },
    });
    await mkdir(out, { recursive: true });
    await writeFile(join(out, "improve_report.json"), `${JSON.stringify(searched, null, 2)}\n`);
    await writeFile(join(out, "improve_report.md"), improveMarkdown(searched, commit));
    const proposed = context === null ? null : await propose(context, searched, commit);
    const { cases: _, ...summary } = evaluation!;
    await kept.end({ state: "done", summary });
    return { searched, proposed };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    await kept.end({ state: "failed", detail });
    throw error;
  }
}

async function propose(context: ServiceContext, searched: Searched, commit: string): Promise<string | null> {
  const { found, validated } = searched;
  if (found === null || validated === null) return null;
  const lines = linesOf(searched, commit);
  const { kind, incident, proposal } = await proposeImprovement(context, {
    change: found.id,
    lines,
    confidence: 1 - validated.chance,
  });
  if (kind === "known") return `${found.id} was already proposed, in incident ${incident}: not proposed again.`;
  const { policy, reason } = proposal;
  switch (policy) {
    case "run": {
      const acted = await act(serviceDriver(context), proposal);
      return acted.kind === "void"
        ? `Not carried out: ${acted.reason}.`
        : `The pull request is being opened: see incident ${incident}.`;
    }
    case "ask":
      return `Approval requested in incident ${incident}: ${reason}.`;
    case "record":
    case "refuse":
      return `Not carried out, see incident ${incident}: ${reason}.`;
  }
}

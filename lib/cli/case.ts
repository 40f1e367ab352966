import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { serviceConfig } from "@/lib/config/services";
import { EVAL_SETS } from "@/lib/contracts/evals";
import { env } from "@/lib/env";
import { idOf } from "@/lib/evals/cases/case-key";
import { keysOf } from "@/lib/evals/cases/plan";
import { filesOf } from "@/lib/evals/cases/written";
import { freezeIncident } from "@/lib/response/freeze";
import { createIntegrations } from "@/lib/runtime/integrations";
import { withDb } from "./database";

/** `case freeze`, `case write` */
export function registerCase(program: Command): void {
  const command = program.command("case").description("Evaluation cases: exported incidents and generated ones");

  command
    .command("freeze <incident>")
    .description("Export an incident as a redacted test case; fill in its answer, then run it with `eval --frozen`")
    .option("--out <file>", "file to write; by default INCIDENT.case.json")
    .action(async (incident: string, { out = `${incident}.case.json` }: { out?: string }) => {
      const { watched, allowList } = await createIntegrations(env());
      const file = await withDb((db) =>
        freezeIncident(db, incident, { watched, allowList, config: serviceConfig(new Map()) }, Date.now()),
      );
      await mkdir(dirname(out), { recursive: true });
      await writeFile(out, `${JSON.stringify(file, null, 1)}\n`);
      if (file.kind === "service")
        for (const { source, reason } of file.recording.unread)
          console.error(`could not read ${source}: ${reason}; actions in the case cannot be measured without it`);
      console.log(`${out}: fill in its answer, then: sentinel eval --frozen ${out}`);
    });

  command
    .command("write")
    .description(
      "Write the generated cases to files: one file per case, with its continuation and its answer in separate folders",
    )
    .option("--set <set>", `${EVAL_SETS.join(" or ")}; second is the holdout set, for measuring only`, "dev")
    .option("--out <directory>", "folder to write to", "cases")
    .action(async (options: { set: string; out: string }) => {
      const set = EVAL_SETS.find((one) => one === options.set);
      if (set === undefined) throw new Error(`--set ${options.set}: must be ${EVAL_SETS.join(" or ")}`);
      const folders = { answers: join(options.out, "answers"), after: join(options.out, "after") };
      for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
      const keys = keysOf({ set, seeds: 1, late: [0] });
      for (const key of keys) {
        const name = `${idOf(key)}.json`;
        const { evidence, after, answer } = filesOf(key);
        await writeFile(join(options.out, name), evidence);
        if (after !== null) await writeFile(join(folders.after, name), after);
        await writeFile(join(folders.answers, name), answer);
      }
      console.log(`${keys.length} cases in ${options.out}, their answers in ${folders.answers}`);
    });
}

import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import type { Db } from "@/lib/db/client";
import { closeDrills, type DrillRecord, getDrill } from "@/lib/db/drills";
import { listPendingApprovals } from "@/lib/db/queries/healing";
import { getIncident } from "@/lib/db/queries/incidents";
import { findStory } from "@/lib/views/service-story";
import { fireDrill } from "@/lib/drills/fire";
import { settleDrills, turnDrill } from "@/lib/drills/loop";
import { listScenarios } from "@/lib/drills/scenarios";
import { verdictOf } from "@/lib/drills/views";
import { decide } from "@/lib/response/decide";
import { print, table, withDb } from "./database";

/** Looks at the drill so often, in ms, and for so long: whoever plays it, a server or this command. */
const LOOK_MS = 500;
const WITHIN_MS = 5 * 60_000;
const CALLER = { id: "command-line", name: "the command line" };

type Json = { json?: boolean };

/** `scenario list|run` */
export function registerScenario(program: Command): void {
  const scenario = program.command("scenario").description("Recorded service incidents, run as drills");

  scenario
    .command("list")
    .description("List the recorded incidents")
    .option("--json", "print JSON")
    .action(async (options: Json) => {
      const scenarios = await listScenarios();
      print(options.json, { scenarios }, table(scenarios.map(({ id, service, title }) => [id, service, title])));
    });

  scenario
    .command("run <id>")
    .description("Run one as a drill and print the analysis; exits 1 when it is wrong")
    .option(
      "--approve",
      "approve what is proposed and wait until its effect is measured; exits 1 unless the service recovers",
    )
    .option("--json", "print JSON")
    .action(async (id: string, options: Json & { approve?: boolean }) => {
      const run = await withDb(async () => {
        try {
          const record = await fireDrill(id, CALLER.name, Date.now());
          await play(record, options.approve ?? false);
          return await resultOf(record);
        } finally {
          await closeDrills();
        }
      });
      print(options.json, run, linesOf(run));
      const { incident } = run.story;
      if (!run.verdict.right || (options.approve && incident.state !== "resolved")) process.exitCode = 1;
    });
}

async function resultOf(record: DrillRecord) {
  const { db } = await getDrill(record.id, Date.now());
  const story = await findStory(db, record.incident);
  if (story === null) throw new Error(`${record.id} has no incident`);
  return { drill: record.id, verdict: await verdictOf(db, record), story };
}

function linesOf({ drill, verdict, story }: Awaited<ReturnType<typeof resultOf>>): string[] {
  const { incident, causes, investigation } = story;
  return [
    `Drill ${drill}: ${incident.title}`,
    investigation?.summary ?? "not investigated",
    ...causes.map((cause) => `  ${cause.rank + 1}. ${cause.statement} (${Math.round(100 * cause.confidence)} %)`),
    `${verdict.right ? "Right" : "Wrong"}: it was ${verdict.node}: ${verdict.why}`,
    `${incident.state.replaceAll("_", " ")}${incident.outcome ? `: ${incident.outcome}` : ""}`,
  ];
}

/** Plays a drill in this process until it needs a person; with `approve` until what it proposes was measured. */
async function play({ id, incident }: DrillRecord, approve: boolean): Promise<void> {
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    await turnDrill(id);
    await settleDrills();
    const { db } = await getDrill(id, Date.now());
    const { state } = await getIncident(db, incident);
    switch (state) {
      case "resolved":
      case "dismissed":
      case "rejected":
      case "escalated":
        return;
      case "awaiting_approval":
        if (!approve) return;
        await approveAll(db, incident);
        break;
      case "open":
      case "investigating":
      case "acting":
      case "verifying":
        break;
    }
    if (Date.now() > deadline) throw new Error(`${id} did not end within ${WITHIN_MS / 1_000} s`);
    await wait(LOOK_MS);
  }
}

async function approveAll(db: Db, incident: string): Promise<void> {
  for (const { id, digest } of await listPendingApprovals(db, incident))
    await decide(db, id, { decision: "approve", digest, evidenceOpened: false }, CALLER, Date.now());
}

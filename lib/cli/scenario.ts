import type { Command } from "commander";
import { fireScenario } from "@/lib/demo/fire-scenario";
import { listScenarios } from "@/lib/demo/scenarios";
import type { Db } from "@/lib/db/client";
import { findStory } from "@/lib/db/queries/services-view";
import { runServiceTurn, settleServices } from "@/lib/loop/service/process";
import { print, table, withDb } from "./database";

/** Looks at the incident so often, in ms, and for so long: whoever investigates it, a server or this command. */
const LOOK_MS = 500;
const WITHIN_MS = 120_000;

type Json = { json?: boolean };

/** `scenario list|run` */
export function registerScenario(program: Command): void {
  const scenario = program.command("scenario").description("Recorded incidents of services");

  scenario
    .command("list")
    .description("List what can be fired")
    .option("--json", "print JSON")
    .action(async (options: Json) => {
      const scenarios = await listScenarios();
      print(options.json, { scenarios }, table(scenarios.map(({ id, service, title }) => [id, service, title])));
    });

  scenario
    .command("run <id>")
    .description("Fire one as if it happened now, have it investigated, and print what was found")
    .option("--json", "print JSON")
    .action(async (id: string, options: Json) => {
      const stories = await withDb((db) => investigated(db, id));
      for (const story of stories) {
        const { incident, causes, investigation } = story;
        const lines = [
          `${incident.id}  ${incident.title}`,
          investigation?.summary ?? "not investigated",
          ...causes.map((cause) => `  ${cause.rank + 1}. ${cause.statement} (${Math.round(100 * cause.confidence)} %)`),
        ];
        print(options.json, story, lines);
      }
    });
}

/** Fires it and waits for its investigation, which this process begins where no server does. */
async function investigated(db: Db, id: string) {
  const ids = await fireScenario(db, id, Date.now());
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    await runServiceTurn();
    await settleServices();
    const stories = (await Promise.all(ids.map((incident) => findStory(db, incident)))).filter(
      (story) => story !== null,
    );
    if (stories.every(({ investigation }) => investigation?.state === "done")) return stories;
    if (Date.now() > deadline) throw new Error(`${id}: its investigation did not end within ${WITHIN_MS / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

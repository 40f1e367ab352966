import { log } from "@/lib/log";
import { tracedPart } from "@/lib/telemetry/telemetry";

/** Runs one part of a turn: one that fails is logged and named in the report, and takes nothing else with it. */
export async function isolated(report: { failed: string[] }, name: string, part: () => Promise<void>): Promise<void> {
  try {
    await tracedPart(name, part);
  } catch (err) {
    log().error({ err, part: name }, "a step of the loop failed");
    report.failed.push(name);
  }
}

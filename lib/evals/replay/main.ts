import { constants, setPriority } from "node:os";
import type { SettingsPreviewAnswer, SettingsPreviewBody } from "@/lib/contracts/settings-preview";
import { closeDb, getDb } from "@/lib/db/client";
import { type ErrorCode, type ErrorDetails, SentinelError } from "@/lib/errors";
import { loadEnvFile } from "@/lib/env";
import { log } from "@/lib/log";
import { replaySettings } from "./replay";

export interface ToReplay {
  change: SettingsPreviewBody;
  now: number;
}

/** What a replay says: how far it is, and how it ended. */
export type FromReplay =
  | { kind: "progress"; done: number }
  | { kind: "done"; answer: SettingsPreviewAnswer }
  | { kind: "refused"; code: ErrorCode; details: Pick<ErrorDetails, "detail" | "fields"> }
  | { kind: "failed" };

/** Progress is told in steps of this share. */
const TOLD = 0.01;

/** Replays what its parent asks for once, behind whoever reports, and ends early when the parent lets go of it. */
function main(): void {
  loadEnvFile();
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const ended = new AbortController();
  process.once("disconnect", () => ended.abort());
  process.once("message", (asked: ToReplay) => {
    void answer(asked, ended.signal).then((said) => {
      if (process.connected) process.send!(said, () => process.disconnect());
    });
  });
}

async function answer({ change, now }: ToReplay, signal: AbortSignal): Promise<FromReplay> {
  let told = 0;
  const onProgress = (done: number) => {
    if (done - told < TOLD || !process.connected) return;
    told = done;
    process.send!({ kind: "progress", done } satisfies FromReplay, () => undefined);
  };
  try {
    const source = await getDb();
    // What is only to be read cannot be written, whatever is wrong above it. A server's database has no such switch.
    if (source.$client.protocol === "file") await source.$client.execute("PRAGMA query_only = ON");
    return { kind: "done", answer: await replaySettings(source, change, { now, onProgress, signal }) };
  } catch (err) {
    if (err instanceof SentinelError)
      return { kind: "refused", code: err.code, details: { detail: err.message, fields: err.details.fields } };
    if (!signal.aborted) log().error({ err }, "a replay of settings failed");
    return { kind: "failed" };
  } finally {
    await closeDb();
  }
}

main();

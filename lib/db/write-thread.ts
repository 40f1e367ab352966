import { resolve } from "node:path";
import type { Worker } from "node:worker_threads";
import type { InStatement, ResultSet } from "@libsql/client";
import { bundleOf } from "@/lib/programs.mjs";
import { type Db, type openDb, writeBy } from "./client";
import { errorOf, type FromWriter, resultOf, type ToWriter } from "./write-message";

const PROGRAM = "lib/db/writer-main.ts";
/** What runs it from its sources. */
const SOURCE = "lib/db/writer-source.mjs";

/** Next's bundler would take the word `Worker` for a file that it has to bundle. */
const { Worker: Thread } = process.getBuiltinModule("node:worker_threads");

interface Pending {
  done: (results: ResultSet[]) => void;
  fail: (error: Error) => void;
}

/**
 * Has a thread of its own do this process's writes to a local file. The driver works and waits for the file's lock without ever
 * letting go of its thread, and whoever asks for something small (a hook, `/healthz`) would wait along: up to a second, while the sweeper
 * commits. Reads stay where they are: in WAL mode they wait for nobody. A thread that ends fails what it was doing, as a
 * database that goes away would, and the next write starts another. Returns what ends it.
 */
export function writeOnThread(db: Db, options: Parameters<typeof openDb>[0]): () => Promise<void> {
  let current: { worker: Worker; pending: Map<number, Pending> } | null = null;
  let last = 0;

  function start() {
    const fresh = new Thread(resolve(bundleOf(PROGRAM) ?? SOURCE), { execArgv: [], workerData: options });
    // Its own: a thread that has ended tells so twice, and must not fail what the next one writes.
    const mine = { worker: fresh, pending: new Map<number, Pending>() };
    const { pending } = mine;
    // Only while something is being written does it keep the process.
    fresh.unref();
    fresh.on("message", (message: FromWriter) => {
      const one = pending.get(message.id);
      pending.delete(message.id);
      if (pending.size === 0) fresh.unref();
      if ("results" in message) one?.done(message.results.map(resultOf));
      else one?.fail(errorOf(message.error));
    });
    const end = (why: Error) => {
      if (current === mine) current = null;
      for (const { fail } of pending.values()) fail(why);
      pending.clear();
    };
    fresh.on("error", (cause) => end(new Error("the write thread failed", { cause })));
    fresh.on("exit", (code) => end(new Error(`the write thread exited with code ${code}`)));
    return mine;
  }

  writeBy(
    db.$client,
    (statements: InStatement[]) =>
      new Promise((done, fail) => {
        const message: ToWriter = { id: ++last, statements };
        current ??= start();
        current.worker.ref();
        current.pending.set(message.id, { done, fail });
        current.worker.postMessage(message);
      }),
  );
  return async () => {
    writeBy(db.$client, null);
    await current?.worker.terminate();
  };
}

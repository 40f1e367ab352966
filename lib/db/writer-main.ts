import { parentPort, workerData } from "node:worker_threads";
import { batchHere, openDb } from "./client";
import { type FromWriter, plainError, plainResult, type ToWriter } from "./write-message";

/** The thread that writes for a server: one batch after another, each answered once it is committed or failed. */
const db = await openDb(workerData as Parameters<typeof openDb>[0]);

parentPort!.on("message", ({ id, statements }: ToWriter) => {
  const answer = (message: FromWriter) => parentPort!.postMessage(message);
  batchHere(db.$client, statements).then(
    (results) => answer({ id, results: results.map(plainResult) }),
    (error: unknown) => answer({ id, error: plainError(error) }),
  );
});

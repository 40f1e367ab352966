import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Command, InvalidArgumentError } from "commander";
import type { AuditHead } from "@/lib/core/base/audit-chain";
import { COMMAND_LINE, done } from "@/lib/db/audit";
import { record } from "@/lib/db/commit";
import { findAuditHead } from "@/lib/db/queries/audit";
import { exportAudit } from "@/lib/views/audit-export";
import { headOf, readAnchors, verifyExport } from "./audit-file";
import { print, withDb } from "./database";

const linesOf = (file: string) =>
  createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Number.POSITIVE_INFINITY });

/** A row's number. */
function rowOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("It must be the number of a row.");
  return Number(text);
}

/** `audit export|head|verify` */
export function registerAudit(program: Command): void {
  const audit = program.command("audit").description("The audit log: what people, keys and Sentinel did");

  audit
    .command("export")
    .description("Write the audit log as JSON lines; the last line is its head. The export is itself recorded")
    .option("--out <file>", "file to write; by default standard output")
    .option("--after <row>", "begin behind this row, to append to an earlier export", rowOf, 0)
    .action(async ({ out, after }: { out?: string; after: number }) => {
      await withDb(async (db) => {
        const now = Date.now();
        await record(db, done(now, COMMAND_LINE, "audit.export", "audit_log", "audit_log", { after }));
        const rows = Readable.from(exportAudit(db, after));
        if (out === undefined) await pipeline(rows, process.stdout, { end: false });
        else await pipeline(rows, createWriteStream(out));
      });
    });

  audit
    .command("head")
    .description("Print the newest row's number and hash, to be kept where nobody with the database can change it")
    .option("--json", "print JSON")
    .action(async (options: { json?: boolean }) => {
      const head = await withDb(findAuditHead);
      print(options.json, { head }, [`${head.seq}:${head.hash}`]);
    });

  audit
    .command("verify")
    .description("Verify an export without a database or a network; exits with 1 and names the first broken row if any")
    .argument("<file>", "what audit export wrote, or GET /api/v1/audit?format=jsonl")
    .option("--head <number:hash>", "a head that was kept: the log must have that row with that hash")
    .option("--anchors <file>", "heads that were kept: lines NUMBER:HASH, earlier exports, or the server's JSON log")
    .action(async (file: string, options: { head?: string; anchors?: string }) => {
      const anchors = options.anchors ? await readAnchors(linesOf(options.anchors)) : new Map<number, string>();
      const head: AuditHead | null = options.head === undefined ? null : headOf(options.head);
      if (head && (anchors.get(head.seq) ?? head.hash) !== head.hash)
        throw new Error(`--head and --anchors contradict each other: row ${head.seq} has two hashes`);
      if (head) anchors.set(head.seq, head.hash);
      const { broken, from, to, anchored } = await verifyExport(linesOf(file), anchors);
      if (broken) throw new Error(`Row ${broken.seq} is broken: ${broken.reason}`);
      console.log(`Rows ${from} to ${to.seq} are as they were written. Head: ${to.seq}:${to.hash}`);
      console.log(
        anchored === 0
          ? "No anchor was compared: a log that was rewritten to its end, or cut off, cannot be told from this one. Give --head or --anchors."
          : `${anchored} anchor${anchored === 1 ? "" : "s"} matched.`,
      );
    });
}

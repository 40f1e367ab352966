import type { AuditCheckView } from "@/lib/contracts/audit";
import { type AuditHead, ChainCheck, NO_HEAD } from "@/lib/core/base/audit-chain";
import { sha256 } from "@/lib/db/audit";
import type { Db } from "@/lib/db/client";
import { findAuditHash, findAuditHead, hasAuditBeforeFirst, listAuditAfter } from "@/lib/db/queries/audit";
import { yieldToEventLoop } from "@/lib/event-loop";
import { log } from "@/lib/log";

/** Entries of a slice: some 5 ms of work, after which everybody else has a turn. */
const SLICE = 200;
/** The whole log is read again this often while somebody looks at it, in ms; in between only what is new is. */
const WHOLE_EVERY_MS = 5 * 60_000;

interface State {
  running: boolean;
  /** The last whole reading began then, epoch ms. */
  wholeAt: number;
  /** Up to where this process once found it right: as long as it lives, a rewritten log has to have that row. */
  head: AuditHead;
  shown: AuditCheckView;
}

/** One for the process: one Next process holds several copies of this module. */
const state = (): State => {
  const global = globalThis as unknown as Record<symbol, State>;
  return (global[Symbol.for("sentinel.audit-check")] ??= {
    running: false,
    wholeAt: 0,
    head: NO_HEAD,
    shown: { state: "none", verified_to: 0, at: null, broken: null },
  });
};

/** How far this process has found the audit log to be as it was written. Asking has it read on, in the background, one reading at a time. */
export function auditCheck(db: Db, now: number): AuditCheckView {
  const s = state();
  if (!s.running) {
    s.running = true;
    void follow(db, now, s)
      .catch((err: unknown) => log().warn({ err }, "the audit log could not be verified"))
      .finally(() => {
        s.running = false;
      });
  }
  return s.shown;
}

async function follow(db: Db, now: number, s: State): Promise<void> {
  // What was found broken is looked at anew each time: somebody may have put the database back.
  const due = s.shown.state !== "intact" || now - s.wholeAt >= WHOLE_EVERY_MS;
  // A log that was cut off, or written again, no longer has the row up to which it was found right.
  const whole = due || (s.head.seq > 0 && (await findAuditHash(db, s.head.seq)) !== s.head.hash);
  if (whole) s.wholeAt = now;
  const anchors = new Map(s.head.seq > 0 ? [[s.head.seq, s.head.hash]] : []);
  const check = new ChainCheck(sha256, anchors, whole ? NO_HEAD : s.head);
  const end = await findAuditHead(db);
  if (await hasAuditBeforeFirst(db)) check.unreadable("a row stands before the first one");
  while (!check.broken && check.head.seq < end.seq) {
    const entries = await listAuditAfter(db, check.head.seq, end.seq, SLICE);
    for (const entry of entries) if (!check.take(entry)) break;
    if (check.broken || entries.length === 0) break;
    if (s.shown.at === null) s.shown = { state: "running", verified_to: check.head.seq, at: null, broken: null };
    await yieldToEventLoop();
  }
  const broken = check.end();
  if (!broken && check.head.seq >= s.head.seq) s.head = check.head;
  if (broken && s.shown.state !== "broken") log().error({ broken }, "the audit log is not as it was written");
  s.shown = {
    state: broken ? "broken" : "intact",
    verified_to: check.head.seq,
    at: Date.now(),
    broken,
  };
}

import { AuditEntryView, AuditHeadView } from "@/lib/contracts/audit";
import { type AuditHead, type Broken, ChainCheck } from "@/lib/core/base/audit-chain";
import { sha256 } from "@/lib/db/audit";

export interface Verified {
  broken: Broken | null;
  /** The first and the last row that the file has in order. */
  from: number;
  to: AuditHead;
  /** Anchors that matched, besides those in the file itself. */
  anchored: number;
}

const HEAD = /^(\d{1,15}):([0-9a-f]{64})$/;

/** A head as people hand it on, `1204:9f86…`. Throws for anything else. */
export function headOf(text: string): AuditHead {
  const [, seq, hash] = HEAD.exec(text) ?? [];
  if (!seq || !hash) throw new Error(`--head ${text}: must be NUMBER:HASH, as "sentinel audit head" prints it`);
  return { seq: Number(seq), hash };
}

/** Where a line of an anchors file may keep a head: an entry, the last line of an export, `audit head --json`, a line of the server's log. */
const PLACES = ["head", "audit_head"] as const;

/**
 * The anchors in a file of lines: heads as `NUMBER:HASH`, entries and last lines of exports, lines of the server's log. Other lines are
 * passed over, since logs hold many. Throws where there is none, or two contradict each other.
 */
export async function readAnchors(lines: AsyncIterable<string>): Promise<Map<number, string>> {
  const anchors = new Map<number, string>();
  for await (const line of lines) {
    const anchor = anchorIn(line.trim());
    if (!anchor || anchor.seq === 0) continue;
    const known = anchors.get(anchor.seq);
    if (known !== undefined && known !== anchor.hash)
      throw new Error(`The anchors contradict each other: row ${anchor.seq} has two hashes`);
    anchors.set(anchor.seq, anchor.hash);
  }
  if (anchors.size === 0) throw new Error("The anchors file names no row with its hash");
  return anchors;
}

function anchorIn(line: string): AuditHead | null {
  if (HEAD.test(line)) return headOf(line);
  const json = jsonOf(line) as Record<string, unknown> | null;
  if (typeof json !== "object" || json === null) return null;
  for (const candidate of [json, ...PLACES.map((place) => json[place])]) {
    const { seq, hash } = (candidate ?? {}) as { seq?: unknown; hash?: unknown };
    if (Number.isSafeInteger(seq) && typeof hash === "string" && HEAD.test(`${seq as number}:${hash}`))
      return { seq: seq as number, hash };
  }
  return null;
}

/** Undefined: it is not JSON. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Checks an export line by line. It may begin in the middle only behind an anchored row. Exports may be appended to one another: each
 * last line names the head that the file must have there, and the file ends with one.
 */
export async function verifyExport(
  lines: AsyncIterable<string>,
  anchors: ReadonlyMap<number, string>,
): Promise<Verified> {
  let check = new ChainCheck(sha256, anchors);
  let from = 1;
  let entries = 0;
  let ended = false;
  for await (const line of lines) {
    if (line.trim() === "") continue;
    const json = jsonOf(line);
    const last = AuditHeadView.safeParse((json as { head?: unknown } | undefined)?.head);
    if (last.success) {
      ended = true;
      if (last.data.seq === check.head.seq && last.data.hash === check.head.hash) continue;
      check.unreadable(
        last.data.seq > check.head.seq
          ? `it is missing: the export says that it goes up to row ${last.data.seq}`
          : "the export says that it ends otherwise",
      );
      break;
    }
    ended = false;
    const entry = AuditEntryView.safeParse(json);
    if (!entry.success) {
      const [issue] = entry.error.issues;
      check.unreadable(json === undefined ? "the line is not JSON" : `not an entry: ${issue?.path.join(".") || "line"}: ${issue?.message}`); // prettier-ignore
      break;
    }
    const before = entry.data.seq - 1;
    const known = anchors.get(before);
    if (entries === 0 && before > 0 && known !== undefined) {
      check = new ChainCheck(sha256, anchors, { seq: before, hash: known });
      from = entry.data.seq;
    }
    entries += 1;
    if (!check.take(entry.data)) break;
  }
  if (!ended && !check.broken)
    check.unreadable("it is missing: the export has no last line with its head, so it was cut off");
  return { broken: check.end(), from, to: check.head, anchored: check.anchored };
}

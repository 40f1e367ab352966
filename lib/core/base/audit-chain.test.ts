import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AuditDraft,
  type AuditEntry,
  type AuditHead,
  type Broken,
  chain,
  ChainCheck,
  NO_HEAD,
} from "./audit-chain";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const draft = (n: number): AuditDraft => ({
  at: 1_700_000_000_000 + n,
  actor: { kind: "person", id: `usr_${n % 7}`, name: `Person ${n % 7}` },
  action: n % 3 === 0 ? "incident.acknowledge" : "policy.update",
  subject: { kind: "incident", id: `inc_${n}` },
  details: { text: `row ${n}`, n, nested: { list: [n, null, true] } },
});
const logOf = (rows: number): AuditEntry[] =>
  chain(
    NO_HEAD,
    Array.from({ length: rows }, (_, i) => draft(i + 1)),
    sha256,
  );

function check(entries: readonly AuditEntry[], anchors: readonly AuditHead[] = [], from?: AuditHead): Broken | null {
  const follow = new ChainCheck(sha256, new Map(anchors.map(({ seq, hash }) => [seq, hash])), from);
  for (const entry of entries) if (!follow.take(entry)) break;
  return follow.end();
}

describe("a chain of audit entries", () => {
  it("is what it was when nothing was changed, also read from a place that is known", () => {
    const log = logOf(50);
    expect(check(log, [log[9]!, log[49]!])).toBeNull();
    expect(check(log.slice(20), [log[49]!], log[19])).toBeNull();
  });

  it("has this hash: the encoding is kept for good", () => {
    const [first] = chain(NO_HEAD, [{ at: 1, actor: { kind: "sentinel", id: "sentinel", name: "Sentinel" }, action: "stop.on", subject: { kind: "settings", id: "settings" }, details: {} }], sha256); // prettier-ignore
    const text = `{"action":"stop.on","actor":{"id":"sentinel","kind":"sentinel","name":"Sentinel"},"at":1,"details":{},"prev":"${"0".repeat(64)}","seq":1,"subject":{"id":"settings","kind":"settings"}}`;
    expect(first!.hash).toBe(sha256(`sentinel audit log entry v1\n${text}`));
  });

  it("is not proven whole without an anchor: a cut tail and a tail computed again look like another log", () => {
    const log = logOf(10);
    expect(check(log.slice(0, 7))).toBeNull();
    expect(check(log.slice(0, 7), [log[9]!])).toMatchObject({ seq: 8 });
  });
});

type Tamper = (log: AuditEntry[], at: number, pick: number) => { log: AuditEntry[]; first: number } | null;

const change =
  (edit: (entry: AuditEntry, pick: number) => AuditEntry): Tamper =>
  (log, at, pick) => ({ log: log.with(at, edit(log[at]!, pick)), first: at + 1 });
const flip = (hash: string, pick: number) => {
  const i = pick % hash.length;
  return hash.slice(0, i) + (hash[i] === "a" ? "b" : "a") + hash.slice(i + 1);
};
/** From a row on, as somebody does who knows how the log is made. */
const computedAgain = (log: AuditEntry[], at: number, drafts: AuditDraft[]) => [
  ...log.slice(0, at),
  ...chain(log[at - 1] ?? NO_HEAD, drafts, sha256),
];

/** Each changes a log so that its first wrong row is `first`; every one is found with the log's last hash and an earlier export. */
const TAMPERS: Record<string, Tamper> = {
  time: change((e, pick) => ({ ...e, at: e.at + 1 + pick })),
  "the actor's name": change((e) => ({ ...e, actor: { ...e.actor, name: `${e.actor.name}x` } })),
  "the actor's kind": change((e) => ({ ...e, actor: { ...e.actor, kind: "sentinel" } })),
  "the actor's ID": change((e, pick) => ({ ...e, actor: { ...e.actor, id: `usr_x${pick}` } })),
  action: change((e) => ({ ...e, action: `${e.action}d` })),
  subject: change((e) => ({ ...e, subject: { ...e.subject, id: "other" } })),
  "a detail": change((e, pick) => ({ ...e, details: { ...e.details, n: -1 - pick } })),
  "a detail less": change((e) => ({ ...e, details: {} })),
  hash: change((e, pick) => ({ ...e, hash: flip(e.hash, pick) })),
  prev: change((e, pick) => ({ ...e, prev: flip(e.prev, pick) })),
  number: change((e, pick) => ({ ...e, seq: e.seq + 1 + (pick % 5) })),
  "content with a hash that fits it": (log, at) => {
    const [forged] = chain(log[at - 1] ?? NO_HEAD, [{ ...draft(at + 1), action: "nothing.happened" }], sha256);
    // The row itself is sound; what shows it is the next row, or an anchor where it is the last.
    return { log: log.with(at, forged!), first: at + 1 === log.length ? at + 1 : at + 2 };
  },
  swap: (log, at, pick) => {
    const other = (at + 1 + (pick % (log.length - 1))) % log.length;
    return { log: log.with(at, log[other]!).with(other, log[at]!), first: Math.min(at, other) + 1 };
  },
  delete: (log, at) => ({ log: log.toSpliced(at, 1), first: at + 1 }),
  "delete a stretch": (log, at, pick) => ({ log: log.toSpliced(at, 1 + (pick % 9)), first: at + 1 }),
  duplicate: (log, at) => ({ log: log.toSpliced(at + 1, 0, log[at]!), first: at + 2 }),
  insert: (log, at) => {
    const [forged] = chain(log[at - 1] ?? NO_HEAD, [{ ...draft(0), action: "slipped.in" }], sha256);
    // It takes the place of the row that it pushes on, which then stands there a second time.
    return { log: log.toSpliced(at, 0, forged!), first: at + 2 };
  },
  truncate: (log, at) => ({ log: log.slice(0, at), first: at + 1 }),
  "compute the tail again": (log, at, pick) => {
    const drafts = log.slice(at).map(({ seq: _s, prev: _p, hash: _h, ...rest }) => rest);
    return { log: computedAgain(log, at, drafts.with(0, { ...drafts[0]!, at: pick })), first: at + 1 };
  },
  "compute the tail again without a row": (log, at) => {
    if (at === log.length - 1) return null;
    const drafts = log.slice(at + 1).map(({ seq: _s, prev: _p, hash: _h, ...rest }) => rest);
    return { log: computedAgain(log, at, drafts), first: at + 1 };
  },
};

describe("1,000 random tampers", () => {
  const log = logOf(120);
  const pick = fc.record({
    how: fc.constantFrom(...Object.keys(TAMPERS)),
    at: fc.integer({ min: 0, max: log.length - 1 }),
    pick: fc.nat({ max: 10_000 }),
  });
  const SEED = { seed: 20_261_129, numRuns: 1_000 };

  it("are all found against an earlier export, and the first broken row is named", () => {
    const found = new Map<string, number>();
    fc.assert(
      fc.property(pick, ({ how, at, pick: n }) => {
        const tampered = TAMPERS[how]!(log, at, n);
        if (tampered === null) return;
        // A forged row differs from what was exported at once, whether or not the next one follows from it.
        const forged = how === "insert" || how.startsWith("content");
        expect(check(tampered.log, log)).toMatchObject({ seq: forged ? at + 1 : tampered.first });
        found.set(how, (found.get(how) ?? 0) + 1);
      }),
      SEED,
    );
    // None of the ways was left untried.
    expect(found.size).toBe(Object.keys(TAMPERS).length);
    expect([...found.values()].reduce((sum, n) => sum + n)).toBeGreaterThan(980);
  });

  it("are all found with nothing but the last hash; of a tail computed again the row named is the anchored one", () => {
    const head = log.at(-1)!;
    fc.assert(
      fc.property(pick, ({ how, at, pick: n }) => {
        const tampered = TAMPERS[how]!(log, at, n);
        if (tampered === null) return;
        const again = how.startsWith("compute");
        const shorter = how.endsWith("without a row");
        // A forged row is sound by itself: the row behind it shows it, and of the last one its anchor.
        const forged = how === "insert" || how.startsWith("content");
        expect(check(tampered.log, [head])).toMatchObject({
          // One row less, and no wrong one: the last is missing.
          seq: again ? head.seq : forged && at === head.seq - 1 ? head.seq : tampered.first,
          ...(again && { reason: expect.stringMatching(shorter ? /missing/ : /rewritten/) as string }),
        });
      }),
      SEED,
    );
  });
});

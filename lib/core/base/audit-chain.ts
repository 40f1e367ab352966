import { canonicalJson } from "./digest";

/**
 * Who did something. `anonymous`: nobody proved who they are (a sign-in that failed). `command_line`: whoever may run `sentinel` on
 * the host. `sentinel`: its own loops.
 */
export const AUDIT_ACTORS = ["person", "token", "key", "command_line", "sentinel", "anonymous"] as const;
export type AuditActorKind = (typeof AUDIT_ACTORS)[number];

export interface AuditActor {
  kind: AuditActorKind;
  id: string;
  /** At the time. */
  name: string;
}

/** What is recorded, before it has a place in the chain. */
export interface AuditDraft {
  /** Epoch ms. */
  at: number;
  actor: AuditActor;
  /** A dotted verb, such as `incident.acknowledge`. */
  action: string;
  subject: { kind: string; id: string };
  /** Plain JSON without secrets. */
  details: Record<string, unknown>;
}

/** An entry of the chain. `seq` counts from 1 without gaps; `prev` is the hash of the entry before it. Hashes are SHA-256 in hex. */
export interface AuditEntry extends AuditDraft {
  seq: number;
  prev: string;
  hash: string;
}

export type AuditHead = Pick<AuditEntry, "seq" | "hash">;

/** SHA-256 of a text's UTF-8 bytes, in hex; given from outside, since the core is pure. */
export type Sha256 = (text: string) => string;

/** Says what is hashed, so that the hash of an entry is the hash of nothing else; its number is the version of the encoding. */
const DOMAIN = "sentinel audit log entry v1\n";
/** What stands before the first entry. */
export const NO_HEAD: AuditHead = { seq: 0, hash: "0".repeat(64) };

const sealedHash = ({ seq, prev, at, actor, action, subject, details }: Omit<AuditEntry, "hash">, sha256: Sha256) =>
  sha256(DOMAIN + canonicalJson({ seq, prev, at, actor, action, subject, details }));

/** Puts drafts behind a head, in their order. Throws TypeError for details that JSON cannot say. */
export function chain(head: AuditHead, drafts: readonly AuditDraft[], sha256: Sha256): AuditEntry[] {
  let { seq, hash } = head;
  return drafts.map((draft) => {
    const entry = { ...draft, seq: ++seq, prev: hash };
    hash = sealedHash(entry, sha256);
    return { ...entry, hash };
  });
}

/** The first row that is not as it was written, and how that shows. */
export interface Broken {
  seq: number;
  reason: string;
}

/**
 * Follows a chain entry by entry, in constant memory, and stops at the first row that is not as it was written. `anchors` are hashes
 * by number that were kept where whoever changed the log could not reach; without any, a log that was rewritten from some row to its
 * end, or cut off, looks like another log.
 */
export class ChainCheck {
  #head: AuditHead;
  #anchored = 0;
  #broken: Broken | null = null;
  readonly #anchors: ReadonlyMap<number, string>;
  readonly #sha256: Sha256;

  /** `from`: what was followed before; an anchor of the row before the first one stands for it too. */
  constructor(sha256: Sha256, anchors: ReadonlyMap<number, string> = new Map(), from: AuditHead = NO_HEAD) {
    this.#sha256 = sha256;
    this.#anchors = anchors;
    this.#head = from;
  }

  /** The last row that was right. */
  get head(): AuditHead {
    return this.#head;
  }

  /** How many anchors matched. */
  get anchored(): number {
    return this.#anchored;
  }

  get broken(): Broken | null {
    return this.#broken;
  }

  /** False once a row is broken: that one, or one before it. */
  take(entry: AuditEntry): boolean {
    if (this.#broken) return false;
    const { seq, hash } = this.#head;
    const expected = seq + 1;
    const anchor = this.#anchors.get(entry.seq);
    if (entry.seq !== expected) return this.#fail(expected, outOfPlace(entry.seq, expected));
    if (entry.prev !== hash) return this.#fail(expected, "it does not follow from the row before it (prev)");
    let own: string;
    try {
      own = sealedHash(entry, this.#sha256);
    } catch (error) {
      return this.#fail(expected, `it cannot be encoded: ${(error as Error).message}`);
    }
    if (own !== entry.hash) return this.#fail(expected, "its content does not match its hash");
    if (anchor !== undefined && anchor !== own)
      return this.#fail(expected, `it differs from the anchor: ${this.#sinceWhen()}`);
    if (anchor !== undefined) this.#anchored += 1;
    this.#head = { seq: expected, hash: own };
    return true;
  }

  /** A row that is no entry at all. */
  unreadable(why: string): void {
    this.#fail(this.#head.seq + 1, why);
  }

  /** After the last entry: whether anchors name rows that never came. */
  end(): Broken | null {
    const last = Math.max(0, ...this.#anchors.keys());
    if (!this.#broken && last > this.#head.seq)
      this.#fail(this.#head.seq + 1, `it is missing: an anchor names row ${last}, and the log ends before it`);
    return this.#broken;
  }

  #fail(seq: number, reason: string): false {
    this.#broken ??= { seq, reason };
    return false;
  }

  /** A whole tail may have been computed again; what was anchored before it is right. */
  #sinceWhen(): string {
    const before = [...this.#anchors.keys()].filter((seq) => seq <= this.#head.seq);
    return before.length === 0
      ? "rows up to it were rewritten, from any row on"
      : `rows were rewritten somewhere after row ${Math.max(...before)}, which still matches its anchor`;
  }
}

const outOfPlace = (found: number, expected: number): string =>
  found > expected
    ? `it is missing: row ${found} stands in its place`
    : `row ${found} stands in its place, out of order or a second time`;

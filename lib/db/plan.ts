import type { Statement } from "./client";
import type { Done } from "./audit";
import type { Change, StreamEvent } from "./commit";

/** Parts of one commit, gathered by several verbs. */
export class Plan implements Required<Change> {
  readonly claims: Statement[] = [];
  readonly writes: Statement[] = [];
  readonly events: StreamEvent[] = [];
  readonly done: Done[] = [];

  claim(...statements: Statement[]): this {
    this.claims.push(...statements);
    return this;
  }
  write(...statements: Statement[]): this {
    this.writes.push(...statements);
    return this;
  }
  /** What was done, where no event tells of it. */
  record(...done: Done[]): this {
    this.done.push(...done);
    return this;
  }
  tell(...events: StreamEvent[]): this {
    this.events.push(...events);
    return this;
  }
}

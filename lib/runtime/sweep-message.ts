import type { Swept } from "./scheduler";

/** What a server tells the sweeper beside it: that there is something to do. */
export type ToSweeper = { kind: "ask" };

/** What the sweeper tells its server: that it swept, or that it committed something others may be waiting for. */
export type FromSweeper =
  | ({ kind: "swept" } & Swept)
  /** `opened`: incidents that were opened since it last said so. */
  | { kind: "committed"; opened: number };

import type { LoopName } from "@/lib/wake";
import type { Swept } from "./agent-loop";

/** What a server tells the sweeper beside it: that there is something to do. */
export type ToSweeper = { kind: "wake"; loops: LoopName[] };

/** What the sweeper tells its server: that it swept, or that it committed something others may be waiting for. */
export type FromSweeper =
  | ({ kind: "swept" } & Swept)
  /** `opened`: incidents that were opened since it last said so. */
  | { kind: "committed"; opened: number };

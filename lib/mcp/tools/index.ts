import type { Tool } from "../tool";
import { BACKTEST } from "./backtest";
import { EXPLAIN_INCIDENT } from "./explain-incident";
import { FLEET_STATUS } from "./fleet-status";
import { HOLD_AGENT } from "./hold-agent";
import { LIST_INCIDENTS } from "./list-incidents";
import { SEARCH_CHANGES } from "./search-changes";
import { SPEND } from "./spend";

/**
 * Every tool, in the order in which clients see them. None decides an approval, releases, or changes a setting: a model that reads
 * hostile text must not be able to.
 */
export const TOOLS: readonly Tool[] = [
  FLEET_STATUS,
  LIST_INCIDENTS,
  EXPLAIN_INCIDENT,
  SPEND,
  SEARCH_CHANGES,
  BACKTEST,
  HOLD_AGENT,
];

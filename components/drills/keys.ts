import type { QueryKey } from "@tanstack/react-query";

/** A query's key in its world: nothing that was read of a drill is ever taken for the real thing, or the other way round. */
export const keyIn = (drill: string | null, key: QueryKey): QueryKey =>
  drill === null ? key : ["drill", drill, ...key];

/** What is out of date after something was done: these keys of the real world, or everything of the drill. */
export const outdatedIn = (drill: string | null, keys: QueryKey[]): QueryKey[] =>
  drill === null ? keys : [["drill", drill], ["drills"]];

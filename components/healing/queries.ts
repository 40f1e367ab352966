import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call, type FilterOf } from "@/components/api";

/** How many actions the overview shows. */
const NEWEST = 6;

export const healingQuery = (filter: FilterOf<typeof PATHS.HEALING>) =>
  queryOptions({
    queryKey: ["healing", filter],
    queryFn: ({ signal }) => call("GET", PATHS.HEALING, { query: filter, signal }),
    placeholderData: keepPreviousData,
  });

export const newestFilter = { limit: NEWEST };
export const newestActionsQuery = healingQuery(newestFilter);

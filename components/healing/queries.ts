import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, type HealingFilter } from "@/components/api";

/** How many actions the overview shows. */
const NEWEST = 6;

export const healingQuery = (filter: HealingFilter) =>
  queryOptions({
    queryKey: ["healing", filter],
    queryFn: ({ signal }) => api.healing(filter, signal),
    placeholderData: keepPreviousData,
  });

export const newestFilter = { limit: NEWEST };
export const newestActionsQuery = healingQuery(newestFilter);

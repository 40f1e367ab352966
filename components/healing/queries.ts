import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, type HealingFilter } from "@/components/api";

export const healingQuery = (filter: HealingFilter) =>
  queryOptions({
    queryKey: ["healing", filter],
    queryFn: ({ signal }) => api.healing(filter, signal),
    placeholderData: keepPreviousData,
  });

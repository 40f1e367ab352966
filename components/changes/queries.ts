import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, type ChangesFilter } from "@/components/api";

export const changesQuery = (filter: ChangesFilter) =>
  queryOptions({
    queryKey: ["changes", filter],
    queryFn: ({ signal }) => api.changes(filter, signal),
    placeholderData: keepPreviousData,
  });

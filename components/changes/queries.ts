import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call, type FilterOf } from "@/components/api";

export const changesQuery = (filter: FilterOf<typeof PATHS.CHANGES>) =>
  queryOptions({
    queryKey: ["changes", filter],
    queryFn: ({ signal }) => call("GET", PATHS.CHANGES, { query: filter, signal }),
    placeholderData: keepPreviousData,
  });

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call, type FilterOf } from "@/components/api";

/** Spending is no event of its own: it is read again this often, in ms. */
const AGAIN_MS = 10_000;

export const spendQuery = (filter: FilterOf<typeof PATHS.SPEND>) =>
  queryOptions({
    queryKey: ["spend", filter],
    queryFn: ({ signal }) => call("GET", PATHS.SPEND, { query: filter, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: AGAIN_MS,
  });

export const budgetsQuery = queryOptions({
  queryKey: ["budgets"],
  queryFn: ({ signal }) => call("GET", PATHS.BUDGETS, { signal }),
  refetchInterval: AGAIN_MS,
});

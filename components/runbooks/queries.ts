import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";

/** `q`: what the sections are searched for; "" searches for nothing. */
export const runbooksQuery = (q: string) =>
  queryOptions({
    queryKey: ["runbooks", q],
    queryFn: ({ signal }) => call("GET", PATHS.RUNBOOKS, { query: { q }, signal }),
    placeholderData: keepPreviousData,
  });

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "@/components/api";

/** `q`: what the sections are searched for; "" searches for nothing. */
export const runbooksQuery = (q: string) =>
  queryOptions({
    queryKey: ["runbooks", q],
    queryFn: ({ signal }) => api.runbooks(q, signal),
    placeholderData: keepPreviousData,
  });

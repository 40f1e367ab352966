import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";

export const evalRunsQuery = queryOptions({
  queryKey: ["evals"],
  queryFn: ({ signal }) => call("GET", PATHS.EVAL_RUNS, { signal }),
});

export const evalRunQuery = (run: string) =>
  queryOptions({
    queryKey: ["evals", run],
    queryFn: ({ signal }) => call("GET", PATHS.EVAL_RUN, { params: { run }, signal }),
    placeholderData: keepPreviousData,
  });

export const comparisonQuery = (run: string, before: string) =>
  queryOptions({
    queryKey: ["evals", run, "compare", before],
    queryFn: ({ signal }) => call("GET", PATHS.EVAL_COMPARISON, { params: { run }, query: { before }, signal }),
  });

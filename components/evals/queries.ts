import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";

/** Cases are stored as they end and are no news of the stream: while a run goes on it is looked at so often. */
const RUNNING_MS = 1_000;

export const evalRunsQuery = queryOptions({
  queryKey: ["evals"],
  queryFn: ({ signal }) => call("GET", PATHS.EVAL_RUNS, { signal }),
  refetchInterval: ({ state: { data } }) => (data?.runs.some(({ state }) => state === "running") ? RUNNING_MS : false),
});

export const evalRunQuery = (run: string) =>
  queryOptions({
    queryKey: ["evals", run],
    queryFn: ({ signal }) => call("GET", PATHS.EVAL_RUN, { params: { run }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) => (data?.run.state === "running" ? RUNNING_MS : false),
  });

export const comparisonQuery = (run: string, before: string) =>
  queryOptions({
    queryKey: ["evals", run, "compare", before],
    queryFn: ({ signal }) => call("GET", PATHS.EVAL_COMPARISON, { params: { run }, query: { before }, signal }),
  });

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { SeriesMetric } from "@/lib/core/base/vocabulary";
import { PATHS } from "@/lib/contracts/paths";
import { call, type FilterOf } from "@/components/api";

/** State comes by the stream; sparklines and last reports move without it. */
const POLL_MS = 5_000;
const SERIES_POLL_MS = 3_000;
/** Beyond this window a point is at least a minute: no need to look every three seconds. */
const FINE_WINDOW_MINUTES = 60;

export const agentsQuery = (filter: FilterOf<typeof PATHS.AGENTS>) =>
  queryOptions({
    queryKey: ["agents", filter],
    queryFn: ({ signal }) => call("GET", PATHS.AGENTS, { query: filter, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: POLL_MS,
  });

export const agentQuery = (id: string) =>
  queryOptions({
    queryKey: ["agent", id],
    queryFn: ({ signal }) => call("GET", PATHS.AGENT, { params: { id }, signal }),
    refetchInterval: POLL_MS,
  });

export const seriesQuery = (id: string, metric: SeriesMetric, minutes: number) =>
  queryOptions({
    queryKey: ["agent", id, "series", metric, minutes],
    queryFn: ({ signal }) => call("GET", PATHS.AGENT_SERIES, { params: { id }, query: { metric, minutes }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: minutes <= FINE_WINDOW_MINUTES ? SERIES_POLL_MS : 60_000,
  });

/** `before`: `seq` of what came after it; null: the newest. */
export const contentQuery = (id: string, run: string | null, before: number | null) =>
  queryOptions({
    queryKey: ["agent", id, "content", run, before],
    queryFn: ({ signal }) =>
      call("GET", PATHS.AGENT_CONTENT, {
        params: { id },
        query: { ...(run === null ? {} : { run_id: run }), ...(before === null ? {} : { before }) },
        signal,
      }),
    refetchInterval: before === null ? POLL_MS : false,
  });

export const runsQuery = (id: string) =>
  queryOptions({
    queryKey: ["agent", id, "runs"],
    queryFn: ({ signal }) => call("GET", PATHS.AGENT_RUNS, { params: { id }, signal }),
    refetchInterval: POLL_MS,
  });

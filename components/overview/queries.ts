import { queryOptions } from "@tanstack/react-query";
import { api } from "@/components/api";

/** Rates and ages move without any message on the stream. */
const POLL_MS = 3_000;

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: ({ signal }) => api.overview(signal),
  refetchInterval: POLL_MS,
});

import { queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";

/** Rates and ages move without any message on the stream. */
const POLL_MS = 3_000;

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: ({ signal }) => call("GET", PATHS.OVERVIEW, { signal }),
  refetchInterval: POLL_MS,
});

import { queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";

/** Deliveries move without any message on the stream. */
const POLL_MS = 5_000;

export const channelsQuery = queryOptions({
  queryKey: ["notifications", "channels"],
  queryFn: ({ signal }) => call("GET", PATHS.CHANNELS, { signal }),
  refetchInterval: POLL_MS,
});

/** Messages that the log shows. */
const SHOWN = 50;
export const notificationsQuery = queryOptions({
  queryKey: ["notifications", "log"],
  queryFn: ({ signal }) => call("GET", PATHS.NOTIFICATIONS, { query: { limit: SHOWN }, signal }),
  refetchInterval: POLL_MS,
});

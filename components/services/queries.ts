import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";

/** What moves a state comes by the stream; values and ages move without it, as often as services are looked at. */
const POLL_MS = 15_000;
/** Beyond this window a point is at least a minute: no need to look as often. */
const FINE_WINDOW_MINUTES = 60;

export const servicesQuery = queryOptions({
  queryKey: ["services"],
  queryFn: ({ signal }) => call("GET", PATHS.SERVICES, { signal }),
  refetchInterval: POLL_MS,
});

export const serviceQuery = (id: string) =>
  queryOptions({
    queryKey: ["service", id],
    queryFn: ({ signal }) => call("GET", PATHS.SERVICE, { params: { id }, signal }),
    refetchInterval: POLL_MS,
  });

export const serviceSeriesQuery = (id: string, minutes: number) =>
  queryOptions({
    queryKey: ["service-series", id, minutes],
    queryFn: ({ signal }) => call("GET", PATHS.SERVICE_SERIES, { params: { id }, query: { minutes }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: minutes <= FINE_WINDOW_MINUTES ? POLL_MS : 60_000,
  });

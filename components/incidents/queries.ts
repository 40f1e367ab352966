import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, type IncidentsFilter } from "@/components/api";
import { keyIn } from "@/components/drills/keys";

export const incidentsQuery = (filter: IncidentsFilter) =>
  queryOptions({
    queryKey: ["incidents", filter],
    queryFn: ({ signal }) => api.incidents(filter, signal),
    placeholderData: keepPreviousData,
  });

/** No stream tells of what happens in a drill: it is looked at so often while it goes on. */
const DRILL_MS = 1_000;

export const incidentQuery = (id: string, drill: string | null = null) =>
  queryOptions({
    queryKey: keyIn(drill, ["incident", id]),
    queryFn: ({ signal }) => api.incident(id, drill, signal),
    refetchInterval: ({ state: { data } }) => (drill !== null && data?.incident.closed_at === null ? DRILL_MS : false),
  });

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call, type FilterOf } from "@/components/api";
import { keyIn } from "@/components/drills/keys";

export const incidentsQuery = (filter: FilterOf<typeof PATHS.INCIDENTS>) =>
  queryOptions({
    queryKey: ["incidents", filter],
    queryFn: ({ signal }) => call("GET", PATHS.INCIDENTS, { query: filter, signal }),
    placeholderData: keepPreviousData,
  });

export const assigneesQuery = queryOptions({
  queryKey: ["assignees"],
  queryFn: ({ signal }) => call("GET", PATHS.ASSIGNEES, { signal }),
});

/** No stream tells of what happens in a drill: it is looked at so often while it goes on. */
const DRILL_MS = 1_000;

export const incidentQuery = (id: string, drill: string | null = null) =>
  queryOptions({
    queryKey: keyIn(drill, ["incident", id]),
    queryFn: ({ signal }) => call("GET", PATHS.INCIDENT, { params: { id }, query: { drill }, signal }),
    refetchInterval: ({ state: { data } }) => (drill !== null && data?.incident.closed_at === null ? DRILL_MS : false),
  });

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, type IncidentsFilter } from "@/components/api";

export const incidentsQuery = (filter: IncidentsFilter) =>
  queryOptions({
    queryKey: ["incidents", filter],
    queryFn: ({ signal }) => api.incidents(filter, signal),
    placeholderData: keepPreviousData,
  });

export const incidentQuery = (id: string) =>
  queryOptions({ queryKey: ["incident", id], queryFn: ({ signal }) => api.incident(id, signal) });

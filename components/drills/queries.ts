import { queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";

/** While it goes on, a drill's recording has something new every two seconds. */
const GOES_ON_MS = 1_000;
/** Once it is over only its deletion is news. */
const OVER_MS = 15_000;
/** The recording is shown for a moment after the incident has closed, in ms. */
const AFTERWARDS_MS = 60_000;

const isOver = (closedAt: number | null): boolean => closedAt !== null && Date.now() - closedAt > AFTERWARDS_MS;

export const drillsQuery = queryOptions({
  queryKey: ["drills"],
  queryFn: ({ signal }) => call("GET", PATHS.DRILLS, { signal }),
  refetchInterval: ({ state: { data } }) =>
    data?.drills.every(({ incident }) => isOver(incident.closed_at)) ? OVER_MS : 2 * GOES_ON_MS,
});

export const drillQuery = (id: string) =>
  queryOptions({
    queryKey: ["drill", id],
    queryFn: ({ signal }) => call("GET", PATHS.DRILL, { params: { id }, signal }),
    refetchInterval: ({ state: { data } }) => (isOver(data?.incident.closed_at ?? null) ? OVER_MS : GOES_ON_MS),
  });

export const scenariosQuery = queryOptions({
  queryKey: ["scenarios"],
  queryFn: ({ signal }) => call("GET", PATHS.SCENARIOS, { signal }),
});

import { queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { keyIn } from "@/components/drills/keys";

/** Scores follow the end of an incident within seconds, without an event of their own: so often they are looked for, */
const LOOK_MS = 2_000;
/** and so long: of what another incident went on with there are none. */
const COME_WITHIN_MS = 2 * 60_000;

export const incidentScoresQuery = (id: string, closedAt: number, drill: string | null = null) =>
  queryOptions({
    queryKey: keyIn(drill, ["incident", id, "scores"]),
    queryFn: ({ signal }) => call("GET", PATHS.INCIDENT_SCORES, { params: { id }, query: { drill }, signal }),
    refetchInterval: ({ state: { data } }) =>
      data?.scored === null && Date.now() - closedAt < COME_WITHIN_MS ? LOOK_MS : false,
  });

export const scoredIncidentsQuery = queryOptions({
  queryKey: ["scores"],
  queryFn: ({ signal }) => call("GET", PATHS.SCORED_INCIDENTS, { signal }),
});

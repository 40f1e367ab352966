import { queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { keyIn } from "@/components/drills/keys";

/** Specialists' steps are written down as they end and are no news of the stream: while they work, they are looked at so often. */
const AT_WORK_MS = 1_000;
/** Values move without any news; as often as services are looked at. */
const OPEN_MS = 15_000;

export const storyQuery = (id: string, drill: string | null = null) =>
  queryOptions({
    queryKey: keyIn(drill, ["story", id]),
    queryFn: ({ signal }) => call("GET", PATHS.INCIDENT_STORY, { params: { id }, query: { drill }, signal }),
    refetchInterval: ({ state: { data } }) =>
      data === undefined || data.incident.closed_at !== null
        ? false
        : drill !== null || data.investigation === null || data.investigation.state === "running"
          ? AT_WORK_MS
          : OPEN_MS,
  });

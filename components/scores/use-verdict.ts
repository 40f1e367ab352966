import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { IncidentSummary } from "@/lib/contracts/incidents";
import { PATHS } from "@/lib/contracts/paths";
import type { VerdictBody } from "@/lib/contracts/scores";
import { call } from "@/components/api";
import { useDrill } from "@/components/drills/world";
import { useRefreshAfter } from "@/components/live/refresh-after";
import { toast } from "@/components/ui/toast";
import { incidentScoresQuery } from "./queries";

/** Sends what a person says of an incident, and shows it at once. */
export function useVerdict(incident: Pick<IncidentSummary, "id" | "closed_at">) {
  const drill = useDrill();
  const client = useQueryClient();
  const refresh = useRefreshAfter("incident.verdict", { incident_id: incident.id });
  return useMutation({
    mutationFn: (body: VerdictBody) =>
      call("POST", PATHS.INCIDENT_VERDICT, { params: { id: incident.id }, query: { drill }, body }),
    onSuccess: (scores) => {
      client.setQueryData(incidentScoresQuery(incident.id, incident.closed_at ?? 0, drill).queryKey, scores);
      toast.success(scores.scored === null ? "Verdict saved." : "Verdict saved. The scores take it into account.");
    },
    onError: (error) => toast.error(error.message),
    onSettled: refresh,
  });
}

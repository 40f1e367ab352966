import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { type AuditFilters, PERIODS } from "./filters";

/** While the server reads the log, and afterwards: entries come in seldom. */
const POLL_MS = { running: 2_000, idle: 15_000 };

export const auditQuery = ({ actor, action, subject, since, before }: AuditFilters, enabled: boolean) =>
  queryOptions({
    queryKey: ["audit", { actor, action, subject, since, before }],
    queryFn: ({ signal }) =>
      call("GET", PATHS.AUDIT, {
        query: {
          ...(actor === null ? {} : { actor }),
          ...(action === null ? {} : { action }),
          ...(subject.trim() === "" ? {} : { subject: subject.trim() }),
          ...(since === null ? {} : { from: Date.now() - PERIODS[since] }),
          ...(before === null ? {} : { before }),
        },
        signal,
      }),
    enabled,
    placeholderData: keepPreviousData,
    refetchInterval: before === null ? POLL_MS.idle : false,
  });

export const auditHeadQuery = (enabled: boolean) =>
  queryOptions({
    queryKey: ["audit-head"],
    queryFn: ({ signal }) => call("GET", PATHS.AUDIT_HEAD, { signal }),
    enabled,
    refetchInterval: ({ state: { data } }) =>
      data?.check.state === "intact" || data?.check.state === "broken" ? POLL_MS.idle : POLL_MS.running,
  });

import type { Statement } from "../client";

/* Statements by which the response loop moves incidents, what they are about, and what was measured of it. */

const listed = "(SELECT value FROM json_each(?))";

/** An agent is no longer watched for an incident. */
export const endWatch = (incidentId: string, agentId: string): Statement => ({
  sql: "UPDATE incident_subjects SET watch = NULL WHERE incident_id = ? AND subject_kind = 'agent' AND subject_id = ?",
  args: [incidentId, agentId],
});

/** A claim: the same, if it was watched. */
export const endWatchClaim = (incidentId: string, agentId: string): Statement => ({
  sql: "UPDATE incident_subjects SET watch = NULL WHERE incident_id = ? AND subject_id = ? AND watch IS NOT NULL",
  args: [incidentId, agentId],
});

/** Nothing is watched for an incident any more. */
export const endWatches = (incidentId: string): Statement => ({
  sql: "UPDATE incident_subjects SET watch = NULL WHERE incident_id = ? AND watch IS NOT NULL",
  args: [incidentId],
});

/** Nothing is watched for an incident any more, and no service is in it. Agents leave it by claims of their own. */
export const releaseSubjects = (incidentId: string): Statement[] => [
  { sql: "UPDATE services SET incident_id = NULL WHERE incident_id = ?", args: [incidentId] },
  endWatches(incidentId),
];

/** Puts anomalies that belong to no incident yet under one. */
export const adoptAnomalies = (incidentId: string, agentId: string, since: number): Statement => ({
  sql: "UPDATE anomalies SET incident_id = ? WHERE agent_id = ? AND incident_id IS NULL AND at >= ?",
  args: [incidentId, agentId, since],
});

/** Puts these anomalies under an incident, wherever they were. */
export const moveAnomalies = (incidentId: string, ids: readonly string[]): Statement => ({
  sql: `UPDATE anomalies SET incident_id = ? WHERE id IN ${listed}`,
  args: [incidentId, JSON.stringify(ids)],
});

/** Puts what one incident has of an agent under another. */
export const moveAnomaliesOf = (agentId: string, from: string, into: string): Statement => ({
  sql: "UPDATE anomalies SET incident_id = ? WHERE incident_id = ? AND agent_id = ?",
  args: [into, from, agentId],
});

/** An incident is at least so severe. It never gets less severe: a message must not talk down what a person is asked about. */
export const raiseSeverity = (incidentId: string, severity: number): Statement => ({
  sql: "UPDATE incidents SET severity = max(severity, ?) WHERE id = ? AND closed_at IS NULL",
  args: [severity, incidentId],
});

/** A claim: uses one of the holds that a person allowed beyond the limits. */
export const useAllowedHold = (incidentId: string): Statement => ({
  sql: "UPDATE incidents SET holds_allowed = holds_allowed - 1 WHERE id = ? AND holds_allowed > 0 AND closed_at IS NULL",
  args: [incidentId],
});

/** Ends an incident that continues as another one, whatever else has happened to it. */
export const endContinued = (incidentId: string, outcome: string, now: number): Statement => ({
  sql: `UPDATE incidents SET state = 'resolved', closed_at = ?, outcome = ?, state_version = state_version + 1
        WHERE id = ? AND closed_at IS NULL`,
  args: [now, outcome, incidentId],
});

/** Notes that an incident of services has had another alert. */
export const noteAlert = (incidentId: string, at: number, severity: number): Statement => ({
  sql: "UPDATE incidents SET last_alert_at = max(coalesce(last_alert_at, 0), ?), severity = max(severity, ?) WHERE id = ?",
  args: [at, severity, incidentId],
});

/**
 * Adds services to an incident. It has one primary subject: who joins is affected, until it turns out to lead. One statement, as of
 * everything that a storm brings by the thousand: the event loop stands still while the local database works.
 */
export const addServices = (incidentId: string, services: readonly string[], primary?: string): Statement => ({
  sql: `INSERT INTO incident_subjects (incident_id, subject_kind, subject_id, role)
        SELECT ?1, 'service', value, iif(value = ?2, 'primary', 'affected') FROM json_each(?3) WHERE true ON CONFLICT DO NOTHING`,
  args: [incidentId, primary ?? null, JSON.stringify(services)],
});

/** With more alerts another service turns out to explain the rest: it leads, and gives the incident its title. */
export const letLead = (incidentId: string, service: string): Statement[] => [
  {
    sql: "UPDATE incident_subjects SET role = iif(subject_id = ?, 'primary', 'affected') WHERE incident_id = ?",
    args: [service, incidentId],
  },
  {
    sql: `UPDATE incidents SET title = (SELECT count(*) FROM alerts WHERE incident_id = ?1) || ' alerts on '
            || (SELECT count(*) FROM incident_subjects WHERE incident_id = ?1 AND role = 'affected')
            || ' services, which coincide with trouble at ' || ?2 WHERE id = ?1 AND state IN ('open', 'investigating')`,
    args: [incidentId, service],
  },
];

/** All that one service incident holds goes to another. */
export const moveContents = (from: string, into: string): Statement[] => [
  { sql: "UPDATE alerts SET incident_id = ? WHERE incident_id = ?", args: [into, from] },
  { sql: "UPDATE services SET incident_id = ? WHERE incident_id = ?", args: [into, from] },
  {
    sql: `INSERT OR IGNORE INTO incident_subjects (incident_id, subject_kind, subject_id, role)
          SELECT ?, subject_kind, subject_id, 'affected' FROM incident_subjects WHERE incident_id = ?`,
    args: [into, from],
  },
  { sql: "UPDATE OR IGNORE incident_signals SET incident_id = ? WHERE incident_id = ?", args: [into, from] },
];

/** The services' signals that are out of band, or that an alert names (`service signal`), as what can be measured again. */
export const addSignals = (
  incidentId: string,
  services: readonly string[],
  named: readonly string[],
  most: number,
): Statement => ({
  sql: `INSERT OR IGNORE INTO incident_signals (incident_id, service_id, name, query, labels, unit, upper, lower)
        SELECT ?, service_id, name, query, '{}', unit, upper, lower FROM signals
        WHERE service_id IN ${listed}
          AND (state IN ('over_limit', 'out_of_band') OR (service_id || ' ' || name) IN ${listed}) LIMIT ?`,
  args: [incidentId, JSON.stringify(services), JSON.stringify(named), most],
});

/** Services with a firing alert are degraded at least, and point at their incident. */
export const degrade = (incidentId: string, services: readonly string[], now: number): Statement[] => [
  { sql: `UPDATE services SET incident_id = ? WHERE id IN ${listed}`, args: [incidentId, JSON.stringify(services)] },
  {
    sql: `UPDATE services SET state = 'degraded', state_since = ? WHERE state NOT IN ('degraded', 'down') AND id IN ${listed}`,
    args: [now, JSON.stringify(services)],
  },
];

/** A claim: that it is open. Whose it is changes nothing that a decision is bound to. */
export const assignIncident = (id: string, to: { id: string; name: string } | null): Statement => ({
  sql: "UPDATE incidents SET assignee_id = ?, assignee_name = ? WHERE id = ? AND closed_at IS NULL",
  args: [to?.id ?? null, to?.name ?? null, id],
});

/** A claim: that it is open. `until` null: no longer. */
export const snoozeIncident = (id: string, until: number | null): Statement => ({
  sql: "UPDATE incidents SET snoozed_until = ? WHERE id = ? AND closed_at IS NULL",
  args: [until, id],
});

/** A claim: that nobody has acknowledged it, and that it is open. Nothing that a decision is bound to changes by it. */
export const acknowledgeIncident = (id: string, by: string, now: number): Statement => ({
  sql: "UPDATE incidents SET acknowledged_at = ?, acknowledged_by = ? WHERE id = ? AND acknowledged_at IS NULL AND closed_at IS NULL",
  args: [now, by, id],
});

import { groupAlerts, type GroupInput, type OpenIncident, type UngroupedAlert } from "./alert-group";

export const NOW = 1_700_000_000_000;
export const MINUTE = 60_000;

export const alert = (id: string, service: string, more: Partial<UngroupedAlert> = {}): UngroupedAlert => ({
  id,
  service,
  severity: "critical",
  startsAt: NOW,
  labels: {},
  previousIncidentId: null,
  ...more,
});
export const incident = (id: string, primary: string, more: Partial<OpenIncident> = {}): OpenIncident => ({
  id,
  primary,
  services: [primary],
  openedAt: NOW - 2 * MINUTE,
  onsetAt: NOW - 2 * MINUTE,
  lastAlertAt: NOW - 2 * MINUTE,
  ...more,
});
export const group = (alerts: UngroupedAlert[], edges: [string, string][] = [], more: Partial<GroupInput> = {}) =>
  groupAlerts({
    alerts,
    edges,
    incidents: [],
    unhealthy: new Map(),
    healthy: new Set(),
    maintenance: [],
    now: NOW,
    ...more,
  });

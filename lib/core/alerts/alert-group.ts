import { type Alert, worstSeverity } from "./alert";
import { type CallGraph, rootsOf, together, type Trouble } from "./alert-group-roots";
import { sharedDependencies } from "./alert-group-shared";
import { type MaintenanceWindow, mutedBy } from "./maintenance";
import type { AlertSeverity } from "../base/vocabulary";

/** A firing occurrence that belongs to no incident yet. */
export interface UngroupedAlert extends Pick<Alert, "service" | "severity" | "startsAt" | "labels"> {
  id: string;
  /** Where the occurrence before it (same fingerprint) belonged, whatever has become of that incident. */
  previousIncidentId: string | null;
}

/** An incident that is not over: only these take alerts in. */
export interface OpenIncident {
  id: string;
  /** Its suspected dependency, or else the service that it is about. */
  primary: string;
  services: readonly string[];
  openedAt: number;
  /** Start of its first and of its latest alert. */
  onsetAt: number;
  lastAlertAt: number;
}

export interface GroupInput extends CallGraph {
  alerts: readonly UngroupedAlert[];
  incidents: readonly OpenIncident[];
  /** Services measured to be unwell, with or without an alert, and since when (epoch ms). */
  unhealthy: ReadonlyMap<string, number>;
  maintenance: readonly MaintenanceWindow[];
  now: number;
}

/** What a group is about. */
interface About {
  alertIds: string[];
  /** Of its new alerts, by name. */
  services: string[];
  /** The service that would explain the others (a dependency in trouble or a silent one), or the only one there is. */
  primary: string;
  /** Blame candidates, the likeliest first; empty when a service stands alone and nothing else would explain it. */
  suspects: string[];
}

export interface Grouping {
  joins: (About & { incidentId: string })[];
  opens: (About & { onsetAt: number; severity: AlertSeverity; previousIncidentId: string | null })[];
  /** Recorded only. Give them again as long as they fire: what mutes them ends by itself. */
  records: { alertId: string; muted: boolean; reason: string }[];
  /** Open incidents that turn out to have one root: the younger goes into the older. */
  merges: { from: string; into: string }[];
}

/**
 * Alerts of one cause start apart by as much as their rules differ in patience: `for:` of five to ten minutes is usual, and
 * scraping, evaluation and waiting for the group add less than what separates those. Gaps longer than this part groups.
 */
export const GROUP_WINDOW_MS = 10 * 60_000;

/**
 * Decides where firing alerts belong: into an open incident, into a new one, or into none.
 *
 * One service has one open incident: its alerts join it at any time. Services belong together when the same dependency explains them: the
 * deepest one in trouble that they reach (`rootsOf`), or a silent one that most of its callers point at
 * (`sharedDependencies`), their troubles following each other without a gap longer than `windowMs`. Alerts that merely
 * come at the same time stay apart. An incident takes in what has the root that its own primary service has. What only informs, and
 * what maintenance mutes, opens nothing by itself, but goes along with what else its service or root has.
 *
 * Every alert comes out once; the order of the input does not matter; an id given twice counts once. Near-linear in
 * alerts, edges and open incidents.
 */
export function groupAlerts(given: GroupInput, windowMs: number = GROUP_WINDOW_MS): Grouping {
  // Ties are broken in the order of calls: it must be one order, however they came.
  const input = { ...given, edges: inOrder(given.edges) };
  const { now } = input;
  const alerts = [...new Map(input.alerts.map((alert) => [alert.id, alert])).values()].toSorted(
    (a, b) => a.startsAt - b.startsAt || (a.id < b.id ? -1 : 1),
  );
  const incidents = [...input.incidents].toSorted((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1));
  const muted = mutes(alerts, input.maintenance, now);
  const home = homes(alerts, incidents);
  const troubled = troubles(input, alerts, incidents);
  const { roots, suspects } = explain(troubled, input, windowMs);

  // An incident goes with its primary service's root; of several at one time the oldest takes the others in.
  const ofRoot = new Map<string, OpenIncident>();
  const merges: Grouping["merges"] = [];
  const into = new Map<string, string>();
  for (const incident of incidents) {
    const root = roots.get(incident.primary)!;
    const older = ofRoot.get(root);
    if (older && sameTime(older, incident, windowMs)) {
      merges.push({ from: incident.id, into: older.id });
      into.set(incident.id, older.id);
    } else ofRoot.set(root, incident);
  }

  const joins = new Map<string, UngroupedAlert[]>();
  const fresh = new Map<string, UngroupedAlert[]>();
  const records: Grouping["records"] = [];
  const record = ({ id }: UngroupedAlert) => {
    const window = muted.get(id);
    records.push({
      alertId: id,
      muted: window !== undefined,
      reason: window ? `maintenance ${window}` : "informational only",
    });
  };
  for (const alert of alerts) {
    const root = roots.get(alert.service);
    const own = home.get(alert.service) ?? home.get(previous(alert));
    const incidentId = own ?? (root === undefined ? undefined : ofRoot.get(root)?.id);
    if (incidentId !== undefined) append(joins, into.get(incidentId) ?? incidentId, alert);
    else if (root !== undefined) append(fresh, root, alert);
    else record(alert);
  }
  for (const [root, members] of fresh) {
    if (!members.every(({ id, severity }) => severity === "info" || muted.has(id))) continue;
    fresh.delete(root);
    members.forEach(record);
  }

  const about = (members: readonly UngroupedAlert[], root: string): About => {
    const services = [...new Set(members.map(({ service }) => service))].toSorted();
    const named = suspects.get(root) ?? [root];
    const alone = services.length === 1 && services[0] === named[0];
    return { alertIds: members.map(({ id }) => id), services, primary: named[0]!, suspects: alone ? [] : named };
  };
  const byId = new Map(incidents.map((incident) => [incident.id, incident]));
  return {
    joins: [...joins].map(([incidentId, members]) => ({
      incidentId,
      ...about(members, roots.get(byId.get(incidentId)!.primary)!),
    })),
    opens: [...fresh].map(([root, members]) => ({
      ...about(members, root),
      onsetAt: members.reduce((first, { startsAt }) => Math.min(first, startsAt), now),
      severity: worstSeverity(members.map(({ severity }) => severity)),
      previousIncidentId: mostlyFrom(members),
    })),
    records,
    merges,
  };
}

const inOrder = (edges: GroupInput["edges"]): GroupInput["edges"] =>
  edges.toSorted(([a, b], [c, d]) => (a === c ? (b < d ? -1 : Number(b > d)) : a < c ? -1 : 1));

/** The window that mutes each alert, by the alert's id. */
function mutes(alerts: readonly UngroupedAlert[], windows: readonly MaintenanceWindow[], now: number) {
  const live = windows.filter(({ startsAt, endsAt }) => startsAt <= now && now < endsAt);
  const muted = new Map<string, string>();
  if (live.length === 0) return muted;
  for (const alert of alerts) {
    const window = mutedBy(alert, live, now);
    if (window) muted.set(alert.id, window.id);
  }
  return muted;
}

/** A name that no service has. */
const previous = ({ previousIncidentId }: UngroupedAlert) => `\u0000${previousIncidentId}`;

/** The open incident of each service (the latest), and of alerts that fire again while their incident is still open. */
function homes(alerts: readonly UngroupedAlert[], incidents: readonly OpenIncident[]): Map<string, string> {
  const home = new Map<string, string>();
  for (const { id, primary, services } of incidents)
    for (const service of [primary, ...services]) home.set(service, id);
  const open = new Set(incidents.map(({ id }) => id));
  for (const alert of alerts) {
    const { previousIncidentId: id } = alert;
    if (id !== null && open.has(id)) home.set(previous(alert), id);
  }
  return home;
}

/** Every service in trouble and when: by alerts that ask for something, by open incidents, by measurement. */
function troubles(
  { unhealthy, now }: GroupInput,
  alerts: readonly UngroupedAlert[],
  incidents: readonly OpenIncident[],
): Map<string, Trouble> {
  const troubled = new Map<string, Trouble>();
  const add = (service: string, from: number, to: number) => {
    const known = troubled.get(service);
    if (!known) troubled.set(service, { from, to });
    else {
      known.from = Math.min(known.from, from);
      known.to = Math.max(known.to, to);
    }
  };
  for (const { service, severity, startsAt } of alerts) {
    // A sender's clock that runs ahead must not part what belongs together.
    const at = Math.min(startsAt, now);
    if (severity !== "info") add(service, at, at);
  }
  for (const { primary, services, onsetAt, lastAlertAt } of incidents)
    for (const service of [primary, ...services]) add(service, onsetAt, lastAlertAt);
  for (const [service, since] of unhealthy) add(service, since, since);
  return troubled;
}

/** The root of every service in trouble; and, for roots that are not in trouble themselves, who else could be it. */
function explain(troubled: ReadonlyMap<string, Trouble>, graph: CallGraph, windowMs: number) {
  const roots = rootsOf(troubled, graph, windowMs);
  const unexplained = new Map([...roots.values()].map((root) => [root, troubled.get(root)!]));
  const shared = sharedDependencies(unexplained, troubled, graph, windowMs);
  const suspects = new Map<string, string[]>();
  const deeper = new Map<string, string>();
  for (const { callers, suspects: named } of shared) {
    suspects.set(named[0]!, named);
    for (const caller of callers) deeper.set(caller, named[0]!);
  }
  for (const [service, root] of roots) roots.set(service, deeper.get(root) ?? root);
  return { roots, suspects };
}

const sameTime = (a: OpenIncident, b: OpenIncident, windowMs: number) =>
  together({ from: a.onsetAt, to: a.lastAlertAt }, { from: b.onsetAt, to: b.lastAlertAt }, windowMs);

function append(groups: Map<string, UngroupedAlert[]>, key: string, alert: UngroupedAlert): void {
  const group = groups.get(key);
  if (group) group.push(alert);
  else groups.set(key, [alert]);
}

/** The incident that most of a group's alerts belonged to before; the smaller id of two. */
function mostlyFrom(members: readonly UngroupedAlert[]): string | null {
  const counts = new Map<string, number>();
  for (const { previousIncidentId: id } of members) if (id !== null) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0]?.[0] ?? null;
}

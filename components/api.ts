import type { AgentTypeSettings } from "@/lib/contracts/agent-types";
import type { AgentCommand, AgentDetail, AgentsAnswer, RunsAnswer, SeriesAnswer } from "@/lib/contracts/agents";
import type {
  AlertSourcesAnswer,
  AlertSourceTestAnswer,
  NewAlertSourceAnswer,
  NewAlertSourceBody,
} from "@/lib/contracts/alert-sources";
import type {
  ApprovalsAnswer,
  BulkDecisionAnswer,
  BulkDecisionBody,
  DecisionAnswer,
  DryRunAnswer,
} from "@/lib/contracts/approvals";
import type { LinkBody, LinkCheckAnswer, SessionAnswer } from "@/lib/contracts/auth";
import type { ChangeView } from "@/lib/contracts/changes";
import type { DemoFaultBody, DemoFaults } from "@/lib/contracts/demo";
import type { IncidentCommand, IncidentDetail, IncidentsAnswer } from "@/lib/contracts/incidents";
import type { ApiTokensAnswer, NewApiTokenAnswer, NewApiTokenBody } from "@/lib/contracts/tokens";
import type { KeysAnswer, NewKeyAnswer, NewKeyBody } from "@/lib/contracts/keys";
import type { DrillDetail, DrillView, ScenarioView } from "@/lib/contracts/drills";
import type { MaintenanceBody, MaintenanceView, RunbookView } from "@/lib/contracts/operations";
import type {
  FleetSettings,
  FleetSettingsPatch,
  HealingAnswer,
  MemoryAnswer,
  OverviewAnswer,
} from "@/lib/contracts/overview";
import type { Problem } from "@/lib/contracts/problem";
import type { CauseView, ServiceDetail, ServiceSeries, ServicesAnswer, ServiceStory } from "@/lib/contracts/services";
import type { InviteBody, LinkAnswer, UsersAnswer, UserView } from "@/lib/contracts/users";

/** A server that does not answer within this is treated as away, so that no screen waits for ever. */
const TIMEOUT_MS = 15_000;

/** An answer other than success, in the server's own words. `status` is 0 when there was no answer at all. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    message: string,
    readonly status: number,
    readonly problem: Problem | null = null,
    cause?: unknown,
  ) {
    super(message, { cause });
  }

  /** What is wrong with one field of the body that was sent, if the server named it. */
  field(name: string): string | undefined {
    return this.problem?.errors?.find((error) => error.field === name)?.reason;
  }
}

type Query = Record<string, string | number | null | undefined>;

function url(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  return search.size > 0 ? `${path}?${search}` : path;
}

async function request<T>(
  method: string,
  path: string,
  options: { body?: unknown; signal?: AbortSignal } = {},
): Promise<T> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      headers: {
        accept: "application/json",
        ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError(
      timeout.aborted ? "Sentinel did not respond in time." : "Sentinel is unreachable.",
      0,
      null,
      cause,
    );
  }
  const text = await response.text();
  const json = text === "" ? undefined : parse(text);
  if (response.ok) return json as T;
  const problem = isProblem(json) ? json : null;
  throw new ApiError(
    problem?.detail ?? problem?.title ?? `Sentinel returned ${response.status}.`,
    response.status,
    problem,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isProblem = (value: unknown): value is Problem => typeof value === "object" && value !== null && "title" in value;

const get = <T>(path: string, query?: Query, signal?: AbortSignal) => request<T>("GET", url(path, query), { signal });
const post = <T>(path: string, body: unknown, query?: Query) => request<T>("POST", url(path, query), { body });

/** Which drill's world a request is about; left out or null: the real one. */
type InDrill = string | null;

/** Ids are names that strangers chose: they are never part of a path as they are. */
const agentPath = (id: string, rest = "") => `/api/v1/agents/${encodeURIComponent(id)}${rest}`;
const servicePath = (id: string, rest = "") => `/api/v1/services/${encodeURIComponent(id)}${rest}`;
const drillPath = (id: string) => `/api/v1/drills/${encodeURIComponent(id)}`;
const incidentPath = (id: string, rest = "") => `/api/v1/incidents/${encodeURIComponent(id)}${rest}`;

export interface AgentsFilter extends Query {
  q?: string;
  state?: string;
  type?: string;
}
export interface IncidentsFilter extends Query {
  state?: string;
  agent?: string;
  service?: string;
  kind?: string;
  min_severity?: number;
  before?: number;
}
export interface HealingFilter extends Query {
  outcome?: string;
  agent?: string;
}

export interface ChangesFilter extends Query {
  q?: string;
  subject_kind?: string;
  kind?: string;
  declared?: string;
  before?: number;
}
export interface RunbooksAnswer {
  runbooks: RunbookView[];
  sections: { path: string; heading: string; body: string }[];
}

/** The REST surface as the screens use it: one function a request. Types come from the contracts. */
export const api = {
  session: (signal?: AbortSignal) => get<SessionAnswer>("/api/v1/session", {}, signal),
  overview: (signal?: AbortSignal) => get<OverviewAnswer>("/api/v1/overview", {}, signal),

  agents: (filter: AgentsFilter, signal?: AbortSignal) => get<AgentsAnswer>("/api/v1/agents", filter, signal),
  agent: (id: string, signal?: AbortSignal) => get<AgentDetail>(agentPath(id), {}, signal),
  series: (id: string, query: { metric: string; minutes: number }, signal?: AbortSignal) =>
    get<SeriesAnswer>(agentPath(id, "/series"), query, signal),
  runs: (id: string, signal?: AbortSignal) => get<RunsAnswer>(agentPath(id, "/runs"), {}, signal),
  command: (id: string, command: AgentCommand, reason?: string) =>
    post<unknown>(agentPath(id, `/${command}`), reason ? { reason } : {}),

  agentTypes: (signal?: AbortSignal) => get<{ types: AgentTypeSettings[] }>("/api/v1/agent-types", {}, signal),
  patchAgentType: (type: string, patch: Partial<Omit<AgentTypeSettings, "type" | "looks_like" | "agents">>) =>
    request<{ types: AgentTypeSettings[] }>("PATCH", `/api/v1/agent-types/${encodeURIComponent(type)}`, {
      body: patch,
    }),
  settings: (signal?: AbortSignal) => get<FleetSettings>("/api/v1/settings", {}, signal),
  patchSettings: (patch: FleetSettingsPatch) => request<FleetSettings>("PATCH", "/api/v1/settings", { body: patch }),

  incidents: (filter: IncidentsFilter, signal?: AbortSignal) =>
    get<IncidentsAnswer>("/api/v1/incidents", filter, signal),
  incident: (id: string, drill: InDrill, signal?: AbortSignal) =>
    get<IncidentDetail>(incidentPath(id), { drill }, signal),
  incidentCommand: (id: string, command: IncidentCommand, comment: string | undefined, drill: InDrill) =>
    post<unknown>(incidentPath(id, `/${command}`), comment ? { comment } : {}, { drill }),
  story: (id: string, drill: InDrill, signal?: AbortSignal) =>
    get<ServiceStory>(incidentPath(id, "/story"), { drill }, signal),
  bundleUrl: (id: string, drill: InDrill) => url(incidentPath(id, "/bundle"), { drill }),
  thumb: (id: string, cause: string, thumb: 1 | -1, drill: InDrill) =>
    post<CauseView>(incidentPath(id, `/causes/${encodeURIComponent(cause)}/feedback`), { thumb }, { drill }),

  services: (signal?: AbortSignal) => get<ServicesAnswer>("/api/v1/services", {}, signal),
  service: (id: string, signal?: AbortSignal) => get<ServiceDetail>(servicePath(id), {}, signal),
  serviceSeries: (id: string, minutes: number, signal?: AbortSignal) =>
    get<ServiceSeries>(servicePath(id, "/series"), { minutes }, signal),
  changes: (filter: ChangesFilter, signal?: AbortSignal) =>
    get<{ changes: ChangeView[] }>("/api/v1/changes", filter, signal),
  runbooks: (q: string, signal?: AbortSignal) => get<RunbooksAnswer>("/api/v1/runbooks", { q }, signal),
  maintenance: (signal?: AbortSignal) => get<{ windows: MaintenanceView[] }>("/api/v1/maintenance", {}, signal),
  openMaintenance: (body: Omit<MaintenanceBody, "labels">) => post<MaintenanceView>("/api/v1/maintenance", body),
  endMaintenance: (id: string) => request<void>("DELETE", `/api/v1/maintenance/${encodeURIComponent(id)}`),
  alertSources: (signal?: AbortSignal) => get<AlertSourcesAnswer>("/api/v1/alert-sources", {}, signal),
  createAlertSource: (body: NewAlertSourceBody) => post<NewAlertSourceAnswer>("/api/v1/alert-sources", body),
  revokeAlertSource: (id: string) => request<void>("DELETE", `/api/v1/alert-sources/${encodeURIComponent(id)}`),
  testAlertSource: (id: string) =>
    post<AlertSourceTestAnswer>(`/api/v1/alert-sources/${encodeURIComponent(id)}/test`, {}),
  scenarios: (signal?: AbortSignal) => get<{ scenarios: ScenarioView[] }>("/api/v1/scenarios", {}, signal),
  fireScenario: (id: string) =>
    post<{ drill: string; incidents: string[] }>(`/api/v1/scenarios/${encodeURIComponent(id)}/fire`, {}),
  drills: (signal?: AbortSignal) => get<{ drills: DrillView[] }>("/api/v1/drills", {}, signal),
  drill: (id: string, signal?: AbortSignal) => get<DrillDetail>(drillPath(id), {}, signal),
  deleteDrill: (id: string) => request<void>("DELETE", drillPath(id)),
  deleteDrills: () => request<{ deleted: number }>("DELETE", "/api/v1/drills"),

  approvals: (state: string | undefined, drill: InDrill, signal?: AbortSignal) =>
    get<ApprovalsAnswer>("/api/v1/approvals", { state, drill }, signal),
  decide: (
    id: string,
    body: { decision: "approve" | "reject"; digest: string; comment?: string; evidence_opened: boolean },
    drill: InDrill,
  ) => post<DecisionAnswer>(`/api/v1/approvals/${encodeURIComponent(id)}/decision`, body, { drill }),
  dryRun: (id: string, drill: InDrill) =>
    post<DryRunAnswer>(`/api/v1/approvals/${encodeURIComponent(id)}/dry-run`, {}, { drill }),
  decideAll: (body: BulkDecisionBody) => post<BulkDecisionAnswer>("/api/v1/approvals/bulk", body),

  healing: (filter: HealingFilter, signal?: AbortSignal) => get<HealingAnswer>("/api/v1/healing", filter, signal),
  memory: (signal?: AbortSignal) => get<MemoryAnswer>("/api/v1/memory", {}, signal),

  keys: (signal?: AbortSignal) => get<KeysAnswer>("/api/v1/keys", {}, signal),
  createKey: (body: NewKeyBody) => post<NewKeyAnswer>("/api/v1/keys", body),
  tokens: (signal?: AbortSignal) => get<ApiTokensAnswer>("/api/v1/tokens", {}, signal),
  createToken: (body: NewApiTokenBody) => post<NewApiTokenAnswer>("/api/v1/tokens", body),
  revokeToken: (id: string) => request<void>("DELETE", `/api/v1/tokens/${encodeURIComponent(id)}`),
  revokeKey: (id: string) => request<void>("DELETE", `/api/v1/keys/${encodeURIComponent(id)}`),
  users: (signal?: AbortSignal) => get<UsersAnswer>("/api/v1/users", {}, signal),
  invite: (body: InviteBody) => post<LinkAnswer>("/api/v1/users", body),
  setRole: (id: string, role: UserView["role"]) =>
    request<UserView>("PATCH", `/api/v1/users/${encodeURIComponent(id)}`, { body: { role } }),
  removeUser: (id: string) => request<void>("DELETE", `/api/v1/users/${encodeURIComponent(id)}`),
  signInLink: (id: string) => post<LinkAnswer>(`/api/v1/users/${encodeURIComponent(id)}/link`, {}),

  checkLink: (token: string) => post<LinkCheckAnswer>("/api/v1/auth/link/check", { token }),
  useLink: (body: LinkBody) => post<SessionAnswer>("/api/v1/auth/link", body),
  signIn: (email: string, password: string) => post<unknown>("/api/auth/sign-in/email", { email, password }),
  changePassword: (current: string, next: string) =>
    post<unknown>("/api/auth/change-password", { current_password: current, new_password: next }),
  signOut: () => post<unknown>("/api/auth/sign-out", {}),

  demoFaults: (signal?: AbortSignal) => get<DemoFaults>("/api/v1/demo/faults", {}, signal),
  injectFault: (body: DemoFaultBody) => post<unknown>("/api/v1/demo/faults", body),
  endFault: (id: string) => request<void>("DELETE", `/api/v1/demo/faults/${encodeURIComponent(id)}`),
};

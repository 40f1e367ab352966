import { z } from "zod";
import { identifier } from "@/lib/contracts/plain-text";
import { fieldPath } from "@/lib/contracts/problem";
import { reasonOf } from "@/lib/contracts/reason";
import { isoTime } from "@/lib/contracts/timestamp";
import { fingerprintOf } from "@/lib/core/alerts/alert";
import { environmentOf } from "@/lib/core/alerts/alert-service";
import { cleanName, cleanText } from "@/lib/core/alerts/alert-text";
import { globFits } from "@/lib/core/alerts/maintenance";
import type { ChangeKind } from "@/lib/core/base/vocabulary";

const NAME_MAX = 200;
const NOTE_MAX = 1_000;
const PROBLEMS_MAX = 20;

const glob = z.string().min(1).max(NAME_MAX);
/**
 * Which service an event of a repository changes. All that is given must fit; `*` stands for any text. A rule with a
 * workflow is for runs of that workflow, one with an environment for deployments to it, one with a path for pushes that touch
 * it; a rule with none of them is for deployments and pushes. Pushes and runs count on the default branch, unless a rule names another.
 */
export const GithubRule = z.strictObject({
  repository: glob.describe("owner/name"),
  service: identifier(NAME_MAX),
  environment: glob.optional(),
  workflow: glob.optional(),
  path: glob.optional().describe("of a changed file, for repositories with several services"),
  branch: glob.optional(),
});
export type GithubRule = z.infer<typeof GithubRule>;

/** A change of a service, as a repository tells it. Its note quotes people: untrusted data. */
export interface GithubChange {
  /** The same for every delivery of the same change. */
  key: string;
  /** `owner/name`. */
  repository: string;
  /** As the rule or the repository names it: of several services of this name the environment says which. */
  service: string;
  /** Where it was deployed to, as GitHub says it; null where the rule that named the service leaves nothing to choose. */
  environment: string | null;
  kind: Extract<ChangeKind, "deploy" | "config">;
  /** Epoch ms. */
  at: number;
  /** Commits, where they are known. */
  from: string | null;
  to: string | null;
  note: string;
}

export type GithubDelivery =
  | { kind: "changes"; changes: GithubChange[] }
  | { kind: "ignored"; reason: string }
  | { kind: "invalid"; problems: { field: string; reason: string }[] };

const text = z.string().nullish();
const repository = z.looseObject({
  full_name: z.string().min(1),
  name: z.string().min(1),
  default_branch: z.string().default("main"),
  pushed_at: z.union([z.number(), z.string()]).nullish(),
});

const DeploymentStatus = z.object({
  repository,
  deployment_status: z.looseObject({ state: z.string(), created_at: isoTime, environment: text, description: text }),
  deployment: z.looseObject({
    id: z.union([z.number(), z.string()]),
    sha: z.string().min(1),
    ref: text,
    environment: text,
    description: text,
    transient_environment: z.boolean().nullish(),
  }),
  workflow_run: z.looseObject({ display_title: text }).nullish(),
});
const WorkflowRun = z.object({
  repository,
  action: z.string(),
  workflow_run: z.looseObject({
    id: z.union([z.number(), z.string()]),
    name: text,
    head_branch: text,
    head_sha: z.string().min(1),
    conclusion: text,
    display_title: text,
    updated_at: isoTime,
    run_attempt: z.number().nullish(),
    head_commit: z.looseObject({ message: text }).nullish(),
  }),
});
const files = z.array(z.string()).nullish();
const Push = z.object({
  repository,
  ref: z.string(),
  before: text,
  after: z.string().min(1),
  deleted: z.boolean().nullish(),
  forced: z.boolean().nullish(),
  head_commit: z.looseObject({ message: text }).nullish(),
  commits: z.array(z.looseObject({ added: files, modified: files, removed: files })).nullish(),
});

/** What GitHub says of a deployment or a run that has done something, if perhaps not all of it. */
const DEPLOYED: Record<string, string> = {
  success: "deployed",
  failure: "deployment failed",
  error: "deployment failed",
};
const RAN: Record<string, string> = {
  success: "ran",
  failure: "failed",
  cancelled: "was cancelled",
  timed_out: "timed out",
};

/**
 * What a delivery of GitHub's webhook says about changes. `event` is the header X-GitHub-Event; `deployment_status`,
 * `workflow_run` and `push` are understood. A deployment that failed is a change too: half of it may be there. A push
 * counts when it arrives, not when it was written, and is a config change when it touches nothing but configuration.
 * Where no rule names the repository, its own name is the service, of deployments (not to transient environments) and of pushes.
 */
export function parseGithub(event: string, body: unknown, rules: readonly GithubRule[], now: number): GithubDelivery {
  switch (event) {
    case "deployment_status":
      return parsed(DeploymentStatus, body, (said) => deployment(said, rules, now));
    case "workflow_run":
      return parsed(WorkflowRun, body, (said) => workflowRun(said, rules, now));
    case "push":
      return parsed(Push, body, (said) => push(said, rules, now));
    case "":
      return { kind: "invalid", problems: [{ field: "X-GitHub-Event", reason: "is missing" }] };
  }
  return ignored(`${cleanText(event, 50)} does not describe a change to a service`);
}

const ignored = (reason: string): GithubDelivery => ({ kind: "ignored", reason: cleanText(reason, 300) });

function parsed<T extends z.ZodType>(
  schema: T,
  body: unknown,
  read: (said: z.output<T>) => GithubDelivery,
): GithubDelivery {
  const result = schema.safeParse(body);
  if (result.success) return read(result.data);
  const problems = result.error.issues
    .slice(0, PROBLEMS_MAX)
    .map((issue) => ({ field: fieldPath(issue.path), reason: reasonOf(issue) }));
  return { kind: "invalid", problems };
}

function deployment(
  said: z.output<typeof DeploymentStatus>,
  rules: readonly GithubRule[],
  now: number,
): GithubDelivery {
  const { deployment_status: status, deployment: it, repository: from } = said;
  const word = own(DEPLOYED, status.state);
  if (!word) return ignored(`a deployment in state ${status.state} is not a change`);
  const environment = status.environment ?? it.environment ?? "";
  const known = rulesOf(rules, from);
  if (known.length === 0 && it.transient_environment) return ignored(`${environment} is a transient environment`);
  const fitting = known.filter(
    (rule) => rule.workflow === undefined && rule.path === undefined && fits(rule.environment, environment),
  );
  const services = servicesOf(fitting, known.length === 0 ? from.name : null);
  const title = [said.workflow_run?.display_title, status.description, it.description].find((one) => one);
  // A rule for an environment of a name that only its team can read has chosen the service itself.
  const chosen = fitting.some((rule) => rule.environment !== undefined) && !environmentOf(environment).usual;
  return changesOf(services, `no rule for the environment ${environment}`, {
    environment: chosen ? null : environment || null,
    repository: from.full_name,
    key: `github:deployment:${it.id}:${word === "deployed" ? "done" : "failed"}`,
    kind: "deploy",
    at: Math.min(status.created_at, now),
    from: null,
    to: it.sha,
    note: `${word} to ${environment || "an environment"} from ${it.ref ?? it.sha}${quoted(title)}`,
  });
}

function workflowRun(said: z.output<typeof WorkflowRun>, rules: readonly GithubRule[], now: number): GithubDelivery {
  const { workflow_run: run, repository: from } = said;
  const word = own(RAN, run.conclusion ?? "");
  if (said.action !== "completed" || !word) return ignored("the workflow run has not finished yet");
  const branch = run.head_branch ?? "";
  const services = servicesOf(
    rulesOf(rules, from).filter(
      (rule) => rule.workflow !== undefined && fits(rule.workflow, run.name ?? "") && onBranch(rule, branch, from),
    ),
    null,
  );
  return changesOf(services, "no rule maps this workflow on this branch to a service", {
    environment: null,
    repository: from.full_name,
    key: `github:run:${run.id}:${run.run_attempt ?? 1}`,
    kind: "deploy",
    at: Math.min(run.updated_at, now),
    from: null,
    to: run.head_sha,
    note: `workflow ${run.name ?? ""} ${word} on ${branch}${quoted(run.head_commit?.message ?? run.display_title)}`,
  });
}

function push(said: z.output<typeof Push>, rules: readonly GithubRule[], now: number): GithubDelivery {
  const { repository: from } = said;
  const branch = /^refs\/heads\/(.+)$/.exec(said.ref)?.[1];
  if (branch === undefined || said.deleted) return ignored("only pushes to a branch change a service");
  const touched = (said.commits ?? []).flatMap(({ added, modified, removed }) =>
    [added, modified, removed].flatMap((list) => list ?? []),
  );
  const known = rulesOf(rules, from);
  const services = servicesOf(
    known.filter(
      ({ path, ...rule }) =>
        rule.workflow === undefined &&
        rule.environment === undefined &&
        onBranch(rule, branch, from) &&
        (path === undefined || touched.some((file) => globFits(path, file))),
    ),
    known.length === 0 && branch === from.default_branch ? from.name : null,
  );
  const pushedAt = pushTime(from);
  const before = said.before && !/^0+$/.test(said.before) ? said.before : null;
  return changesOf(services, "no rule maps this push to a service", {
    environment: null,
    repository: from.full_name,
    key: pushKey(said),
    kind: touched.length > 0 && touched.every(isConfig) ? "config" : "deploy",
    at: Math.min(pushedAt ?? now, now),
    from: before,
    to: said.after,
    note: `${said.forced ? "force-pushed" : "pushed"} to ${branch}${quoted(said.head_commit?.message)}`,
  });
}

/** Epoch ms; null where GitHub does not say when it was. */
function pushTime({ pushed_at: at }: Repository): number | null {
  const ms = typeof at === "number" ? at * 1_000 : Date.parse(at ?? "");
  return Number.isFinite(ms) ? ms : null;
}

/**
 * The same for every delivery of one push, and for no other: a branch may come to one commit several times, forwards and,
 * by force, back again.
 */
const pushKey = ({ repository: from, ref, before, after }: z.output<typeof Push>): string => {
  const move = fingerprintOf({ ref, before: before ?? "", after, at: String(pushTime(from) ?? "") });
  return `github:push:${from.full_name}:${after.slice(0, 12)}:${move}`;
};

type Repository = z.output<typeof repository>;
const own = (words: Record<string, string>, word: string) => (Object.hasOwn(words, word) ? words[word] : undefined);
const fits = (pattern: string | undefined, said: string) => pattern === undefined || globFits(pattern, said);
/** GitHub takes names of repositories without regard to case. */
const rulesOf = (rules: readonly GithubRule[], { full_name: name }: Repository) =>
  rules.filter((rule) => globFits(rule.repository.toLowerCase(), name.toLowerCase()));
const onBranch = ({ branch }: Pick<GithubRule, "branch">, name: string, { default_branch: usual }: Repository) =>
  branch === undefined ? name === usual : globFits(branch, name);
const servicesOf = (rules: readonly GithubRule[], otherwise: string | null): string[] => {
  const named = [...new Set(rules.map(({ service }) => service))].toSorted();
  return named.length > 0 || otherwise === null ? named : [otherwise];
};
/** The first line of what people wrote, as a quotation. */
const quoted = (said: string | null | undefined) => {
  const line = (said ?? "").split("\n", 1)[0]!.trim();
  return line ? `: "${line}"` : "";
};

/** Files that say how something runs and not what it does; what pins or builds code is code. */
const isConfig = (file: string): boolean =>
  /(?:\.(?:ya?ml|toml|ini|env|conf|cfg|properties|tf|tfvars|hcl)|(?:^|\/)\.env[^/]*|(?:^|\/)config\/[^/]+\.json)$/i.test(
    file,
  ) && !/(?:^|\/)(?:cargo\.toml|pyproject\.toml|pnpm-lock\.yaml|\.github\/.+)$/i.test(file);

function changesOf(services: string[], otherwise: string, one: Omit<GithubChange, "service">): GithubDelivery {
  if (services.length === 0) return ignored(otherwise);
  const name = (value: string | null) => value && cleanName(value, NAME_MAX);
  return {
    kind: "changes",
    changes: services.map((service) => ({
      ...one,
      key: `${cleanText(one.key, NAME_MAX)}:${service}`,
      repository: cleanName(one.repository, NAME_MAX),
      service: cleanName(service, NAME_MAX),
      from: name(one.from),
      to: name(one.to),
      note: cleanText(one.note, NOTE_MAX),
    })),
  };
}

import { LATEST } from "./allow-list";
import type { RollbackSpec } from "./entry";
import { type Commit, type Github, GithubRefusal, type TreeEntry } from "./github";
import type { Occasion, OperationPorts, Performed, Prepared } from "./operation";
import { bodyOf, branchHead, onGithub, openedBefore } from "./pull-request";

/** Files of one commit at most: more is for a person with git, and GitHub pages them from here on. */
const MAX_FILES = 100;
/** What a rollback's commit says last, so that a later one does not take it back without knowing. */
const TRAILER = "Sentinel-Rollback:";

interface Plan {
  head: string;
  headTree: string;
  /** The change that is taken back. */
  commit: string;
  /** What each file becomes; a sha of null removes it. */
  restore: { path: string; mode: string; sha: string | null }[];
  /** Files of the same change that are outside what may be put back. */
  left: string[];
}

/** Which files a rollback would put back, by reading only. */
export async function planRollback(prepared: Prepared, spec: RollbackSpec, ports: OperationPorts): Promise<Performed> {
  return onGithub("rollback", spec, ports, async (github) => {
    const plan = await planOn(github, spec, String(prepared.args["commit"]));
    return {
      ok: true,
      detail: `Would open a pull request that reverts ${plan.commit.slice(0, 12)}: ${count(plan.restore.length)}`,
      result: shown(spec, plan),
    };
  });
}

/**
 * Opens a pull request that puts the files of one commit back to what they were before it; merging is for people. It is what
 * `git revert` does where no later commit touched these files; where one did, it refuses, since GitHub's REST interface cannot
 * merge and a guess is worse than a person with git. The branch is named after the run: called again, it finds its own pull
 * request, or goes on from its own branch.
 */
export async function openRollback(
  prepared: Prepared,
  spec: RollbackSpec,
  ports: OperationPorts,
  { idempotencyKey, occasion }: { idempotencyKey: string; occasion: Occasion | null },
): Promise<Performed> {
  const { base } = spec;
  const branch = `sentinel/rollback-${idempotencyKey.replace(/[^\w-]/g, "-")}`;
  return onGithub("rollback", spec, ports, async (github) => {
    const there = await openedBefore(github, branch, base);
    if (there !== null) return there;
    const begun = await github.branch(branch);
    const plan = begun === null ? await planOn(github, spec, String(prepared.args["commit"])) : null;
    if (plan !== null) {
      const tree = await github.makeTree(plan.headTree, plan.restore);
      await github.makeBranch(branch, await github.makeCommit(messageOf(plan, prepared.service), tree, plan.head));
    }
    const message = plan ? messageOf(plan, prepared.service) : (await github.gitCommit(begun!)).message;
    const [title = "", ...rest] = message.split("\n");
    const pull = await github.openPull({ title, body: bodyOf(rest.join("\n"), occasion), head: branch, base });
    return {
      ok: true,
      detail: `Pull request ${pull.number} is open: ${pull.html_url}. Nothing changes until somebody merges it`,
      result: { pullRequest: pull.number, url: pull.html_url, branch, found: false, ...(plan && shown(spec, plan)) },
    };
  });
}

async function planOn(github: Github, spec: RollbackSpec, wanted: string): Promise<Plan> {
  const head = await branchHead(github, spec);
  const commit = await commitToRevert(github, spec, wanted, head);
  const [parent] = commit.parents;
  if (parent === undefined)
    throw new GithubRefusal("the first commit of a repository has no earlier version to restore");
  const touched = [
    ...new Set(
      (commit.files ?? []).flatMap((f) => [f.filename, ...(f.previous_filename ? [f.previous_filename] : [])]),
    ),
  ];
  const mayRestore = (path: string) => spec.paths.some((p) => (p.endsWith("/") ? path.startsWith(p) : path === p));
  const [before, now] = await Promise.all([github.gitCommit(parent.sha), github.gitCommit(head)]);
  const restore: Plan["restore"] = [];
  for (const path of touched.filter(mayRestore)) {
    const roots = [before.tree.sha, commit.commit.tree.sha, now.tree.sha] as const;
    const [was = null, became = null, is = null] = await Promise.all(roots.map((root) => github.entryAt(root, path)));
    if (same(was, became) || same(is, was)) continue;
    if (!same(is, became)) throw new GithubRefusal(`${path} was changed again since; revert it manually`);
    restore.push({ path, mode: (was ?? became)!.mode, sha: was?.sha ?? null });
  }
  if (restore.length === 0) throw new GithubRefusal("nothing of that change is left to revert");
  const left = touched.filter((path) => !mayRestore(path));
  return { head, headTree: now.tree.sha, commit: commit.sha, restore, left };
}

/** The commit named, or the last one that touched what may be put back; with its files. Merges count as what they brought in. */
async function commitToRevert(github: Github, spec: RollbackSpec, wanted: string, head: string): Promise<Commit> {
  const named = wanted !== LATEST;
  // A branch or tag of that name would be found as well, and may lead anywhere.
  if (named && !/^[\da-f]{7,40}$/.test(wanted))
    throw new GithubRefusal("the change is not identified by a commit hash");
  const sha = named ? wanted : await latestOn(github, spec, head);
  const commit = await github.commit(sha, MAX_FILES);
  if (!commit.sha.startsWith(sha)) throw new GithubRefusal("there is no such commit");
  // Commits of forks are answered too.
  if (named && !(await github.leadsTo(commit.sha, head)))
    throw new GithubRefusal(`${commit.sha.slice(0, 12)} is not part of ${spec.base}`);
  if (!named && commit.commit.message.includes(TRAILER))
    throw new GithubRefusal("the last change there is a rollback itself; name the commit to revert");
  if ((commit.files ?? []).length >= MAX_FILES) throw new GithubRefusal(`it changed ${MAX_FILES} files or more`);
  return commit;
}

async function latestOn(github: Github, spec: RollbackSpec, head: string): Promise<string> {
  const found = await Promise.all(spec.paths.map((path) => github.lastOn(path.replace(/\/$/, ""), head)));
  const [last] = found
    .filter((commit) => commit !== null)
    .toSorted((a, b) => (b.commit.committer?.date ?? "").localeCompare(a.commit.committer?.date ?? ""));
  if (last === undefined) throw new GithubRefusal("no commit ever touched these paths");
  return last.sha;
}

const same = (a: TreeEntry | null, b: TreeEntry | null) => a?.sha === b?.sha && a?.mode === b?.mode;
const count = (files: number) => `${files} ${files === 1 ? "file is" : "files are"} restored`;

/** Holds nothing that others wrote: in a commit's message, words of a log or a title could close tickets or call people. */
const messageOf = (plan: Plan, service: string): string =>
  [
    `Roll back ${plan.commit.slice(0, 12)} for ${service}`,
    "",
    `Reverts commit ${plan.commit}: ${count(plan.restore.length)}.` +
      (plan.left.length > 0
        ? ` ${plan.left.length} more of its files are outside this operation's paths and stay as they are.`
        : ""),
    "",
    `${TRAILER} ${plan.commit}`,
  ].join("\n");

const shown = (spec: RollbackSpec, { commit, restore, left }: Plan) => ({
  repository: `${spec.owner}/${spec.repo}`,
  base: spec.base,
  commit,
  files: restore.map(({ path, sha }) => ({ path, becomes: sha ?? "removed" })),
  left: left.slice(0, MAX_FILES),
});

import {
  applyChange,
  type DeclaredChange,
  type LineDiff,
  onlyChange,
  UndeclaredChange,
} from "@/lib/core/base/declared";
import type { ChangeSpec } from "./entry";
import { type Github, GithubRefusal } from "./github";
import type { Occasion, OperationPorts, Performed } from "./operation";
import { bodyOf, branchHead, onGithub, openedBefore } from "./pull-request";

interface Plan {
  head: string;
  headTree: string;
  change: DeclaredChange;
  mode: string;
  after: string;
  diff: LineDiff;
}

/** The change that an operation is about. Throws RangeError for one that is not declared: its arguments were never checked. */
export function changeOf({ change, changes }: ChangeSpec): DeclaredChange {
  const found = changes.get(change);
  if (found === undefined) throw new RangeError(`there is no declared change ${change}`);
  return found;
}

/** What the pull request would change, by reading only. */
export const planChange = (spec: ChangeSpec, ports: OperationPorts): Promise<Performed> =>
  onGithub("change", spec, ports, async (github) => {
    const plan = await planOn(github, spec);
    return {
      ok: true,
      detail: `Would open a pull request that changes line ${plan.diff.line} of ${plan.change.file}`,
      result: shown(spec, plan),
    };
  });

/**
 * Opens a pull request that replaces one declared value by another; merging is for people. The file is read from the base branch as it is
 * now: where it no longer declares the value that was tried, or more than that one line would change, nothing is opened. The branch
 * is named after the run: called again, it finds its own pull request, or goes on from its own branch.
 */
export function openChange(
  spec: ChangeSpec,
  ports: OperationPorts,
  { idempotencyKey, occasion }: { idempotencyKey: string; occasion: Occasion | null },
): Promise<Performed> {
  const { base } = spec;
  const branch = `sentinel/improve-${idempotencyKey.replace(/[^\w-]/g, "-")}`;
  return onGithub("change", spec, ports, async (github) => {
    const there = await openedBefore(github, branch, base);
    if (there !== null) return there;
    const plan = await planOn(github, spec);
    const [title = "", ...rest] = messageOf(plan).split("\n");
    if ((await github.branch(branch)) === null) {
      const { file: path } = plan.change;
      const tree = await github.makeTree(plan.headTree, [{ path, mode: plan.mode, content: plan.after }]);
      await github.makeBranch(branch, await github.makeCommit(messageOf(plan), tree, plan.head));
    }
    const pull = await github.openPull({ title, body: bodyOf(rest.join("\n"), occasion), head: branch, base });
    return {
      ok: true,
      detail: `Pull request ${pull.number} is open: ${pull.html_url}. Nothing changes until somebody merges it`,
      result: { pullRequest: pull.number, url: pull.html_url, branch, found: false, ...shown(spec, plan) },
    };
  });
}

async function planOn(github: Github, spec: ChangeSpec): Promise<Plan> {
  const change = changeOf(spec);
  const head = await branchHead(github, spec);
  const { tree } = await github.gitCommit(head);
  const entry = await github.entryAt(tree.sha, change.file);
  if (entry === null) throw new GithubRefusal(`${spec.base} has no file ${change.file}`);
  const before = await github.textOf(entry.sha);
  try {
    const after = applyChange(before, change);
    return { head, headTree: tree.sha, change, mode: entry.mode, after, diff: onlyChange(before, after, change) };
  } catch (error) {
    if (error instanceof UndeclaredChange) throw new GithubRefusal(error.message);
    throw error;
  }
}

const messageOf = ({ change: { name, file, from, to }, diff }: Plan): string =>
  [
    `tune: ${name} from ${JSON.stringify(from)} to ${JSON.stringify(to)}`,
    "",
    `Changes line ${diff.line} of ${file} and nothing else. Chosen and judged on evaluation cases; see the evidence.`,
  ].join("\n");

const shown = (spec: ChangeSpec, { change, diff }: Plan) => ({
  repository: `${spec.owner}/${spec.repo}`,
  base: spec.base,
  files: [{ path: change.file, line: diff.line, before: diff.before.trim(), becomes: diff.after.trim() }],
});

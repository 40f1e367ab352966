import { redact } from "@/lib/core/evidence/redact";
import { createGithub, type Github, GithubRefusal, type Repository } from "./github";
import type { Occasion, OperationPorts, Performed } from "./operation";

/* What operations that open a pull request have in common. */

/** Of the statements in a pull request's text. */
const MAX_CITATIONS = 20;
const CITATION_CHARS = 500;

interface Pulls extends Repository {
  base: string;
  timeoutMs: number;
}

/** Does `work` on a repository. What GitHub refuses is told as what became of `what`; only bugs throw. */
export async function onGithub(
  what: string,
  spec: Pulls,
  { github }: OperationPorts,
  work: (github: Github) => Promise<Performed>,
): Promise<Performed> {
  const repository = `${spec.owner}/${spec.repo}`;
  if (github === null) return { ok: false, detail: "No GitHub token is configured", result: { repository } };
  try {
    return await work(createGithub(github, spec, AbortSignal.timeout(spec.timeoutMs)));
  } catch (error) {
    if (error instanceof GithubRefusal)
      return {
        ok: false,
        detail: `The ${what} on ${repository} was not completed: ${error.message}`,
        result: { repository },
      };
    throw error;
  }
}

/** The pull request that an earlier try opened from a branch; null: none did. */
export async function openedBefore(github: Github, branch: string, base: string): Promise<Performed | null> {
  const there = await github.pullFrom(branch, base);
  return there === null
    ? null
    : {
        ok: true,
        detail: `Pull request ${there.number} was opened before and is ${there.state}: ${there.html_url}`,
        result: { pullRequest: there.number, url: there.html_url, branch, found: true },
      };
}

/** The commit that the base branch points to. Throws GithubRefusal where there is none. */
export async function branchHead(github: Github, { base, owner, repo }: Pulls): Promise<string> {
  const head = await github.branch(base);
  if (head === null) throw new GithubRefusal(`there is no branch ${base}, or the token may not read ${owner}/${repo}`);
  return head;
}

/** What the findings say stands fenced: it comes from logs and alerts, and is shown as it is, without effect. */
export function bodyOf(message: string, occasion: Occasion | null): string {
  if (occasion === null) return message.trim();
  const cited = occasion.citations
    .slice(0, MAX_CITATIONS)
    .map((text) => redact(text.slice(0, CITATION_CHARS).replaceAll(/[\r\n]+/g, " ")).text)
    .join("\n");
  const fence = "`".repeat(1 + Math.max(2, ...[...cited.matchAll(/`+/g)].map(([run]) => run.length)));
  const why = cited === "" ? "" : `\n\nEvidence:\n\n${fence}text\n${cited}\n${fence}`;
  return `Proposed by Sentinel in incident \`${occasion.incident.replace(/[^\w-]/g, "")}\`.${why}\n\n${message.trim()}`;
}

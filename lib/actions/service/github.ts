import { z } from "zod";
import { redact } from "@/lib/core/evidence/redact";
import { exchange } from "@/lib/exchange";

/** GitHub did not do what was asked; the message is a sentence for people. */
export class GithubRefusal extends Error {
  override readonly name = "GithubRefusal";
}

const VERSION = "2022-11-28";
/** Of what GitHub says of an error. Characters. */
const REASON_CHARS = 300;

/** A file as a tree names it; null: there is none. */
export interface TreeEntry {
  mode: string;
  sha: string;
}

const Sha = z.string().regex(/^[\da-f]{40,64}$/);
const Ref = z.object({ object: z.object({ sha: Sha }) });
const GitCommit = z.object({ sha: Sha, message: z.string(), tree: z.object({ sha: Sha }) });
const Commit = z.object({
  sha: Sha,
  commit: z.object({
    message: z.string(),
    tree: z.object({ sha: Sha }),
    committer: z.object({ date: z.string().nullish() }).nullish(),
  }),
  parents: z.array(z.object({ sha: Sha })),
  files: z.array(z.object({ filename: z.string(), previous_filename: z.string().optional() })).optional(),
});
export type Commit = z.infer<typeof Commit>;
const Tree = z.object({
  tree: z.array(z.object({ path: z.string(), mode: z.string(), type: z.string(), sha: Sha })),
  truncated: z.boolean(),
});
const Pull = z.object({ number: z.int(), html_url: z.string(), state: z.string() });
export type Pull = z.infer<typeof Pull>;
const Made = z.object({ sha: Sha });
/** GitHub answers the content of files up to 100 MB so. */
const Blob = z.object({ content: z.string(), encoding: z.literal("base64") });

interface Asked<T> {
  form: z.ZodType<T>;
  body?: unknown;
  /** Statuses that are an answer too: null is given for them. */
  absent?: readonly number[];
}

export interface Repository {
  owner: string;
  repo: string;
}

/**
 * The few calls on one repository that a pull request needs (GitHub REST: git database, commits, pulls), under one signal. Each
 * throws {@link GithubRefusal} for what is not answered as asked, and none is tried twice.
 */
export function createGithub(
  { api, token }: { api: string; token: string },
  { owner, repo }: Repository,
  signal: AbortSignal,
) {
  const root = `${api.replace(/(?<!\/)\/+$/, "")}/repos/${encodeURIComponent(owner)}/${encodeURIComponent(repo)}`;

  async function ask<T>(path: string, { form, body, absent = [] }: Asked<T>): Promise<T | null> {
    const answer = await exchange(root + path, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/vnd.github+json",
        "x-github-api-version": VERSION,
        "user-agent": "sentinel",
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal,
    });
    if (answer.kind === "no_answer") throw new GithubRefusal(`GitHub did not answer (${answer.reason})`);
    if (absent.includes(answer.status)) return null;
    const json = answer.whole ? parsed(answer.text) : undefined;
    if (answer.status < 200 || answer.status >= 300)
      throw new GithubRefusal(`GitHub answered ${answer.status}${reasonOf(json)}`);
    const read = form.safeParse(json);
    if (!read.success) throw new GithubRefusal("GitHub sent an unexpected response");
    return read.data;
  }
  /** For calls without an absent answer. */
  const must = async <T>(path: string, asked: Omit<Asked<T>, "absent">): Promise<T> => (await ask(path, asked)) as T;

  const trees = new Map<string, Promise<z.infer<typeof Tree>>>();
  const tree = (sha: string) => {
    if (!trees.has(sha)) trees.set(sha, must(`/git/trees/${sha}`, { form: Tree }));
    return trees.get(sha)!;
  };
  const inPath = (path: string) => path.split("/").map(encodeURIComponent).join("/");

  return {
    /** The commit that a branch points to; null: there is no such branch. */
    async branch(name: string): Promise<string | null> {
      return (await ask(`/git/ref/heads/${inPath(name)}`, { form: Ref, absent: [404] }))?.object.sha ?? null;
    },
    gitCommit: (sha: string) => must(`/git/commits/${sha}`, { form: GitCommit }),
    /** With its files, the first `limit` of them. */
    commit: (sha: string, limit: number) => must(`/commits/${sha}?per_page=${limit}`, { form: Commit }),
    /** The last commit up to `head` that touched a path; null: none did. */
    async lastOn(path: string, head: string): Promise<Commit | null> {
      const query = new URLSearchParams({ sha: head, path, per_page: "1" });
      return (await must(`/commits?${query}`, { form: z.array(Commit) }))[0] ?? null;
    },
    /** Whether `sha` is `head` or before it. Without files: those stand on the first page only. */
    async leadsTo(sha: string, head: string): Promise<boolean> {
      const form = z.object({ status: z.string() });
      const { status } = await must(`/compare/${sha}...${head}?per_page=1&page=2`, { form });
      return status === "ahead" || status === "identical";
    },
    /** The entry at a path, walked folder by folder: whole trees of large repositories are not answered. */
    async entryAt(root: string, path: string): Promise<TreeEntry | null> {
      const segments = path.split("/");
      let at = root;
      for (const [i, segment] of segments.entries()) {
        const { tree: entries, truncated } = await tree(at);
        const found = entries.find((entry) => entry.path === segment);
        if (found === undefined && truncated) throw new GithubRefusal("a folder is too large to be read");
        if (found === undefined) return null;
        if (i === segments.length - 1) return found.type === "tree" ? null : { mode: found.mode, sha: found.sha };
        if (found.type !== "tree") return null;
        at = found.sha;
      }
      return null;
    },
    /** A file's text. */
    async textOf(sha: string): Promise<string> {
      const { content } = await must(`/git/blobs/${sha}`, { form: Blob });
      return Buffer.from(content, "base64").toString("utf8");
    },
    /** A tree like `base` but for `entries`; a sha of null removes. */
    async makeTree(
      base: string,
      entries: readonly ({ path: string; mode: string } & ({ sha: string | null } | { content: string }))[],
    ): Promise<string> {
      const typed = entries.map((entry) => ({ ...entry, type: entry.mode === "160000" ? "commit" : "blob" }));
      return (await must("/git/trees", { form: Made, body: { base_tree: base, tree: typed } })).sha;
    },
    async makeCommit(message: string, treeSha: string, parent: string): Promise<string> {
      return (await must("/git/commits", { form: Made, body: { message, tree: treeSha, parents: [parent] } })).sha;
    },
    makeBranch: (name: string, sha: string) =>
      must("/git/refs", { form: Ref, body: { ref: `refs/heads/${name}`, sha } }),
    /** Open or closed; null: none was ever opened from this branch. */
    async pullFrom(branch: string, base: string): Promise<Pull | null> {
      const query = new URLSearchParams({ state: "all", head: `${owner}:${branch}`, base, per_page: "1" });
      return (await must(`/pulls?${query}`, { form: z.array(Pull) }))[0] ?? null;
    },
    openPull: (pull: { title: string; body: string; head: string; base: string }) =>
      must("/pulls", { form: Pull, body: pull }),
  };
}
export type Github = ReturnType<typeof createGithub>;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** GitHub's own words, quoted. */
function reasonOf(json: unknown): string {
  const said = z.object({ message: z.string() }).safeParse(json);
  return said.success ? `: “${redact(said.data.message.slice(0, REASON_CHARS)).text}”` : "";
}

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Pull {
  number: number;
  html_url: string;
  state: string;
  title: string;
  body: string;
  head: string;
  base: string;
}

/** What the calls send, as far as it is looked at. */
interface NewTree {
  base_tree: string;
  tree: { path: string; mode: string; sha?: string | null; content?: string }[];
}
interface NewCommit {
  message: string;
  tree: string;
  parents: [string];
}
interface NewRef {
  ref: string;
  sha: string;
}

export interface TestGithub {
  api: string;
  /** Runs git in the repository. */
  git: (...args: string[]) => string;
  pulls: Pull[];
  /** Method and path of each request. */
  asked: string[];
  headers: IncomingMessage["headers"][];
  /** Answers instead of the usual, where it gives one. */
  instead: ((method: string, path: string) => { status: number; body: unknown } | null) | null;
  close: () => Promise<void>;
}

const AUTHOR = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null"]; // prettier-ignore

/**
 * For tests: the part of GitHub's REST interface that a rollback speaks, in front of a real git repository, so that what is
 * made of trees and commits is what git makes of them. The forms of its answers are those that GitHub documents. `path` is
 * where git is found.
 */
export async function serveGithub(path: string): Promise<TestGithub> {
  const folder = mkdtempSync(join(tmpdir(), "sentinel-github-"));
  // Every call a second later than the last: which commit came last is told by its date.
  let second = 1_750_000_000;
  const run = (args: string[], input?: string, index?: string) =>
    execFileSync("git", [...AUTHOR, ...args], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        PATH: path,
        HOME: folder,
        NODE_ENV: "test",
        GIT_COMMITTER_DATE: `${second++} +0000`,
        ...(index && { GIT_INDEX_FILE: index }),
      },
      ...(input !== undefined && { input }),
    }).trim();
  const git = (...args: string[]) => run(args);
  const tries = (...args: string[]) => {
    try {
      return git(...args);
    } catch {
      return null;
    }
  };
  git("init", "--quiet", "--initial-branch=main");
  const github: TestGithub = {
    api: "",
    git,
    pulls: [],
    asked: [],
    headers: [],
    instead: null,
    close: async () => undefined,
  };

  const commitOf = (sha: string) => {
    const [full = "", tree = "", parents = "", date = "", ...message] = git("show", "-s", "--format=%H%n%T%n%P%n%cI%n%B", sha).split("\n"); // prettier-ignore
    return { sha: full, tree, parents: parents.split(" ").filter(Boolean), date, message: message.join("\n").trim() };
  };
  const rest = (sha: string, files?: unknown[]) => {
    const { sha: full, tree, parents, date, message } = commitOf(sha);
    const commit = { message, tree: { sha: tree }, committer: { name: "t", date } };
    return { sha: full, commit, parents: parents.map((p) => ({ sha: p })), ...(files && { files }) };
  };
  const filesOf = (sha: string) => {
    const { parents } = commitOf(sha);
    const lines = git("diff", "-M", "--name-status", ...(parents[0] ? [parents[0], sha] : ["--root", sha])).split("\n");
    return lines.filter(Boolean).map((line) => {
      const [status = "", first = "", second] = line.split("\t");
      return second ? { filename: second, previous_filename: first, status: "renamed" } : { filename: first, status };
    });
  };

  const get = (path: string, query: URLSearchParams): { status: number; body: unknown } | null => {
    const ok = (body: unknown) => ({ status: 200, body });
    const missing = { status: 404, body: { message: "Not Found" } };
    const after = (prefix: string) => (path.startsWith(prefix) ? path.slice(prefix.length) : null);
    const branch = after("/git/ref/heads/");
    if (branch !== null) {
      const sha = tries("rev-parse", "--verify", "--quiet", `refs/heads/${branch}`);
      return sha ? ok({ ref: `refs/heads/${branch}`, object: { sha, type: "commit" } }) : missing;
    }
    const object = after("/git/commits/");
    if (object !== null) {
      const { sha, tree, message } = commitOf(object);
      return ok({ sha, message, tree: { sha: tree } });
    }
    const tree = after("/git/trees/");
    if (tree !== null) {
      const entries = git("ls-tree", tree).split("\n").filter(Boolean);
      const read = entries.map((line) => /^(\d+) (\w+) (\w+)\t(.*)$/.exec(line)!);
      return ok({ sha: tree, tree: read.map(([, mode, type, sha, name]) => ({ path: name, mode, type, sha })), truncated: false }); // prettier-ignore
    }
    const blob = after("/git/blobs/");
    if (blob !== null) {
      const content = execFileSync("git", ["cat-file", "blob", blob], { cwd: folder }).toString("base64");
      return ok({ sha: blob, content, encoding: "base64" });
    }
    const compared = after("/compare/")?.split("...");
    if (compared?.length === 2) {
      const before = tries("merge-base", "--is-ancestor", compared[0]!, compared[1]!) !== null;
      return ok({ status: compared[0] === compared[1] ? "identical" : before ? "ahead" : "diverged" });
    }
    if (path === "/commits") {
      const sha = git("log", "-1", "--format=%H", query.get("sha")!, "--", query.get("path")!);
      return ok(sha ? [rest(sha)] : []);
    }
    const commit = after("/commits/");
    if (commit !== null) {
      const sha = tries("rev-parse", "--verify", "--quiet", `${commit}^{commit}`);
      return sha ? ok(rest(sha, filesOf(sha).slice(0, Number(query.get("per_page"))))) : missing;
    }
    if (path === "/pulls") return ok(github.pulls.filter(({ head }) => `acme:${head}` === query.get("head")));
    return null;
  };
  const post = (path: string, body: unknown): { status: number; body: unknown } | null => {
    switch (path) {
      case "/git/trees": {
        const { base_tree, tree } = body as NewTree;
        const index = join(folder, ".git", `index-${github.asked.length}`);
        run(["read-tree", base_tree], undefined, index);
        for (const { path: file, mode, sha: named, content } of tree) {
          const sha = content === undefined ? named : run(["hash-object", "-w", "--stdin"], content);
          const change = sha ? ["--add", "--cacheinfo", `${mode},${sha},${file}`] : ["--force-remove", file];
          run(["update-index", ...change], undefined, index);
        }
        return { status: 201, body: { sha: run(["write-tree"], undefined, index) } };
      }
      case "/git/commits": {
        const { message, tree, parents } = body as NewCommit;
        return { status: 201, body: { sha: run(["commit-tree", tree, "-p", parents[0], "-F", "-"], message) } };
      }
      case "/git/refs": {
        const { ref, sha } = body as NewRef;
        if (tries("rev-parse", "--verify", "--quiet", ref))
          return { status: 422, body: { message: "Reference already exists" } };
        git("update-ref", ref, sha);
        return { status: 201, body: { ref, object: { sha } } };
      }
      case "/pulls": {
        const number = github.pulls.length + 1;
        const url = `https://github.example/acme/shop/pull/${number}`;
        const pull: Pull = {
          number,
          html_url: url,
          state: "open",
          ...(body as Omit<Pull, "number" | "html_url" | "state">),
        };
        github.pulls.push(pull);
        return { status: 201, body: pull };
      }
    }
    return null;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://x");
    const path = decodeURIComponent(pathname.replace(/^\/repos\/acme\/shop/, ""));
    github.asked.push(`${request.method} ${path}`);
    github.headers.push(request.headers);
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const { status, body } =
      github.instead?.(request.method!, path) ??
      (request.method === "POST" ? post(path, JSON.parse(text)) : get(path, searchParams)) ??
      { status: 404, body: { message: "Not Found" } }; // prettier-ignore
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) =>
      response.writeHead(500).end(JSON.stringify({ message: String(error) })),
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  github.api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  github.close = () =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
      rmSync(folder, { recursive: true });
    });
  return github;
}

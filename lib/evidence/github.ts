import { z } from "zod";
import { createAsk, type Endpoint, type Ports } from "./ask";
import { type ChangeDiff, type ChangedFile, diffText, MAX_FILES, reversed } from "./diff-text";
import { couldNotLook, found, type Looked } from "./looked";

/** What was changed in a repository, as far as a change says. */
export interface CommitRange {
  /** `owner/name`. */
  repository: string;
  /** A commit's hash; null: only the commit `to` is known, and its own changes are read. */
  from: string | null;
  to: string;
}

/** Reads repositories, and nothing else of GitHub. */
export interface GithubReader {
  source: string;
  diff(range: CommitRange, signal: AbortSignal): Promise<Looked<ChangeDiff>>;
  /** Whether GitHub is there and takes the token; costs nothing of its rate limit. */
  check(): Promise<Looked<null>>;
}

/** GitHub compares two commits within a second or two; a change's diff is worth no more of an incident's first minute. */
const TIMEOUT_MS = 5_000;
/** GitHub ends a comparison at 300 files and a megabyte of diff, which JSON makes a little longer. */
const MAX_BYTES = 4 * 1024 * 1024;
/** GitHub allows 5,000 requests an hour: a storm of incidents leaves the rest for others who use the token. */
const PER_MINUTE = 60;

/** Hashes only: a branch or a tag of that name may lead elsewhere by now. */
export const COMMIT = /^[\da-f]{7,64}$/i;
const REPOSITORY = /^[\w.-]{1,100}\/[\w.-]{1,100}$/;

const Files = z.array(z.object({ filename: z.string().min(1), patch: z.string().optional() })).default([]);
const Commit = z.object({ files: Files });
const Comparison = z.object({ status: z.string(), files: Files });

/**
 * Reader of changes over GitHub's REST interface ("Compare two commits", "Get a commit"), by GET alone: a token that may read contents
 * is enough. Whatever GitHub does becomes a reason (ask.ts). Texts are bounded and without secrets (diff-text.ts), and untrusted.
 */
export function createGithubReader(
  { token, ...endpoint }: Pick<Endpoint, "url" | "timeoutMs"> & { token: string },
  ports: Ports,
): GithubReader {
  const source = "github";
  const headers = {
    accept: "application/vnd.github+json",
    "x-github-api-version": "2022-11-28",
    "user-agent": "sentinel",
  };
  const ask = createAsk(
    {
      source,
      timeoutMs: TIMEOUT_MS,
      ...endpoint,
      maxBytes: MAX_BYTES,
      auth: { kind: "bearer", token },
      headers,
      gate: { perMinute: PER_MINUTE },
    },
    ports,
  );

  async function read<T>(
    form: z.ZodType<T>,
    { repository }: CommitRange,
    path: string,
    perPage: number,
    signal: AbortSignal,
  ) {
    const answer = await ask(`repos/${repository}/${path}`, { query: [["per_page", String(perPage)]], signal });
    if (!answer.ok) return couldNotLook(source, `${repository}: ${answer.reason}${hint(answer.status)}`);
    const parsed = form.safeParse(answer.body);
    return parsed.success ? found(source, parsed.data) : couldNotLook(source, `${repository}: an unexpected answer`);
  }

  /** Pages of a comparison are of its commits; all files stand on the first. */
  const compare = (range: CommitRange, from: string, to: string, signal: AbortSignal) =>
    read(Comparison, range, `compare/${from}...${to}`, 1, signal);

  async function changedFiles(range: CommitRange, signal: AbortSignal): Promise<Looked<ChangedFile[]>> {
    const { from, to } = range;
    if (from === null) {
      const commit = await read(Commit, range, `commits/${to}`, MAX_FILES, signal);
      return commit.ok ? found(source, commit.value.files) : commit;
    }
    const forward = await compare(range, from, to, signal);
    if (!forward.ok) return forward;
    if (forward.value.status !== "behind") return found(source, forward.value.files);
    // An older commit took the place of a newer one: what was in between is undone, and GitHub compares in one direction only.
    const back = await compare(range, to, from, signal);
    if (!back.ok) return back;
    return found(
      source,
      back.value.files.map((file) => ({ ...file, patch: file.patch && reversed(file.patch) })),
    );
  }

  return {
    source,
    async check() {
      const answer = await ask("rate_limit");
      return answer.ok ? found(source, null) : couldNotLook(source, `${answer.reason}${hint(answer.status)}`);
    },
    async diff(range, signal) {
      const { repository, from, to } = range;
      // They become parts of an address.
      if (!REPOSITORY.test(repository) || /(?:^|\/)\.{1,2}(?:\/|$)/.test(repository))
        return couldNotLook(source, "a change names no repository of the form owner/name");
      if (![from ?? to, to].every((commit) => COMMIT.test(commit)))
        return couldNotLook(source, `${repository}: a change is not identified by a commit hash`);
      const files = await changedFiles(range, signal);
      return files.ok ? found(source, diffText(files.value)) : files;
    },
  };
}

/** What to do about an answer that does not say so itself. */
function hint(status: number | undefined): string {
  if (status === 401) return "; check GITHUB_READ_TOKEN or GITHUB_TOKEN";
  return status === 404 ? "; the commit is gone, or the token may not read the repository's contents" : "";
}

import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import type { LogLine } from "@/lib/core/evidence/bundle";
import { orAborted } from "./ask";
import { readFileWindow } from "./log-file";
import { filesOf } from "./log-file-names";
import { jsonRecord } from "./log-record";
import { UTC, zoneOf } from "@/lib/core/base/time-zone";
import type { LogQuery, LogSource } from "./logs";
import { couldNotLook, found, type Looked, messageOf, quoted } from "./looked";

export interface FileLogsConfig {
  /** For people; by default the path's last part. */
  source: string;
  /** A file, or a directory: its files and those of its folders, no deeper. */
  path: string;
  /**
   * Whose lines they are. `node`: all of this one. `field`: each line's JSON field says so. Neither: the file's name does,
   * without its endings and what rotation adds (`shop.log`, `shop-2026-05-20.log.1.gz`), or its folder's name.
   */
  node?: string;
  field?: string;
  /** IANA name of the zone of times that name none; UTC by default. One that is none is UTC too. */
  timeZone?: string;
  timeoutMs?: number;
  maxBytes?: number;
}

const TIMEOUT_MS = 10_000;
/** Bytes of one file after the window's beginning: some 100,000 lines. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Files looked at for one question; the latest written come first. */
const MAX_FILES = 20;
/** Entries of a directory that are looked through. */
const MAX_ENTRIES = 2_000;
/** A file last written so long before the window, in seconds, holds nothing of it; clocks of file servers differ. */
const WRITTEN_SLACK_S = 60;

/** Lines of logs that stand in files of this machine. What a link in a directory points at outside of it is not read. */
export function fileLogs(config: FileLogsConfig): LogSource {
  const { source } = config;
  const timeoutMs = config.timeoutMs ?? TIMEOUT_MS;
  return {
    source,
    async read(query) {
      if (config.node !== undefined && config.node !== query.node) return found(source, []);
      const deadline = AbortSignal.timeout(timeoutMs);
      const signal = query.signal ? AbortSignal.any([deadline, query.signal]) : deadline;
      try {
        return await orAborted(look(config, query, signal), signal);
      } catch (error) {
        if (deadline.aborted) return couldNotLook(source, `not read within ${timeoutMs} ms`);
        if (signal.aborted) return couldNotLook(source, "stopped before it was read");
        return couldNotLook(source, `not read: ${quoted(messageOf(error))}`);
      }
    },
  };
}

async function look(config: FileLogsConfig, query: LogQuery, signal: AbortSignal): Promise<Looked<LogLine[]>> {
  const { source, field } = config;
  const { paths, problems, more } = await filesFor(config, query);
  const wanted = field === undefined ? () => true : (line: string) => jsonRecord(line)?.[field] === query.node;
  const { from, to, limit } = query;
  const zone = (config.timeZone === undefined ? null : zoneOf(config.timeZone)) ?? UTC;
  const window = { from, to, limit, maxBytes: config.maxBytes ?? MAX_BYTES, wanted, zone, signal };
  const lines: LogLine[] = [];
  let truncated = more;
  for (const { path, name } of paths) {
    try {
      const read = await readFileWindow(path, window);
      if (read.problem !== null) problems.push(`${name}: ${read.problem}`);
      truncated ||= read.truncated;
      for (const { t, line } of read.lines) lines.push({ t, node: query.node, line });
    } catch (error) {
      signal.throwIfAborted();
      problems.push(`${name}: ${quoted(messageOf(error))}`);
    }
  }
  const missing = [...new Set(problems)].map((reason) => ({ source, reason }));
  // Something that was there was not read: nothing found is then not the same as nothing there.
  if (lines.length === 0 && missing.length > 0)
    return couldNotLook(source, missing.map(({ reason }) => reason).join("; "));
  lines.sort((a, b) => a.t - b.t);
  return found(source, lines.slice(0, query.limit), truncated || lines.length > query.limit, missing);
}

interface Files {
  /** Names are relative to what was configured, for people. */
  paths: { path: string; name: string }[];
  /** Why files that may hold lines of the node are not read. */
  problems: string[];
  more: boolean;
}

/** The files that may hold lines of the node within the window, the oldest first. */
async function filesFor(config: FileLogsConfig, { node, from }: LogQuery): Promise<Files> {
  const problems: string[] = [];
  const directory = (await stat(config.path)).isDirectory();
  const candidates = directory
    ? await entries(config.path)
    : [{ path: config.path, folder: "", name: basename(config.path) }];
  const root = await realpath(directory ? config.path : dirname(config.path));
  const byName = config.node === undefined && config.field === undefined;
  const looked = candidates.slice(0, MAX_ENTRIES);
  const files: { path: string; name: string; at: number }[] = [];
  for (const { path, folder, name } of byName ? ofService(looked, node) : looked) {
    const shown = join(folder, name);
    const real = await realpath(path).catch(() => null);
    if (real === null) continue;
    const stats = await stat(real);
    if (stats.mtimeMs / 1_000 < from - WRITTEN_SLACK_S) continue;
    if (!real.startsWith(root.endsWith(sep) ? root : root + sep))
      problems.push(`${shown}: a symbolic link points outside the directory`);
    else if (stats.isFile()) files.push({ path: real, name: shown, at: stats.mtimeMs });
  }
  files.sort((a, b) => b.at - a.at);
  const paths = files.filter(({ path }, i) => files.findIndex((file) => file.path === path) === i);
  const more = paths.length > MAX_FILES || candidates.length > MAX_ENTRIES;
  return { paths: paths.slice(0, MAX_FILES).reverse(), problems, more };
}

interface Entry {
  path: string;
  folder: string;
  name: string;
}

/** All that stands in a folder of the service's name, and the files that bear it. */
function ofService(all: readonly Entry[], node: string): Entry[] {
  const inside = all.filter(({ folder }) => folder === node);
  return [...inside, ...filesOf(all, node).filter(({ folder }) => folder !== node)];
}

async function entries(directory: string): Promise<Entry[]> {
  const all: Entry[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (all.length > MAX_ENTRIES) break;
    if (entry.isDirectory()) {
      const inside = await readdir(join(directory, entry.name), { withFileTypes: true });
      for (const { name } of inside.filter((file) => !file.isDirectory()))
        all.push({ path: join(directory, entry.name, name), folder: entry.name, name });
    } else all.push({ path: join(directory, entry.name), folder: "", name: entry.name });
  }
  return all;
}

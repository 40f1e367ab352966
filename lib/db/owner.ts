import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";

/**
 * Who holds a lease. Where the kernel tells, the name says which process of which machine it is, so that the next process
 * there need not wait for the lease of one that was killed: place (this boot, this set of process numbers), process, and
 * when that was started, since numbers are used again. Elsewhere only the lease's end says that its owner is gone.
 */
export const newOwner = (): string => [...(own() ?? []), randomUUID()].join("/");

/** Whether the process that holds a lease under this name is surely no more. */
export function isDeadOwner(owner: string): boolean {
  const [place, pid, started] = owner.split("/");
  if (place === undefined || started === undefined || place !== placeOf()) return false;
  const now = startOf(Number(pid));
  return now !== undefined && now !== started;
}

function own(): string[] | null {
  const [place, started] = [placeOf(), startOf(process.pid)];
  return place && started ? [place, String(process.pid), started] : null;
}

/** This boot of this machine and the processes that can be seen here; null where there is no /proc. */
function placeOf(): string | null {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot}.${readlinkSync("/proc/self/ns/pid").replace(/\D/g, "")}`;
  } catch {
    return null;
  }
}

/** When a process was started, in the kernel's ticks (proc(5), stat, field 22); null when there is none or it has ended, undefined when that cannot be told. */
function startOf(pid: number): string | null | undefined {
  try {
    // The name before it may hold anything, brackets too.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? null : fields[19];
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? null : undefined;
  }
}

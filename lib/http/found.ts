import { SentinelError } from "@/lib/errors";

/** The thing itself; null means that there is none of this id, which is a 404. */
export function found<T>(what: string, thing: T | null): T {
  if (thing === null) throw new SentinelError("not_found", { detail: `No ${what} has this ID` });
  return thing;
}

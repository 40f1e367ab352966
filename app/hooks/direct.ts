import { HOOK_PROGRAMS } from "@/lib/contracts/hooks";
import type { Direct } from "@/lib/http/direct";
import * as plain from "@/app/api/v1/hooks/[program]/route";
import * as keyed from "./[key]/[program]/route";

const PROGRAMS: ReadonlySet<string> = new Set(HOOK_PROGRAMS);

/** Hooks of programs that are known, with the key in a header or in the path; null: all else. */
export function findHook(method: string, path: string): Direct | null {
  if (method !== "POST") return null;
  if (path.startsWith("/api/v1/hooks/")) {
    const program = path.slice("/api/v1/hooks/".length);
    return PROGRAMS.has(program) ? { handler: plain.POST, params: { program } } : null;
  }
  if (!path.startsWith("/hooks/")) return null;
  const [key, program, ...more] = path.slice("/hooks/".length).split("/");
  if (!key || !program || more.length > 0 || !PROGRAMS.has(program)) return null;
  return { handler: keyed.POST, params: { key, program } };
}

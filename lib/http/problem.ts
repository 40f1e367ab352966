import type { z } from "zod";
import { fieldPath, type Problem } from "@/lib/contracts/problem";
import { reasonOf } from "@/lib/contracts/reason";
import { ERRORS, SentinelError } from "@/lib/errors";

/** Issues beyond this many repeat themselves. */
const MAX_FIELDS = 20;

/** An error as a caller sees it. What is not a SentinelError is a bug: 500, without a word of what it was. */
export function problem(error: unknown, requestId: string): Response {
  const known = error instanceof SentinelError ? error : new SentinelError("internal", { cause: error });
  const { detail, fields, offset, headers } = known.details;
  const body: Problem = {
    type: `urn:sentinel:problem:${known.code}`,
    code: known.code,
    title: ERRORS[known.code].title,
    status: known.status,
    ...(detail ? { detail } : {}),
    ...(fields?.length ? { errors: fields } : {}),
    ...(offset === undefined ? {} : { offset }),
    request_id: requestId,
  };
  return new Response(JSON.stringify(body), {
    status: known.status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
  });
}

/** Checks a caller's value. Throws `invalid` with the path of every field that does not fit (at most 20). */
export function check<T extends z.ZodType>(schema: T, value: unknown, where: "body" | "query" | "path"): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields = flatten(result.error.issues).slice(0, MAX_FIELDS);
  const first = fields[0]!;
  throw new SentinelError("invalid", {
    detail: `In the ${where}${first.field && !first.reason.startsWith(first.field) ? `, ${first.field}` : ""}: ${first.reason}`,
    fields,
  });
}

/** zod's issues as fields; of a union's branches, the one that came closest speaks. */
export function flatten(
  issues: readonly z.core.$ZodIssue[],
  base: readonly PropertyKey[] = [],
): { field: string; reason: string }[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code === "invalid_union" && issue.errors.length > 0) {
      const closest = issue.errors.reduce((a, b) => (depth(b) > depth(a) ? b : a));
      if (depth(closest) > 0) return flatten(closest, path);
    }
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({ field: fieldPath([...path, key]), reason: "unknown field" }));
    return [{ field: fieldPath(path), reason: reasonOf(issue) }];
  });
}

/** How far into the value a branch of a union got before it did not fit. */
const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(0, ...issues.map((issue) => issue.path.length));

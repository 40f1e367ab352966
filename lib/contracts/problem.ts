import { z } from "zod";

/** An error answer (RFC 9457), as `application/problem+json`. `code` is the stable word to switch on. */
export const Problem = z
  .object({
    type: z.string().describe("`urn:sentinel:problem:` and the code"),
    code: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    errors: z
      .array(
        z.object({
          field: z.string().describe("path such as `events[3].cost`; empty for the whole body"),
          reason: z.string(),
        }),
      )
      .optional(),
    offset: z.int().optional().describe("byte offset at which a malformed body stops being valid JSON"),
    request_id: z.string().optional().describe("ID of the request's log line"),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof Problem>;

/** A zod path as a caller writes it: `events[3].cost`. */
export const fieldPath = (path: readonly PropertyKey[]): string => z.core.toDotPath(path);

import type { Method } from "@/lib/contracts/endpoint";
import type { NextHandler } from "./route";
import { unknownPath } from "./unknown-path";

/**
 * Next's handlers for resources whose paths differ in one segment, behind one route file: `[value of the segment, what
 * route() made]`. A value that none of them has is answered like any other unknown path.
 */
export function bySegment(
  segment: string,
  routes: Iterable<readonly [value: string, handlers: Record<Method, NextHandler>]>,
): Record<Method, NextHandler> {
  const known = new Map(routes);
  const build = (method: Method): NextHandler => {
    return async (request, context) => {
      const { [segment]: value } = await context.params;
      const handlers = typeof value === "string" ? known.get(value) : undefined;
      return handlers ? handlers[method](request, context) : unknownPath(request);
    };
  };
  return { GET: build("GET"), POST: build("POST"), PUT: build("PUT"), PATCH: build("PATCH"), DELETE: build("DELETE") };
}

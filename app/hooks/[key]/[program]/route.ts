import { withKeyInHeader } from "@/lib/http/key-in-path";
import type { Method } from "@/lib/contracts/endpoint";
import type { NextHandler } from "@/lib/http/route";
import * as hooks from "@/app/api/v1/hooks/[program]/route";

const HANDLERS: Record<Method, NextHandler> = hooks;

/** For programs that cannot send headers. */
const under =
  (method: Method): NextHandler =>
  async (request, context) => {
    const { key, program } = await context.params;
    const named = withKeyInHeader(request, String(key), `/api/v1/hooks/${encodeURIComponent(String(program))}`);
    return HANDLERS[method](named, { params: Promise.resolve({ program: String(program) }) });
  };

export const GET = under("GET");
export const POST = under("POST");
export const PUT = under("PUT");
export const PATCH = under("PATCH");
export const DELETE = under("DELETE");

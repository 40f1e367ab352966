import { unknownPath } from "@/lib/http/unknown-path";
import type { NextHandler } from "@/lib/http/route";
import { gateway, isGatewayPath } from "@/app/api/gateway/handle";

const handle: NextHandler = (request, context) =>
  isGatewayPath(new URL(request.url).pathname) ? gateway(request, context) : Promise.resolve(unknownPath(request));

export { handle as DELETE, handle as GET, handle as PATCH, handle as POST, handle as PUT };

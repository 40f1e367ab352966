import { openApiDocument } from "@/lib/http/openapi";

export const GET = (): Response => Response.json(openApiDocument());

export const dynamic = "force-dynamic";

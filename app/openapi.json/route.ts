import { openApiDocument } from "@/lib/contracts/openapi";

export const GET = (): Response => Response.json(openApiDocument());

export const dynamic = "force-dynamic";

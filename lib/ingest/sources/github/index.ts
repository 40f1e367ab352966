import { z } from "zod";
import { resource } from "@/lib/contracts/endpoint";
import { githubSignature } from "./auth";

/** Bytes of a delivery: pushes list every commit with its files. */
const BODY_BYTES = 8_000_000;

const GithubBody = z.looseObject({}).meta({ id: "GithubBody" });
const GithubAnswer = z
  .object({
    accepted: z.int().describe("changes"),
    ignored: z.string().nullable().describe("why nothing was recorded"),
  })
  .meta({ id: "GithubAnswer" });
export type GithubAnswer = z.infer<typeof GithubAnswer>;

/** GitHub sends changes, not alerts: it has a route and a verb of its own. */
export const CHANGES_GITHUB = resource("/api/v1/changes/github", {
  POST: {
    auth: "signature",
    sender: "github",
    signature: githubSignature,
    summary: "Receives changes from GitHub's webhook: deployment_status, workflow_run, push (content type JSON)",
    body: GithubBody,
    maxBytes: BODY_BYTES,
    response: GithubAnswer,
    status: 202,
  },
});

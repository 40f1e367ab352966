import { Webhooks } from "@octokit/webhooks";
import type { Signature } from "@/lib/contracts/endpoint";

/** Whether GitHub signed these bytes: `sha256=` and an HMAC-SHA256 in hex. */
export async function signedByGithub(body: Buffer, header: string, secret: string): Promise<boolean> {
  // The library throws for what is empty; for us that is a signature that does not fit.
  return body.length > 0 && header !== "" && new Webhooks({ secret }).verify(body.toString("utf8"), header);
}

export const githubSignature: Signature = {
  header: "X-Hub-Signature-256",
  secret: "GITHUB_WEBHOOK_SECRET",
  verify: signedByGithub,
};

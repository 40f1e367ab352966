import { type BrowserContext, expect, test as base } from "@playwright/test";
import { signIn } from "./http/server";

export const ROLES = ["admin", "operator", "viewer"] as const;
export type Role = (typeof ROLES)[number];

/** People of each role on one server. */
export interface People {
  signIn: (context: BrowserContext, role: Role) => Promise<void>;
  /** Asks as the admin, or with a token instead. Throws with the answer if it is no good one; an empty one is undefined. */
  api: <T>(method: string, path: string, body?: object, token?: string) => Promise<T>;
}

/** Makes them, on the server that runs at `url` with this environment. */
export async function peopleOf(env: Record<string, string>, url: string): Promise<People> {
  const cookies = {} as Record<Role, string>;
  for (const role of ROLES) cookies[role] = await signIn(env, url, role);
  return {
    signIn: async (context, role) => {
      const [name, value] = cookies[role].split(/=(.*)/s) as [string, string];
      await context.addCookies([{ name, value, url }]);
    },
    api: async (method, path, body, token) => {
      const proof: Record<string, string> =
        token === undefined ? { cookie: cookies.admin, origin: url } : { authorization: `Bearer ${token}` };
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: { ...proof, "content-type": "application/json" },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      const text = await answer.text();
      return (text === "" ? undefined : JSON.parse(text)) as never;
    },
  };
}

/** How `reportViolations` begins what it writes. */
const VIOLATION = "Content Security Policy violation:";

/** Says on the console what the page's policy stopped, with enough to find it. Runs in the browser, before anything else there. */
function reportViolations(label: string): void {
  addEventListener("securitypolicyviolation", (event) =>
    // oxlint-disable-next-line no-console -- the console is how a test hears of it
    console.error(label, event.effectiveDirective, event.blockedURI, event.sourceFile, event.lineNumber, event.sample),
  );
}

/** A test that hears what the browser complains of: one that looks at `errors` fails on any, every other on a violation of the page's policy. */
export const test = base.extend<{ errors: string[] }>({
  errors: [
    async ({ context }, use) => {
      const errors: string[] = [];
      context.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      context.on("weberror", (error) => errors.push(String(error.error())));
      await context.addInitScript(reportViolations, VIOLATION);
      await use(errors);
      expect(errors.filter((text) => text.startsWith(VIOLATION))).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect } from "@playwright/test";

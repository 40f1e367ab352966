/**
 * The template that makes an agent's id from OpenTelemetry attributes: text and placeholders, each with the names of attributes of
 * which the first that was sent counts, as in `{service.name}:{user.email|host.name}:{vcs.repository.name}`.
 */
export interface IdentityTemplate {
  parts: readonly { before: string; names: readonly string[] }[];
  after: string;
}

/** Attributes that an id can be made of: who runs where, and never what was said. Only these are read at the door. */
export const IDENTITY_ATTRIBUTES = [
  "service.name",
  "service.namespace",
  "service.version",
  "service.instance.id",
  "deployment.environment.name",
  "deployment.environment",
  "env",
  "user.email",
  "user.name",
  "user.id",
  "user.account_uuid",
  "enduser.id",
  "organization.id",
  "tenant.id",
  "team",
  "team.name",
  "host.name",
  "host.id",
  "vcs.repository.name",
  "vcs.repository.url.full",
  "vcs.owner.name",
  "repository",
  "git.repository",
  "gen_ai.agent.name",
  "gen_ai.agent.id",
  "agent.name",
  "k8s.cluster.name",
  "k8s.namespace.name",
  "k8s.deployment.name",
  "k8s.pod.name",
  "container.id",
  "container.name",
  "cloud.account.id",
  "cloud.region",
  "process.executable.name",
] as const;

/** Characters of a template. */
export const IDENTITY_CHARS = 200;
/** Placeholders of a template, and names in one: an id has to be read by people. */
const MAX_PARTS = 6;
const MAX_NAMES = 6;
/** Text between placeholders: nothing that a path of a URL or a browser takes for something else. */
const TEXT = /^[A-Za-z0-9 .:_@-]*$/;
const KNOWN: ReadonlySet<string> = new Set(IDENTITY_ATTRIBUTES);

/** Reads a template in one pass. A text is what is wrong with it, for whoever wrote it. */
export function parseIdentity(template: string): IdentityTemplate | string {
  if (template.length > IDENTITY_CHARS) return `must have at most ${IDENTITY_CHARS} characters`;
  const parts: IdentityTemplate["parts"][number][] = [];
  let at = 0;
  for (;;) {
    const open = template.indexOf("{", at);
    const text = open < 0 ? template.slice(at) : template.slice(at, open);
    if (text.includes("}")) return "has a } without its {";
    if (!TEXT.test(text)) return "may hold letters, digits, spaces and . : _ @ - between placeholders";
    if (open < 0) return parts.length > 0 ? { parts, after: text } : "needs a placeholder, such as {service.name}";
    const close = template.indexOf("}", open);
    const inside = template.slice(open + 1, close < 0 ? undefined : close);
    if (close < 0 || inside.includes("{")) return "has a { without its }";
    const names = inside.split("|");
    const unknown = names.find((name) => !KNOWN.has(name));
    if (unknown !== undefined)
      return `has an unknown attribute in {${inside}}; known: ${IDENTITY_ATTRIBUTES.join(", ")}`;
    if (names.length > MAX_NAMES) return `may name at most ${MAX_NAMES} attributes in one placeholder`;
    if (parts.length >= MAX_PARTS) return `may have at most ${MAX_PARTS} placeholders`;
    parts.push({ before: text, names });
    at = close + 1;
  }
}

/**
 * The id that a template gives. `valueOf` gives an attribute's value, null where it was not sent. A placeholder without a value is
 * left out with the text before it, and nothing begins with the text that separates two placeholders. Null: no placeholder has one.
 */
export function fillIdentity(
  { parts, after }: IdentityTemplate,
  valueOf: (name: string) => string | null,
): string | null {
  let id = "";
  for (const [i, { before, names }] of parts.entries()) {
    let value: string | null = null;
    for (const name of names) if ((value ??= valueOf(name)) !== null) break;
    if (value !== null) id += i === 0 || id !== "" ? before + value : value;
  }
  return id === "" ? null : id + after;
}

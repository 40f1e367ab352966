import { fillIdentity, type IdentityTemplate } from "@/lib/core/agents/identity-template";
import { nameText } from "@/lib/contracts/plain-text";
import { EVENT_LIMITS } from "@/lib/contracts/event";
import { IDENTITY, PERSONAL, type Who } from "./aliases";
import type { Attributes, Scalar } from "./shape";
import { short } from "./series";

/** Who a record is of, as its attributes say. */
export interface Identity {
  agentId: string;
  /** The program's name. */
  agentType: string;
  instanceId: string | null;
  version: string | null;
  environment: string | null;
  labels: Readonly<Record<string, string>>;
  /** Labels of an agent that has none of that name. */
  otherwise?: Readonly<Record<string, string>>;
}

const MOST = EVENT_LIMITS.name;
const Name = nameText(MOST);
const PRINTABLE = /^[\x20-\x7e]+$/;
/** A part of an agent's id: three of them and the separators fit into a name. */
const PART = 60;
/** Installations are named by hashes: so many of their digits tell them apart. */
const HASH_DIGITS = 12;
const HASH = /^[0-9a-f]{32,128}$/;
export const NO_PROGRAM = "unknown_service";

/** A name as the contract of events wants it, or null: what is too long, or no plain text, goes by a digest of it. */
export function asName(value: Scalar | null | undefined, most: number = MOST): string | null {
  if (value === undefined || value === null || value === "") return null;
  const text = String(value);
  // Most names are printable ASCII, of which the contract has nothing to say.
  if (text.length <= most && (PRINTABLE.test(text) || Name.safeParse(text).success)) return text;
  return `sha256-${short(text)}`;
}

/** The first of an attribute's names that is there; of a record, then of its resource. */
export function attribute(names: readonly string[], ...of: Attributes[]): string | number | boolean | undefined {
  for (const attributes of of)
    for (const name of names) {
      const value = attributes[name];
      if (value !== undefined && value !== "") return value;
    }
  return undefined;
}

/** The program that a resource names; a service that nobody named goes by OpenTelemetry's own word for it. */
export const programOf = (resource: Attributes): string => asName(attribute(IDENTITY.program, resource)) ?? NO_PROGRAM;

/**
 * An agent is a program, of a person where people run it, else on a host, for a repository, as far as they are named. Hosts that
 * are one of several instances (a pod, a container) are instances, or each deployment would bring new agents. `template`: what
 * the key says of the id instead; where nothing of it was sent, the id is as without it.
 */
export function identityOf(resource: Attributes, record: Attributes, template?: IdentityTemplate | null): Identity {
  const said = (who: Who, ...of: Attributes[]) => asName(attribute(IDENTITY[who], ...of), PART);
  const program = programOf(resource);
  const personal = PERSONAL.has(program);
  // On the record: whose request a service answers, not whose program it is.
  const user = personal ? said("user", record, resource) : said("user", resource);
  const host = said("host", resource);
  const repository = said("repository", record, resource);
  const team = said("team", record, resource);
  const instance = said("instance", resource);
  const owner = user === null ? (instance === null ? host : null) : shownUser(user, resource, record);
  const own = template ? fillIdentity(template, (name) => shownPart(name, resource, record)) : null;
  const id = own ?? [program.slice(0, PART), owner, lastPart(repository)].filter((part) => part !== null).join(":");
  return {
    agentId: asName(id)!,
    agentType: program,
    instanceId: asName(attribute(IDENTITY.instance, resource)) ?? (owner === host ? null : host),
    version: asName(attribute(IDENTITY.version, resource)),
    environment: asName(attribute(IDENTITY.environment, resource)),
    labels: Object.fromEntries(
      Object.entries({ user, team, repository, host }).filter((pair): pair is [string, string] => pair[1] !== null),
    ),
  };
}

/** An attribute as a part of an id: what a resource says of itself comes before what its records say. */
function shownPart(name: string, resource: Attributes, record: Attributes): string | null {
  const value = attribute([name], resource, record);
  if (typeof value === "string" && HASH.test(value)) return value.slice(0, HASH_DIGITS);
  const part = asName(value, PART);
  return IDENTITY.repository.some((one) => one === name) ? lastPart(part) : part;
}

/** A person's name or address as it is; of a digest its beginning. */
function shownUser(user: string, ...of: Attributes[]): string {
  const whole = attribute(IDENTITY.user, ...of.toReversed());
  return typeof whole === "string" && HASH.test(whole) ? whole.slice(0, HASH_DIGITS) : user;
}

/** `acme/shop` of `https://github.com/acme/shop.git`: a slash would be a step in an agent's address. */
const lastPart = (repository: string | null): string | null =>
  repository === null
    ? null
    : (repository
        .replace(/\.git$/, "")
        .split("/")
        .findLast((part) => part !== "") ?? null);

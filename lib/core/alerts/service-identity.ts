import { type Scope, SCOPE_KEYS, type ScopeKey } from "./alert-service";

/** A service as it is known: its id, and where it runs as far as that was ever said. */
export interface KnownService {
  id: string;
  scope: Scope;
}

/** Marks off the place in the id of a second service of one name: `api@staging`. */
const AT = "@";
/** Environment, cluster and namespace, where more than one is needed to tell services apart: `api@staging/eu`. */
const AND = "/";

export interface Identified {
  /** The id of the service that each name in its place belongs to, in the order of the questions. */
  ids: string[];
  /** Services that are new, or of which more is known now than before. */
  learned: KnownService[];
}

/**
 * Which service an alert's name means. A service is its name and the place where it runs: the environment, the cluster and
 * the Kubernetes namespace. Two places are one as long as nothing that is said of both differs, so that a sender who says
 * less still means the same service. The first place of a name has the plain name as its id (what metrics, logs, changes
 * and topology know it by); every further one adds what tells it apart: `api@staging`.
 *
 * Of several new places in one message production takes the plain name, whatever the order. Knows nothing of time: the
 * same questions in the same order, asked of what was learned, give the same ids.
 */
export function identify(
  questions: readonly { name: string; scope: Scope }[],
  known: readonly KnownService[],
): Identified {
  const services = new Map(known.map(({ id, scope }) => [id, scope]));
  const namesakes = new Map<string, Set<string>>();
  for (const { id } of known) remember(namesakes, nameOf(id), id);
  const learned = new Map<string, Scope>();
  const ids: string[] = questions.map(() => "");
  const order = questions
    .map((question, index) => ({ ...question, index }))
    .toSorted((a, b) => rankOf(a.scope) - rankOf(b.scope) || a.index - b.index);
  for (const { name, scope, index } of order) {
    const id = find(name, scope, services, namesakes.get(name)) ?? newId(name, scope, services);
    const before = services.get(id);
    const merged = { ...scope, ...before };
    if (before === undefined || SCOPE_KEYS.some((key) => merged[key] !== before[key])) learned.set(id, merged);
    services.set(id, merged);
    remember(namesakes, name, id);
    ids[index] = id;
  }
  return { ids, learned: [...learned].map(([id, scope]) => ({ id, scope })) };
}

/** Production first, then what says nothing of an environment. */
const rankOf = ({ environment }: Scope): number => (environment === "prod" ? 0 : environment === undefined ? 1 : 2);

/** The name in an id, and the id itself for services that have a name of their own with an `@` in it. */
export const nameOf = (id: string): string => {
  const at = id.lastIndexOf(AT);
  return at > 0 ? id.slice(0, at) : id;
};

function remember(namesakes: Map<string, Set<string>>, name: string, id: string): void {
  const list = namesakes.get(name);
  if (list) list.add(id);
  else namesakes.set(name, new Set([id]));
}

/** The service of this name whose place agrees with what is said, the one with most in common; of equals the plain name. */
function find(
  name: string,
  scope: Scope,
  services: ReadonlyMap<string, Scope>,
  namesakes: ReadonlySet<string> | undefined,
): string | null {
  let best: string | null = null;
  let most = -1;
  for (const id of [name, ...(namesakes ?? [])]) {
    const place = services.get(id);
    if (place === undefined || (id !== name && !isPlaceOf(id, place)) || conflicts(scope, place).length > 0) continue;
    const common = SCOPE_KEYS.filter((key) => scope[key] !== undefined && scope[key] === place[key]).length;
    if (common > most) [best, most] = [id, common];
  }
  return best;
}

/** Whether what follows the name in an id is its place, and not a part of the name. */
const isPlaceOf = (id: string, place: Scope): boolean =>
  id
    .slice(id.lastIndexOf(AT) + 1)
    .split(AND)
    .every((part) => SCOPE_KEYS.some((key) => place[key] === part));

const inOnePlace = (a: Scope, b: Scope): boolean =>
  conflicts(a, b).length === 0 && SCOPE_KEYS.some((key) => a[key] !== undefined && a[key] === b[key]);

const conflicts = (a: Scope, b: Scope): ScopeKey[] =>
  SCOPE_KEYS.filter((key) => a[key] !== undefined && b[key] !== undefined && a[key] !== b[key]);

function newId(name: string, scope: Scope, services: ReadonlyMap<string, Scope>): string {
  const plain = services.get(name);
  if (plain === undefined) return name;
  const apart = conflicts(scope, plain).map((key) => scope[key]!);
  const short = `${name}${AT}${apart.join(AND)}`;
  if (!services.has(short)) return short;
  return `${name}${AT}${SCOPE_KEYS.flatMap((key) => scope[key] ?? []).join(AND)}`;
}

/**
 * Calls between services in one place: what is known of the plain names holds for their namesakes, within a place where
 * both ends are known there (something of it is the same, and nothing differs), and to the plain callee where it is not.
 */
export function callsInPlaces(
  edges: readonly (readonly [caller: string, callee: string])[],
  services: readonly KnownService[],
): (readonly [caller: string, callee: string])[] {
  const placed = new Map<string, KnownService[]>();
  for (const service of services) {
    const name = nameOf(service.id);
    if (name === service.id || !isPlaceOf(service.id, service.scope)) continue;
    placed.set(name, [...(placed.get(name) ?? []), service]);
  }
  if (placed.size === 0) return [...edges];
  const more = edges.flatMap(([caller, callee]) =>
    (placed.get(caller) ?? []).map(({ id, scope }): readonly [string, string] => {
      const there = placed.get(callee)?.find((one) => inOnePlace(scope, one.scope));
      return [id, there?.id ?? callee];
    }),
  );
  return [...edges, ...more];
}

import type { Provider } from "./models";

/** Names that models of one maker and line carry. A distilled model carries two, and is of both. */
const NAMES: Readonly<Record<string, RegExp>> = {
  gpt: /gpt|chatgpt|\bo[134]\b/,
  claude: /claude/,
  gemini: /gemini|gemma/,
  llama: /llama/,
  mistral: /mi[sx]tral|ministral|magistral|codestral|devstral/,
  qwen: /qwen|qwq/,
  deepseek: /deepseek/,
  phi: /\bphi/,
  grok: /grok/,
  kimi: /kimi/,
  glm: /\bglm/,
  command: /\bcommand/,
  nemotron: /nemotron/,
};
/** Providers that serve their own models only. */
const OWN: Partial<Record<Provider, string>> = { openai: "gpt", anthropic: "claude" };

/** The families of `provider/model`, by its name; one that is not known is a family of its own. */
function familiesOf(name: string): string[] {
  const cut = name.indexOf("/");
  const [provider, model] = [name.slice(0, cut), name.slice(cut + 1).toLowerCase()];
  const own = OWN[provider as Provider];
  if (own !== undefined) return [own];
  const known = Object.keys(NAMES).filter((family) => NAMES[family]!.test(model));
  return known.length > 0 ? known : [model];
}

/**
 * The family that two models share, if any: a judge prefers what its own kind writes (Panickssery et al. 2024). Either may be a
 * comma-separated chain, of which every model counts.
 */
export function sharedFamily(a: string, b: string): string | null {
  const all = (names: string) => names.split(",").flatMap((name) => familiesOf(name.trim()));
  const others = new Set(all(b));
  return all(a).find((family) => others.has(family)) ?? null;
}

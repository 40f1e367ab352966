import type { ModelCall, Told } from "./calls.js";
import type { Enforcement } from "./enforcement.js";
import { hashText } from "./hash.js";
import type { GuardOptions } from "./options.js";
import type { ModelAbout } from "./seat.js";
import type { Registration } from "./wire.js";

type Sent = Pick<ModelCall, "prompt" | "temperature" | "rolledBack" | "lowered">;

/** Without the fields that are unknown: elsewhere they would hide what is known. */
export const defined = <T extends object>(x: T) =>
  Object.fromEntries(Object.entries(x).filter(([, value]) => value !== undefined)) as Partial<T>;

const declared = (value: string | (() => string | undefined) | undefined) =>
  typeof value === "function" ? value() : value;

/** What a model call is, and what the directive makes of its prompt and temperature. Holds the host's prompt, so that the agent can go back to it. */
export function prepare(
  { run: _run, signal: _signal, taskId: _task, idempotencyKey: _key, prompt, temperature, tools, ...about }: ModelAbout,
  o: GuardOptions,
  e: Enforcement,
  describe: (news: Partial<Registration>) => void,
): { told: Told; sent: Sent } {
  const template = declared(o.promptTemplate);
  const own = template ?? (typeof prompt === "string" ? prompt : "");
  const hash = template === undefined && about.prompt_hash ? about.prompt_hash : own && hashText(own);
  const version = hash ? (about.prompt_version ?? declared(o.promptVersion)) : undefined;
  if (hash && prompt !== undefined) e.prompts.see(hash, version, prompt);

  const { prompt: held, temperature: highest } = e.restrictions();
  const other = held !== null && held.hash !== hash ? held : null;
  const provider = o.provider ?? about.provider;
  const inUse = { prompt_hash: (other?.hash ?? hash) || undefined, prompt_version: other ? other.version : version };
  describe(defined({ model: about.model, provider, ...inUse, tools, held_prompts: e.heldPrompts() }));
  const lowered = temperature !== undefined && highest !== null && highest < temperature;
  return {
    told: { ...about, provider, ...inUse },
    sent: {
      prompt: other ? other.prompt : prompt,
      temperature: lowered ? highest : temperature,
      rolledBack: other !== null,
      lowered,
    },
  };
}

/** One system prompt that was in use, kept so that the agent can go back to it. */
export interface HeldPrompt<T> {
  hash: string;
  version: string | undefined;
  prompt: T;
}

/** The last `limit` distinct prompts by hash, newest use last. */
export function createHeldPrompts<T>(limit: number) {
  const held = new Map<string, HeldPrompt<T>>();
  return {
    /** Returns whether the set of hashes changed. A hash held already keeps its first text: that is what worked. */
    see(hash: string, version: string | undefined, prompt: T): boolean {
      const known = held.get(hash);
      held.delete(hash);
      held.set(hash, known ?? { hash, version, prompt });
      for (const oldest of held.keys()) {
        if (held.size <= limit) break;
        held.delete(oldest);
      }
      return known === undefined;
    },
    get: (hash: string) => held.get(hash) ?? null,
    hashes: () => [...held.keys()],
  };
}

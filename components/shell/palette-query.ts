import type { AgentCommand } from "@/lib/contracts/agent-commands";

const VERBS = ["quarantine", "release", "pause", "resume"] as const satisfies readonly AgentCommand[];

/**
 * What was typed into the palette: commands that its first word begins (at least two letters, and something after them), and by what
 * agents are searched. `quarantine res` → quarantine, `res`; `resource`, or `re` → no command, itself.
 */
export function readQuery(text: string): { commands: readonly AgentCommand[]; search: string } {
  const [, first = "", rest = ""] = /^(\S{2,})\s+(.*)$/.exec(text.trimStart()) ?? [];
  const commands = first === "" ? [] : VERBS.filter((verb) => verb.startsWith(first.toLowerCase()));
  return commands.length === 0 ? { commands, search: text.trim() } : { commands, search: rest.trim() };
}

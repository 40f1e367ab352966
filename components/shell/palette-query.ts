import type { AgentCommand } from "@/lib/contracts/agent-commands";

const VERBS = ["quarantine", "release", "pause", "resume"] as const satisfies readonly AgentCommand[];

/** Letters: every agent whose name begins with one of them would be a command otherwise. */
const SHORTEST = 2;

/**
 * What was typed into the palette: commands that its first word begins (with a space behind it), and by what
 * agents are searched. `quarantine res` → quarantine, `res`; `resource`, or `re` → no command, itself.
 */
export function readQuery(text: string): { commands: readonly AgentCommand[]; search: string } {
  const typed = text.trimStart();
  const end = typed.search(/\s/);
  const commands = end < SHORTEST ? [] : VERBS.filter((verb) => verb.startsWith(typed.slice(0, end).toLowerCase()));
  return commands.length === 0 ? { commands, search: typed.trim() } : { commands, search: typed.slice(end).trim() };
}

import { Command } from "commander";
import { expect } from "vitest";
import { addCommands } from "./commands";

/** For the tests that hold the README and the documentation to the code. */

const program = addCommands(new Command("sentinel"));

/** Asserts that `sentinel WORDS` is a command with these options, and that none it demands is missing. */
export function assertSentinelCommand(words: readonly string[]): void {
  let command = program;
  for (const word of words) command = command.commands.find((one) => one.name() === word) ?? command;
  expect(command, "a command, and not only what leads to one").not.toBe(program);
  // One that only leads to others has no options of its own.
  expect(command.commands.length === 0 || command.options.length > 0, `${command.name()} is a command`).toBe(true);
  for (const option of words.filter((word) => word.startsWith("--")))
    expect(command.options.map(({ long }) => long)).toContain(option);
  for (const { long, mandatory } of command.options)
    if (mandatory) expect(words, `${long} has to be given`).toContain(long);
}

export interface Fence {
  language: string;
  text: string;
}

/** The fenced code blocks of a Markdown document. */
export const fencesIn = (markdown: string): Fence[] =>
  [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }));

/** The document without its fenced code blocks. */
export const proseOf = (markdown: string): string => markdown.replace(/^```\w*\n.*?^```$/gms, "");

/** Targets of links and images that are not addresses. */
export const linksIn = (markdown: string): string[] =>
  [...proseOf(markdown).matchAll(/\]\(((?![a-z]+:)[^)\s]+)\)/g)].map(([, target]) => target!);

/** The anchors of a document's headings, as GitHub makes them. */
export const anchorsIn = (markdown: string): string[] =>
  [...proseOf(markdown).matchAll(/^#+ +(.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replace(/\s/g, "-"),
  );

/** What stands in backticks, outside of code blocks. */
export const codeIn = (markdown: string): string[] =>
  [...proseOf(markdown).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);

/**
 * The commands of a shell script, each as its words: quotes are taken off, variables stay as they are written, comments and
 * what stands behind `|`, `&&` or `;` begins anew. Enough for documentation; `bash -n` says whether the script parses.
 */
export function commandsIn(script: string): string[][] {
  const commands: string[][] = [[]];
  const tokens =
    /\\\n|\n|[ \t]+|#[^\n]*|&&|\|\||[|;]|(?:'[^']*'|"(?:\\.|[^"\\])*"|\\[^\n]|[^\s'"\\|;&#]|&(?!&)|(?<=\S)#)+/gs;
  for (const [token] of script.matchAll(tokens)) {
    if (/^(?:\n|&&|\|\||[|;])$/.test(token)) commands.push([]);
    else if (!/^(?:\\\n|[ \t]+|#)/.test(token))
      commands
        .at(-1)!
        .push(
          token.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/gs, (_, plain, quoted, escaped) =>
            plain !== undefined ? plain : quoted !== undefined ? quoted.replace(/\\(["\\$`])/g, "$1") : escaped,
          ),
        );
  }
  return commands.filter((words) => words.length > 0);
}

import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { messageOf } from "@/lib/core/evidence/log-message";
import { createMiner } from "@/lib/core/evidence/log-templates";
import { gunzipped, utf8 } from "@/lib/evidence/text-bytes";

/** Characters kept of one line while it is read: a file without line ends must not fill the memory. */
const LINE_MAX = 1_000_000;

const HELP = `
The file holds plain lines or JSON lines (the message is taken from "message", "msg", "log", "MESSAGE" …, also inside lines of
containers), in UTF-8 or UTF-16, gzipped or not (.gz).
Writes {lines: [template id of each line], templates: {id: text}}; values are replaced by <*>. Needs no database.

Example:
  sentinel templates --input app.log.gz --json out.json
`;

/** Adds `templates` to the command line. */
export function registerTemplates(program: Command): void {
  program
    .command("templates")
    .description("Mine the templates of a log file")
    .requiredOption("--input <file>", "plain or JSON lines, may be gzipped (.gz)")
    .requiredOption("--json <file>", "where to write {lines, templates}")
    .addHelpText("after", HELP)
    .action(async ({ input, json }: { input: string; json: string }) => {
      const miner = createMiner();
      const tickets: number[] = [];
      for await (const line of linesOf(input)) tickets.push(miner.add(messageOf(line).text));
      const { templates, templateOf } = miner.finish();
      const texts = Object.fromEntries(templates.map(({ id, text }) => [id, text]));
      await writeFile(json, `${JSON.stringify({ lines: tickets.map(templateOf), templates: texts })}\n`);
      process.stdout.write(`${tickets.length} lines, ${templates.length} templates\n`);
    });
}

/**
 * The lines of a text file, split at line feeds only, so that line numbers are the editor's. A line longer than
 * {@link LINE_MAX} is cut. Throws an error that names the file.
 */
async function* linesOf(file: string): AsyncGenerator<string> {
  const raw = createReadStream(file);
  const bytes = file.toLowerCase().endsWith(".gz")
    ? gunzipped(raw as AsyncIterable<Buffer>)
    : (raw as AsyncIterable<Buffer>);
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const block of utf8(bytes)) {
      const chunk = decoder.decode(block, { stream: true });
      let from = 0;
      for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", from)) {
        yield rest === "" ? chunk.slice(from, end) : (rest + chunk.slice(from, end)).slice(0, LINE_MAX);
        rest = "";
        from = end + 1;
      }
      if (rest.length < LINE_MAX) rest += chunk.slice(from);
    }
    rest += decoder.decode();
    if (rest !== "") yield rest.slice(0, LINE_MAX);
  } catch (cause) {
    throw new Error(`--input ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  } finally {
    raw.destroy();
  }
}

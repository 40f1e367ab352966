import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metadata } from "next";
import { connection } from "next/server";
import { type EvalFile, EvalsScreen } from "@/components/evals/evals-screen";
import { EvalResult } from "@/lib/contracts/evals";

export const metadata: Metadata = { title: "Evaluations" };

const FOLDER = join(process.cwd(), "lib", "evals", "results");

export default async function EvalsPage() {
  await connection();
  return <EvalsScreen files={await readResults()} />;
}

async function readResults(): Promise<EvalFile[]> {
  const names = await readdir(FOLDER).catch(() => []);
  return Promise.all(
    names
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map(readResult),
  );
}

async function readResult(file: string): Promise<EvalFile> {
  try {
    const parsed = EvalResult.safeParse(JSON.parse(await readFile(join(FOLDER, file), "utf8")));
    return parsed.success ? { file, result: parsed.data } : { file, fault: "It is not a results table." };
  } catch (error) {
    return { file, fault: error instanceof Error ? error.message : "It cannot be read." };
  }
}

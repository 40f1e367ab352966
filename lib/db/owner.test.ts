import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { isDeadOwner, newOwner } from "./owner";

/** Of a process that names itself and then waits. */
async function another() {
  const program = `import { newOwner } from "./lib/db/owner.ts"; console.log(newOwner()); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, owner: line.toString().trim() };
}

it("knows every owner apart", () => expect(newOwner()).not.toBe(newOwner()));

it("takes nobody for gone who may be alive", () => {
  const [place, pid, started, id] = newOwner().split("/");
  expect(isDeadOwner(newOwner())).toBe(false);
  // Another machine, or a name that says nothing of a process.
  for (const name of [
    `elsewhere/${pid}/${started}/${id}`,
    "3f0c1a52-7d0e-4a55-9b7e-5a1c7f0e2b11",
    "",
    `${place}/${pid}`,
  ])
    expect(isDeadOwner(name), name).toBe(false);
});

it.runIf(existsSync("/proc/self/stat"))(
  "knows that a process was killed, and one with its number from it",
  async () => {
    const { child, owner } = await another();
    expect(isDeadOwner(owner)).toBe(false);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(isDeadOwner(owner)).toBe(true);
    const [place, , , id] = owner.split("/");
    expect(isDeadOwner(`${place}/${process.pid}/1/${id}`)).toBe(true);
  },
);

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { startFakeSentinel } from "./fake-sentinel.js";

/** A host program that makes one run and ends, without ever closing the SDK. */
const HOST = `
import { AIMessage, createAgent, fakeModel, HumanMessage } from "langchain";
import { sentinel } from "./langchain/index.ts";
const s = sentinel({ agentId: "a", url: process.argv[1], key: "test-key", flushMs: 60000 });
await createAgent({ model: fakeModel().respond(new AIMessage("hi")), tools: [], middleware: [s] }).invoke({ messages: [new HumanMessage("x")] });
`;

it("a held poll keeps no host process alive, and its last events leave before it ends", async () => {
  const server = await startFakeSentinel();
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", HOST, server.url], {
    cwd,
    stdio: "inherit",
  });
  // A poll that held it would do so for ever: each is followed by the next.
  const code = await new Promise((resolve) => child.on("exit", resolve));
  expect(code).toBe(0);
  expect(server.of("a", "run_end").map((e) => e.outcome)).toEqual(["success"]);
  await server.stop();
});

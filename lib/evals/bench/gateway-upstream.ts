import { createServer } from "node:http";

/** Messages of one answer. */
const DELTAS = 50;

const event = (of: { type: string } & Record<string, unknown>) => `event: ${of.type}\ndata: ${JSON.stringify(of)}\n\n`;
const STREAM = [
  event({ type: "message_start", message: { model: "claude-sonnet-4-5", usage: { input_tokens: 5_000, output_tokens: 1 } } }),
  event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
  ...Array.from({ length: DELTAS }, () => event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "and so on " } })),
  event({ type: "content_block_stop", index: 0 }),
  event({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 100 } }),
  event({ type: "message_stop" }),
]; // prettier-ignore

// A process of its own: an upstream is elsewhere, and must not slow down whoever measures.
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const one of STREAM) response.write(one);
    response.end();
  });
}).listen(0, "127.0.0.1", () => process.send!((server.address() as { port: number }).port));
process.once("disconnect", () => process.exit(0));

/** Runs once when the server starts, before it answers anything. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { notePeers } = await import("./lib/auth/address");
  notePeers();
  const { answerDirectly } = await import("./lib/http/direct");
  const { findHook } = await import("./app/hooks/direct");
  const { findGateway } = await import("./app/api/gateway/handle");
  answerDirectly((method, url) => findHook(method, url) ?? findGateway(method, url));
  const { start } = await import("./lib/runtime/start");
  await start();
}

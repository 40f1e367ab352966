import { register } from "tsx/esm/api";

// Threads do not take over what runs TypeScript. Where nothing was built, this is the thread's program.
register();
await import("./writer-main.ts");

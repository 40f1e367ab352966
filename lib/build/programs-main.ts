import { buildPrograms } from "./programs";

await buildPrograms();

import { workerData } from "node:worker_threads";

// Burns one core, beside the thread that answers requests.
const until = Date.now() + workerData.ms;
while (Date.now() < until);

import { parentPort, workerData } from "node:worker_threads";
import { type CalibrationPart, countHolds } from "./calibrate";

parentPort?.postMessage(countHolds(workerData as CalibrationPart));

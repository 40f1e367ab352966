import { type CalibrationPart, countHolds } from "./calibrate";

process.send!(countHolds(JSON.parse(process.argv[2]!) as CalibrationPart));

import { alertSource } from "../alert-source";
import { parseDatadog } from "./parse";
import { DatadogBody, DatadogBodyDoc } from "./schema";

export const datadog = alertSource({
  kind: "datadog",
  auth: "token",
  summary: "Receives a notification of a Datadog monitor (Sentinel's template)",
  body: DatadogBody,
  bodyDoc: DatadogBodyDoc,
  parse: parseDatadog,
});

import { alertSource } from "../alert-source";
import { parseGeneric } from "./parse";
import { GenericBody, GenericBodyDoc } from "./schema";

export const generic = alertSource({
  kind: "generic",
  auth: "token",
  summary: "Receives alerts in Sentinel's own format, one or many",
  body: GenericBody,
  bodyDoc: GenericBodyDoc,
  parse: parseGeneric,
});

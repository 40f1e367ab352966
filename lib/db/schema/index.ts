export * from "./agents";
export * from "./auth";
export * from "./events";
export * from "./healing";
export * from "./incidents";
export * from "./stream";
export * from "./sweep";

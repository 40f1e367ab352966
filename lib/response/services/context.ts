import type { AllowList } from "@/lib/actions/service/allow-list";
import type { Operator } from "@/lib/actions/service/index";
import type { Readers } from "@/lib/agents/investigation/ports";
import type { PromptChoice } from "@/lib/agents/investigation/prompt-variants";
import type { Chain, ModelRole } from "@/lib/agents/models";
import type { Tuning } from "@/lib/core/causes/tunables";
import type { Db } from "@/lib/db/client";
import type { Repositories } from "@/lib/evidence/changes";
import type { Embedder } from "@/lib/evidence/embedding";
import type { Kubernetes } from "@/lib/evidence/kubernetes";
import type { LogSource } from "@/lib/evidence/logs";
import type { Prometheus } from "@/lib/evidence/prometheus";
import type { ServiceConfig } from "@/lib/config/services";
import type { Measuring } from "./measure-effect";

/** Other values of what is declared as changeable. */
export interface Variant {
  tunables: Partial<Tuning>;
  prompts: Partial<PromptChoice>;
}

/** Everything outside that the loop over services can reach; tests give their own. */
export interface Integrations {
  /** For investigations; null: none is configured. */
  prometheus: Prometheus | null;
  /** The same source for watching and verification, with a budget of its own: neither may starve the other. */
  watched: Prometheus | null;
  logs: (db: Db) => LogSource[];
  kubernetes: Kubernetes | null;
  /** Where changes' diffs are read; null: no token is configured. */
  repositories: Repositories | null;
  allowList: AllowList;
  operator: Operator;
  chains: Partial<Record<ModelRole, Chain>>;
  /** For past incidents that mean the same in other words; null: words and features have to do. */
  embedder: Embedder | null;
  /** What a frozen incident has beside what is read of its world; production has none. */
  asThen?: (readers: Readers) => Readers;
  /** What an evaluation tries in place of what is in use; production has none. */
  variant?: Variant;
}

/** What this process is doing for services just now. */
export interface Underway {
  owner: string;
  /** Operations that this process is carrying out. */
  underway: Set<string>;
  /** Investigations that this process conducts. */
  investigating: Map<string, AbortController>;
  /** Operations that this process measures the effect of. */
  measuring: Map<string, Measuring>;
}

/** What the verbs of the loop over services are given. */
export interface ServiceContext extends Omit<Integrations, "logs">, Underway {
  db: Db;
  /** When this turn began, epoch ms. */
  now: number;
  /** The time as it is when asked: what takes minutes has to know it. */
  clock: () => number;
  config: ServiceConfig;
  logs: LogSource[];
  /** Asks for another turn soon. */
  wake: () => void;
}

"use client";

import { useMutation } from "@tanstack/react-query";
import type { EvalRunView } from "@/lib/contracts/eval-runs";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { useRefreshAfter } from "@/components/live/refresh-after";
import { toast } from "@/components/ui/toast";

/** What is asked for; cases and classes are of the dev set. */
export interface Wanted {
  set: "dev" | "second" | "all";
  class?: string;
  cases?: string[];
  model?: boolean;
}

/** Begins a run in the background of the server. Where one goes on already, the server's refusal names it. */
export function useStartRun(onStarted: (run: EvalRunView) => void) {
  return useMutation({
    mutationFn: (wanted: Wanted) => call("POST", PATHS.EVAL_RUNS, { body: wanted }),
    onSuccess: (run) => {
      toast.success(`Running ${run.total} ${run.total === 1 ? "case" : "cases"}.`);
      onStarted(run);
    },
    onSettled: useRefreshAfter("eval.started"),
  });
}

/** Stops a run, or resumes an unfinished one. */
export function useRunCommand(run: string) {
  return useMutation({
    mutationFn: (command: "stop" | "resume") => call("POST", PATHS.EVAL_COMMAND, { params: { run, command } }),
    onSettled: useRefreshAfter("eval.ended"),
  });
}

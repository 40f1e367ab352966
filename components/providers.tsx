"use client";

import { CSPProvider } from "@base-ui/react/csp-provider";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { ThemeProvider } from "next-themes";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { type ReactNode, useState } from "react";
import { ApiError } from "./api";
import { toast, Toasts } from "./ui/toast";
import { TooltipProvider } from "./ui/tooltip";

/** What was read is taken as current for this long; the stream says sooner when it is not. */
const STALE_MS = 5_000;
const MAX_RETRIES = 2;

function signedOut(error: Error): void {
  if (error instanceof ApiError && error.status === 401 && !location.pathname.startsWith("/sign-in"))
    location.assign("/sign-in");
}

const newClient = () =>
  new QueryClient({
    queryCache: new QueryCache({ onError: signedOut }),
    mutationCache: new MutationCache({
      onError: (error, _variables, _result, mutation) => {
        // A form shows its own errors beside its fields; 401 there may only mean a wrong password.
        if (mutation.meta?.quiet === true) return;
        signedOut(error);
        toast.error(error.message);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: STALE_MS,
        retry: (count, error) =>
          !(error instanceof ApiError && error.status >= 400 && error.status < 500) && count < MAX_RETRIES,
      },
    },
  });

/** `nonce`: of the page's policy, for what adds style or script elements. */
export function Providers({ nonce, children }: { nonce: string | undefined; children: ReactNode }) {
  const [client] = useState(newClient);
  // The document's own: when the layout is rendered again, the request has another nonce, the document's policy does not.
  const [own] = useState(nonce);
  return (
    <ThemeProvider attribute="class" defaultTheme="system" enableSystem disableTransitionOnChange nonce={own}>
      <CSPProvider nonce={own}>
        <NuqsAdapter>
          <QueryClientProvider client={client}>
            <TooltipProvider delay={300}>{children}</TooltipProvider>
            <Toasts />
          </QueryClientProvider>
        </NuqsAdapter>
      </CSPProvider>
    </ThemeProvider>
  );
}

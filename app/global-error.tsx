"use client";

import "./globals.css";

/** When even the frame failed. */
export default function GlobalError({ retry }: { error: Error; retry: () => void }) {
  return (
    <html lang="en">
      <body className="font-sans">
        <title>Sentinel failed</title>
        <main className="grid min-h-dvh place-items-center p-6 text-center">
          <div>
            <h1 className="text-lg font-semibold">The console could not be loaded</h1>
            <p className="mt-1 text-sm text-ink-2">Monitoring and containment are not affected.</p>
            <button
              type="button"
              onClick={retry}
              className="mt-4 rounded-md border border-line-strong px-3 py-1.5 text-sm font-medium"
            >
              Try again
            </button>
          </div>
        </main>
      </body>
    </html>
  );
}

/** The little of autocannon that is used here; it brings no types. */
declare module "autocannon" {
  interface Request {
    body?: string;
    headers?: Record<string, string>;
  }
  interface Options {
    url: string;
    method: "POST";
    connections: number;
    duration?: number;
    amount?: number;
    headers?: Record<string, string>;
    body?: string;
    timeout?: number;
    requests?: { setupRequest: (request: Request) => Request }[];
  }
  interface Result {
    "2xx": number;
    non2xx: number;
    errors: number;
    timeouts: number;
    /** Seconds. */
    duration: number;
    latency: { p50: number; p99: number };
  }
  /** Settles at the next full second after the last answer. */
  interface Run extends Promise<Result> {
    on(event: "response", listener: () => void): void;
  }
  export default function autocannon(options: Options): Run;
}

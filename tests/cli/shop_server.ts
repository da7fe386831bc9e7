import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One call that arrived. */
export interface ShopCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
}

/** What the service answers: a status and a JSON body, or nothing at all. */
export type ShopAnswer = { readonly status?: number; readonly body?: unknown } | "hang";

/** A service of the kind that workflows call. */
export interface ShopServer {
  readonly url: string;
  readonly address: string;
  /** Every call, in the order of arrival, as `METHOD /path`. */
  readonly calls: readonly ShopCall[];
  /** Settles when at least so many calls have arrived. */
  arrived(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts a service on a free port. `answers` are found by `METHOD /path`; what is not there is answered with `{ "id": "<n>" }`. */
export async function startShop(answers: Readonly<Record<string, ShopAnswer>> = {}): Promise<ShopServer> {
  const calls: ShopCall[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    const { method = "", url: path = "", headers } = request;
    calls.push({ method, path, authorization: headers.authorization });
    for (const check of waiting) check();
    request.resume().on("end", () => {
      const answer = answers[`${method} ${path}`] ?? { body: { id: String(calls.length) } };
      if (answer === "hang") return;
      response.writeHead(answer.status ?? 200, { "content-type": "application/json" });
      response.end(JSON.stringify(answer.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${address}`,
    address,
    calls,
    arrived: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (calls.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

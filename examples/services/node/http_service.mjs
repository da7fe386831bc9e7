// What the HTTP example services share: routes, a log line per call, and answers that are remembered by idempotency key.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** How long each answer takes, beside its work. */
const DELAY_MS = Number(process.env.DELAY_MS ?? 0);

/** An answer that is no success. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Serves `routes`: `{ "POST /things/{id}": ({ id, query, body, headers }) => answer }`. A route returns the body of a
 * 200 (nothing: 204) or throws a `Refusal`. `GET /calls` lists the calls that came in.
 */
export function serveHttp(name, routes) {
  const calls = [];
  const answers = new Map();
  const table = Object.entries(routes).map(([route, handle]) => ({ ...pattern(route), handle }));

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://localhost");
    if (url.pathname === "/calls") return send(response, 200, calls);
    const key = request.headers["idempotency-key"];
    const call = { service: name, call: `${request.method} ${url.pathname}`, key };
    let status, answer;
    try {
      call.input = await readBody(request) ?? Object.fromEntries(url.searchParams);
      const known = key === undefined ? undefined : answers.get(key);
      // Kept before it is there: the same call may come again meanwhile.
      const answering = known ?? route(table, request, url, call.input);
      if (key !== undefined) answers.set(key, answering);
      if (known !== undefined) call.repeated = true;
      answer = await answering ?? null;
      status = answer === null ? 204 : 200;
    } catch (error) {
      answers.delete(key);
      status = error.status ?? 500;
      answer = { error: error.message };
    }
    if (DELAY_MS > 0) await sleep(DELAY_MS);
    call.status = status;
    call.at = performance.timeOrigin + performance.now();
    calls.push(call);
    console.log(JSON.stringify(call));
    send(response, status, answer);
  });
  server.listen(Number(process.env.PORT ?? 0), process.env.HOST ?? "127.0.0.1", () => {
    console.log(`listening on ${server.address().port}`);
  });
}

function pattern(route) {
  const [method, path] = route.split(" ");
  const names = [];
  const source = path.replace(/\{(\w+)\}/g, (_, name) => (names.push(name), "([^/]+)"));
  return { method, names, path: new RegExp(`^${source}$`) };
}

async function route(table, request, url, body) {
  const found = table.map((entry) => ({ ...entry, match: entry.path.exec(url.pathname) })).filter((entry) =>
    entry.match
  );
  if (found.length === 0) throw new Refusal(404, `There is no ${url.pathname}`);
  const entry = found.find((entry) => entry.method === request.method);
  if (entry === undefined) throw new Refusal(405, `${request.method} is not possible here`);
  const values = Object.fromEntries(
    entry.names.map((name, index) => [name, decodeURIComponent(entry.match[index + 1])]),
  );
  return entry.handle({ ...values, query: Object.fromEntries(url.searchParams), body, headers: request.headers });
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  if (chunks.length === 0) return undefined;
  const text = Buffer.concat(chunks).toString();
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, "The body is not JSON");
  }
}

function send(response, status, answer) {
  if (status === 204) return response.writeHead(204).end();
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
}

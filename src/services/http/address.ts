import { BadRequest } from "./bad_request.ts";

/** The parsed `endpoint` of a service. */
export interface Endpoint {
  readonly origin: string;
  /** Without a slash at its end; often empty. */
  readonly basePath: string;
}

/** Verb and request target of a call. */
export interface Address {
  readonly verb: string;
  /** Path and query, from the origin on. */
  readonly target: string;
  /** The target without its query. */
  readonly path: string;
}

const VERB = /^([A-Za-z]+) +(\S.*)$/;

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/** A path segment that servers take for "here" or "up", which would leave the service's base path. */
const DOT_SEGMENT = /(?:^|[/\\])(?:\.|%2e){1,2}(?=[/\\]|$)/i;

/** What may not stand in a request line as it is. */
const UNSENDABLE = /[^\x21-\x5b\x5d-\x7e]+/g;

/** Parses a service's endpoint. Throws `BadRequest`. */
export function parseEndpoint(endpoint: string): Endpoint {
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new BadRequest(`Endpoint "${endpoint}" is no http:// or https:// URL`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new BadRequest(`Endpoint of ${url.origin} holds a user name or password; use "auth: { basic: … }"`);
  }
  if (url.search !== "" || url.hash !== "") {
    throw new BadRequest(`Endpoint "${url.origin}${url.pathname}" has a query or fragment; it may only have a path`);
  }
  return { origin: url.origin, basePath: url.pathname.replace(/\/+$/, "") };
}

/**
 * Finds where a call goes: `VERB /path`, `VERB https://…` of the endpoint's own origin, `/path` (POST), or a bare name (POST).
 *
 * The path is sent as it is written; only what cannot stand in a request line is encoded. Throws `BadRequest`.
 */
export function resolveAddress(endpoint: Endpoint, method: string): Address {
  const { verb, target } = findTarget(endpoint, method);
  return { verb, target, path: target.replace(/\?.*$/s, "") };
}

function findTarget(endpoint: Endpoint, method: string): Omit<Address, "path"> {
  const match = VERB.exec(method.trim());
  if (match === null) {
    const name = method.trim();
    if (name === "" || SCHEME.test(name)) throw new BadRequest(`Method "${method}" is neither "VERB /path" nor a name`);
    return { verb: "POST", target: endpoint.basePath + checkedPath(name.startsWith("/") ? name : `/${name}`) };
  }
  const verb = match[1]!.toUpperCase();
  const place = match[2]!;
  if (place.startsWith("/")) return { verb, target: endpoint.basePath + checkedPath(place) };
  if (!SCHEME.test(place)) throw new BadRequest(`Path "${place}" must begin with "/"`);
  return { verb, target: targetOnOrigin(endpoint, place) };
}

/** The target of a whole URL, which must be of the endpoint's origin. Throws `BadRequest`. */
function targetOnOrigin(endpoint: Endpoint, text: string): string {
  const url = URL.parse(text);
  if (url === null) throw new BadRequest(`"${text}" is no URL`);
  if (url.origin !== endpoint.origin || url.username !== "" || url.password !== "") {
    throw new BadRequest(`URL of ${url.origin} is not of the service's own origin ${endpoint.origin}`);
  }
  return url.pathname + url.search;
}

function checkedPath(path: string): string {
  const target = path.replace(/#.*$/s, "");
  if (DOT_SEGMENT.test(target.replace(/\?.*$/s, ""))) {
    throw new BadRequest(`Path "${target}" has a "." or ".." segment`);
  }
  return target.replace(UNSENDABLE, (text) => encodeURIComponent(text.toWellFormed()));
}

/** The target that a redirect points to, or `undefined` where it leaves the origin. */
export function redirectTarget(endpoint: Endpoint, from: string, location: string): string | undefined {
  const url = URL.parse(location, endpoint.origin + from);
  if (url === null || url.origin !== endpoint.origin || url.username !== "" || url.password !== "") return undefined;
  return url.pathname + url.search;
}

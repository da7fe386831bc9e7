import { Refusal, serveHttp } from "./http_service.mjs";

const running = new Map([["staging/checkout", { version: "1.4.0", image: "registry/checkout:1.4.0", replicas: 2 }]]);
let builds = 0;

/** Refuses callers without the key. */
function check(headers) {
  if (headers["x-api-key"] === undefined) throw new Refusal(401, "X-Api-Key is missing");
}

function deploy({ environment, service, body, headers }) {
  check(headers);
  running.set(`${environment}/${service}`, body);
  return { environment, service, ...body };
}

// A build server, a cluster, monitoring and a chat in one, so that one process is enough to try the pipeline.
serveHttp("platform", {
  "POST /builds": ({ body, headers }) => {
    check(headers);
    builds += 1;
    return { id: builds, image: `registry/${body.service}:${body.version}`, coverage: 0.86, labels: body.labels };
  },
  "POST /scans/{kind}": ({ kind, body }) => ({ kind, image: body.image, critical: 0 }),
  "GET /deployments/{environment}/{service}": ({ environment, service }) => {
    const found = running.get(`${environment}/${service}`);
    if (found === undefined) throw new Refusal(404, "Nothing runs under that name");
    return found;
  },
  "POST /deployments/{environment}/{service}": deploy,
  "PUT /deployments/{environment}/{service}": deploy,
  "DELETE /deployments/{environment}/{service}": ({ environment, service, headers }) => {
    check(headers);
    running.delete(`${environment}/${service}`);
  },
  // Version 2.0.0 is the one with the bug.
  "POST /monitoring/query": ({ body }) => {
    const service = /service:([\w-]+)/.exec(body.query)?.[1];
    const env = /env:([\w-]+)/.exec(body.query)?.[1];
    return { query: body.query, healthy: running.get(`${env}/${service}`)?.version !== "2.0.0" };
  },
  "POST /channels/{channel}/messages": ({ channel, body }) => ({ channel, text: body.text }),
});

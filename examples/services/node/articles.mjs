import { Refusal, serveHttp } from "./http_service.mjs";

const enriched = new Map();

serveHttp("articles", {
  "POST /enrich": ({ body }) => {
    if (!body?.id) throw new Refusal(422, "An id is needed");
    enriched.set(body.id, { id: body.id, source: "archive", related: 3 });
    return enriched.get(body.id);
  },
});

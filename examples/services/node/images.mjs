import { setTimeout as delay } from "node:timers/promises";
import { Refusal, serveHttp } from "./http_service.mjs";

serveHttp("images", {
  "POST /thumbnails": async ({ body }) => {
    if (!body.source?.endsWith(".jpg")) throw new Refusal(415, `"${body.source}" is no picture`);
    await delay(20);
    return { url: `/thumbnails/${body.width}/${body.source}`, bytes: body.width * 37 };
  },
});

import { setTimeout as delay } from "node:timers/promises";
import { Refusal, serveHttp } from "./http_service.mjs";

let busy = 0;
let busiest = 0;

serveHttp("images", {
  "POST /thumbnails": async ({ body }) => {
    if (!body.source?.endsWith(".jpg")) throw new Refusal(415, `"${body.source}" is no picture`);
    busiest = Math.max(busiest, ++busy);
    await delay(20);
    busy -= 1;
    return { url: `/thumbnails/${body.width}/${body.source}`, bytes: body.width * 37 };
  },
  "GET /load": () => ({ busiest }),
});

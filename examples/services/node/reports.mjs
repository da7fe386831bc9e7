import { setTimeout as delay } from "node:timers/promises";
import { serveHttp } from "./http_service.mjs";

const SALES = { "2026-09": 61_000, "2026-10": 74_500 };
const COSTS = { "2026-09": 48_000, "2026-10": 51_200 };

serveHttp("reports", {
  "GET /sales": async ({ query }) => {
    await delay(30);
    return { month: query.month, total: SALES[query.month] ?? 0 };
  },
  "GET /costs": async ({ query }) => {
    await delay(10);
    return { month: query.month, total: COSTS[query.month] ?? 0 };
  },
  "GET /currency/{from}/{to}": ({ from, to }) => ({ from, to, rate: 1.25 }),
  "POST /charts": ({ body }) => ({ url: `/charts/${body.title.replaceAll(" ", "-")}.svg` }),
  "POST /reports": ({ body }) => ({ id: `report-${body.month}`, lines: body.lines.length }),
});

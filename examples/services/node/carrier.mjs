import { randomUUID } from "node:crypto";
import { Refusal, serveHttp } from "./http_service.mjs";

const REACHED = ["Berlin", "Lyon", "Turin"];
const labels = new Map();

serveHttp("carrier", {
  "POST /labels": ({ body }) => {
    const label = { id: `label-${randomUUID().slice(0, 8)}`, ...body };
    labels.set(label.id, label);
    return label;
  },
  "DELETE /labels/{id}": ({ id }) => {
    if (!labels.delete(id)) throw new Refusal(404, `There is no label "${id}"`);
  },
  "POST /pickups": ({ body }) => {
    const city = labels.get(body.label_id)?.city;
    if (!REACHED.includes(city)) throw new Refusal(422, `No van goes to ${city}`);
    return { id: `pickup-${randomUUID().slice(0, 8)}`, day: "tomorrow" };
  },
});

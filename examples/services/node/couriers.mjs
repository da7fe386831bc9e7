import { setTimeout as delay } from "node:timers/promises";
import { Refusal, serveHttp } from "./http_service.mjs";

// How long each courier takes to say yes, in milliseconds.
const THINKING_TIME = { swift: 40, robin: 250, snail: 500 };
const bookings = new Map();

serveHttp("couriers", {
  "POST /{courier}/bookings": async ({ courier, body }) => {
    if (!(courier in THINKING_TIME)) throw new Refusal(404, `There is no courier "${courier}"`);
    await delay(THINKING_TIME[courier]);
    const booking = { id: `${courier}-${bookings.size + 1}`, courier, parcel: body.parcel };
    bookings.set(booking.id, booking);
    return booking;
  },
  "DELETE /{courier}/bookings/{id}": ({ id }) => {
    if (!bookings.delete(id)) throw new Refusal(404, `There is no booking "${id}"`);
  },
  "GET /bookings": () => [...bookings.values()],
});

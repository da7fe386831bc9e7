import { Refusal, serveHttp } from "./http_service.mjs";

let tickets = 0;

serveHttp("support", {
  "GET /customers/{id}": ({ id }) => {
    if (id === "c-404") throw new Refusal(404, `There is no customer "${id}"`);
    return { id, name: "Ada", loyal: id === "c-1" };
  },
  "POST /refunds": ({ body }) => ({ id: `refund-${body.order}`, amount: body.amount }),
  "POST /vouchers": ({ body }) => ({ code: `THANKS-${body.amount}` }),
  "POST /tickets": ({ body }) => ({ number: ++tickets, queue: body.queue }),
  // The translation service that everybody knows: down when it is needed.
  "POST /translations": () => {
    throw new Refusal(503, "Down for maintenance");
  },
});

import { Refusal, serveHttp } from "./http_service.mjs";

const claims = new Map();
const bookings = new Map();

function find(id) {
  const claim = claims.get(id);
  if (claim === undefined) throw new Refusal(404, `There is no claim "${id}"`);
  return claim;
}

serveHttp("accounting", {
  "POST /claims": ({ body }) => {
    const claim = { id: `claim-${claims.size + 1}`, state: "open", ...body };
    claims.set(claim.id, claim);
    return claim;
  },
  "POST /claims/{id}/closing": ({ id, body }) => {
    find(id).state = "closed";
    return { id, reason: body.reason };
  },
  // A person would get a mail here, with the command to answer it.
  "POST /claims/{id}/questions": ({ id, body }) => ({ claim: find(id).id, asked: body.to }),
  "DELETE /claims/{id}/questions": ({ id }) => void find(id),
  // Here the next pay day is always half a second away.
  "GET /paydays/next": () => ({ at: new Date(Date.now() + 500).toISOString() }),
  "POST /bookings": ({ body }) => {
    const booking = { id: `booking-${bookings.size + 1}`, ...body };
    bookings.set(booking.id, booking);
    return booking;
  },
  "DELETE /bookings/{id}": ({ id }) => {
    if (!bookings.delete(id)) throw new Refusal(404, `There is no booking "${id}"`);
  },
  "POST /transfers": ({ body }) => {
    if (!body.account?.startsWith("DE")) throw new Refusal(422, `There is no account "${body.account}"`);
    return { id: `transfer-of-${body.booking}`, amount: body.amount };
  },
  "POST /statements": ({ body }) => {
    if (!body.email) throw new Refusal(422, "Whom should the statement go to?");
    return { to: body.email };
  },
});

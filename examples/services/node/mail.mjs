import { Refusal, serveHttp } from "./http_service.mjs";

const lists = new Map();
let sent = 0;

/** Refuses callers without a token. */
function check(headers) {
  if (!headers.authorization?.startsWith("Bearer ")) throw new Refusal(401, "Say who you are: Authorization: Bearer …");
}

serveHttp("mail", {
  "PUT /lists/{list}/members/{address}": ({ list, address, headers }) => {
    check(headers);
    if (!lists.has(list)) lists.set(list, new Set());
    lists.get(list).add(address);
    return { list, address, members: lists.get(list).size };
  },
  "DELETE /lists/{list}/members/{address}": ({ list, address, headers }) => {
    check(headers);
    if (!lists.get(list)?.delete(address)) throw new Refusal(404, `"${address}" is not on the list "${list}"`);
  },
  "POST /messages": ({ body, headers }) => {
    check(headers);
    if (!body?.to?.includes("@")) throw new Refusal(422, `Cannot deliver to "${body?.to}"`);
    sent += 1;
    return { id: `mail-${sent}`, to: body.to };
  },
});

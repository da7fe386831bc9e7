// One HTTP call by hand: what a one-call `maestro execute` is measured against. Arguments: the endpoint and the input.
import process from "node:process";

const [endpoint, input = "{}"] = process.argv.slice(2);
const response = await fetch(`http://${endpoint}/CancelOrder`, {
  method: "POST",
  headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID() },
  body: JSON.stringify(JSON.parse(input)),
  signal: AbortSignal.timeout(5_000),
});
if (!response.ok) throw new Error(`HTTP ${response.status}`);
console.log(JSON.stringify(await response.json(), null, 2));
process.exit(0);

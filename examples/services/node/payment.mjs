import { randomUUID } from "node:crypto";
import { Refusal, serveGrpc, status } from "./grpc_service.mjs";

const payments = new Map();
const triedOnce = new Set();

serveGrpc("payment", {
  proto: "shop.proto",
  service: "shop.v1.PaymentService",
  methods: {
    Charge({ order_id, card, amount }) {
      // The card network is always busy at the first try: that is what retries are for.
      if (!triedOnce.has(order_id)) {
        triedOnce.add(order_id);
        throw new Refusal(status.RESOURCE_EXHAUSTED, "The card network is busy");
      }
      if (card === "expired") throw new Refusal(status.FAILED_PRECONDITION, "The card is declined");
      const payment = { id: `pay-${randomUUID().slice(0, 8)}`, amount };
      payments.set(payment.id, payment);
      return payment;
    },
    Refund({ payment_id }) {
      if (!payments.delete(payment_id)) throw new Refusal(status.NOT_FOUND, `There is no payment "${payment_id}"`);
    },
  },
});

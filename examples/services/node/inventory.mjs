import { randomUUID } from "node:crypto";
import { Refusal, serveGrpc, status } from "./grpc_service.mjs";

const stock = { teapot: { price: 42, left: 10 }, cup: { price: 9.5, left: 100 }, samovar: { price: 310, left: 0 } };
const reservations = new Map();

serveGrpc("inventory", {
  proto: "shop.proto",
  service: "shop.v1.InventoryService",
  methods: {
    Reserve({ items }) {
      for (const { sku, quantity } of items) {
        const left = stock[sku]?.left ?? 0;
        if (left < quantity) {
          throw new Refusal(status.FAILED_PRECONDITION, `${left} of "${sku}" left, ${quantity} wanted`);
        }
      }
      for (const { sku, quantity } of items) stock[sku].left -= quantity;
      const id = `res-${randomUUID().slice(0, 8)}`;
      reservations.set(id, items);
      const total = items.reduce((sum, { sku, quantity }) => sum + stock[sku].price * quantity, 0);
      return { id, total, warehouse: "Leipzig" };
    },
    Release({ reservation_id }) {
      const items = reservations.get(reservation_id);
      if (items === undefined) throw new Refusal(status.NOT_FOUND, `There is no reservation "${reservation_id}"`);
      for (const { sku, quantity } of items) stock[sku].left += quantity;
      reservations.delete(reservation_id);
    },
  },
});

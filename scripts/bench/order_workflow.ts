import type { JsonObject } from "../../src/base/json.ts";

/** How the workflow's services are reached. */
export type Protocol = "http" | "grpc";

/** What the services answer, by method: the same over both protocols. */
export const ANSWERS: Readonly<Record<string, JsonObject>> = {
  CreateOrder: { id: "ord-7f3a", customer: "cus-20417", total: 84.9, currency: "EUR", created: "2025-06-01T09:30:00Z" },
  CancelOrder: { done: true },
  ReserveStock: { id: "res-91c2", warehouse: "hamburg-2", parcels: 1 },
  ReleaseStock: { done: true },
  ChargeCard: { id: "pay-5d80", amount: 84.9, captured: true },
  RefundCharge: { done: true },
  ShipParcel: { id: "shp-c44e", carrier: "northern", tracking: "NX-2040-8812" },
  SendReceipt: { id: "msg-0b17", queued: true },
};

/** What every run is given. */
export const INPUT: JsonObject = {
  customer: "cus-20417",
  items: [
    { sku: "lamp-brass", quantity: 1, price: 49.9 },
    { sku: "bulb-warm", quantity: 4, price: 6.25 },
    { sku: "cable-2m", quantity: 1, price: 10 },
  ],
};

/** What every run must come to. */
export const OUTPUT: JsonObject = { order: "ord-7f3a", payment: "pay-5d80", tracking: "NX-2040-8812" };

/** The 5-call workflow, as a user writes it. */
export function orderWorkflow(protocol: Protocol, endpoint: string): string {
  return `name: place_order
version: "1.0"
timeout: 30s
services:
  ${serviceOf(protocol, endpoint)}
steps:
  - { id: create, service: orders, method: CreateOrder, output: order,
      input: { customer: "{{ .input.customer }}", items: "{{ .input.items }}" },
      compensate: { method: CancelOrder, input: { id: "{{ .order.id }}" } } }
  - { id: reserve, service: orders, method: ReserveStock, output: reservation,
      input: { order: "{{ .order.id }}", items: "{{ .input.items }}" },
      compensate: { method: ReleaseStock, input: { id: "{{ .reservation.id }}" } } }
  - { id: charge, service: orders, method: ChargeCard, output: payment,
      input: { order: "{{ .order.id }}", customer: "{{ .order.customer }}", amount: "{{ .order.total }}", currency: "{{ .order.currency }}" },
      compensate: { method: RefundCharge, input: { id: "{{ .payment.id }}" } } }
  - { id: ship, service: orders, method: ShipParcel, output: parcel,
      input: { order: "{{ .order.id }}", warehouse: "{{ .reservation.warehouse }}", reservation: "{{ .reservation.id }}" } }
  - { id: receipt, service: orders, method: SendReceipt,
      input: { customer: "{{ .order.customer }}", order: "{{ .order.id }}", payment: "{{ .payment.id }}", tracking: "{{ .parcel.tracking }}" } }
output: { order: "{{ .order.id }}", payment: "{{ .payment.id }}", tracking: "{{ .parcel.tracking }}" }
`;
}

/** Three calls, one after the other. */
export function threeCallWorkflow(endpoint: string, durability: "sync" | "async"): string {
  return `name: ship_order
version: "1.0"
durability: ${durability}
services:
  ${serviceOf("http", endpoint)}
steps:
  - { service: orders, method: CreateOrder, output: order,
      input: { customer: "{{ .input.customer }}", items: "{{ .input.items }}" } }
  - { service: orders, method: ReserveStock, output: reservation,
      input: { order: "{{ .order.id }}", items: "{{ .input.items }}" } }
  - { service: orders, method: ShipParcel, output: parcel,
      input: { order: "{{ .order.id }}", warehouse: "{{ .reservation.warehouse }}", reservation: "{{ .reservation.id }}" } }
output: "{{ .parcel.tracking }}"
`;
}

/** One call of one service, for what `execute` costs at the least. */
export function oneCallWorkflow(protocol: Protocol, endpoint: string): string {
  return `name: one_call
version: "1.0"
services:
  ${serviceOf(protocol, endpoint)}
steps:
  - { service: orders, method: CancelOrder, input: { id: "{{ .input.id }}" }, output: answer }
output: "{{ .answer }}"
`;
}

function serviceOf(protocol: Protocol, endpoint: string): string {
  const [address, descriptors] = protocol === "http"
    ? [`http://${endpoint}`, ""]
    : [endpoint, ", descriptor_set: orders.binpb"];
  return `orders: { type: ${protocol}, endpoint: "${address}", timeout: 5s, retry: { attempts: 3 }${descriptors} }`;
}

import { randomUUID } from "node:crypto";
import { Refusal, serveGrpc, status } from "./grpc_service.mjs";

const SEAT_PRICE = { PLAN_TEAM: 8, PLAN_PREMIUM: 20 };
const MOST_SEATS = { PLAN_TEAM: 50, PLAN_PREMIUM: 500 };
const customers = new Map();
const subscriptions = new Map();

serveGrpc("billing", {
  proto: "billing.proto",
  service: "billing.v1.BillingService",
  methods: {
    CreateCustomer({ user_id, email }) {
      const customer = { id: `cust-${randomUUID().slice(0, 8)}`, user_id, email };
      customers.set(customer.id, customer);
      return customer;
    },
    DeleteCustomer({ id }) {
      if (!customers.delete(id)) throw new Refusal(status.NOT_FOUND, `There is no customer "${id}"`);
    },
    StartSubscription({ customer_id, plan, seats }) {
      if (!customers.has(customer_id)) throw new Refusal(status.NOT_FOUND, `There is no customer "${customer_id}"`);
      if (seats > MOST_SEATS[plan]) {
        throw new Refusal(status.FAILED_PRECONDITION, `The plan allows ${MOST_SEATS[plan]} seats, not ${seats}`);
      }
      const subscription = { id: `sub-${randomUUID().slice(0, 8)}`, plan, monthly_price: SEAT_PRICE[plan] * seats };
      subscriptions.set(subscription.id, subscription);
      return subscription;
    },
    CancelSubscription({ id }) {
      if (!subscriptions.delete(id)) throw new Refusal(status.NOT_FOUND, `There is no subscription "${id}"`);
    },
  },
});

import { randomUUID } from "node:crypto";
import { Refusal, serveGrpc, status } from "./grpc_service.mjs";

const users = new Map();

serveGrpc("auth", {
  proto: "auth.proto",
  service: "auth.v1.AuthService",
  methods: {
    CreateUser({ email, name }) {
      if (!email.includes("@")) throw new Refusal(status.INVALID_ARGUMENT, `"${email}" is not an e-mail address`);
      if ([...users.values()].some((user) => user.email === email)) {
        throw new Refusal(status.ALREADY_EXISTS, `"${email}" has an account already`);
      }
      const user = { id: `user-${randomUUID().slice(0, 8)}`, email, name };
      users.set(user.id, user);
      return user;
    },
    DeleteUser({ id }) {
      if (!users.delete(id)) throw new Refusal(status.NOT_FOUND, `There is no user "${id}"`);
    },
  },
});

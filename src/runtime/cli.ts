import { main } from "../cli/main.ts";
import { runtimeName } from "./create_runtime.ts";
import { createHost } from "./process.ts";

await main(createHost(runtimeName()));

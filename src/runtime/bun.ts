import { main } from "../cli/main.ts";
import { createHost } from "./process.ts";

await main(createHost("bun"));

import { create, type FileRegistry, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { PooledChannel } from "./channel_pool.ts";
import { buildRegistry } from "./descriptors.ts";
import { exchange, type ExchangeResult } from "./exchange.ts";
import { REFLECTION_PACKAGES, reflectionSchema } from "./reflection_schema.ts";
import { type MetadataLayers, plainMetadata } from "./metadata.ts";
import { OK, UNIMPLEMENTED } from "./status.ts";
import { wellKnownFile } from "./well_known_files.ts";

/** How a server is asked: like the call that needs the answer. */
export interface ReflectionOptions {
  readonly headers: MetadataLayers;
  readonly signal: AbortSignal;
  /** Milliseconds that are left to the call, for the server to know. */
  readonly timeLeft: () => number;
}

/** What came of asking: descriptors, no reflection on this server, or an exchange that failed. */
export type ReflectionAnswer =
  | { readonly registry: FileRegistry }
  | { readonly problem: "not_offered" }
  | { readonly problem: "unusable"; readonly reason: string }
  | { readonly problem: "failed"; readonly result: ExchangeResult };

type Question = { readonly case: "listServices" | "fileContainingSymbol" | "fileByFilename"; readonly value: string };

type Answer =
  | { readonly case: "fileDescriptorResponse"; readonly value: { readonly fileDescriptorProto: readonly Uint8Array[] } }
  | {
    readonly case: "listServicesResponse";
    readonly value: { readonly service: readonly { readonly name: string }[] };
  }
  | { readonly case: "errorResponse"; readonly value: { readonly errorCode: number; readonly errorMessage: string } }
  | { readonly case: undefined };

/** Asks a server for the descriptors of all its services, by version 1 of the protocol or else by `v1alpha`. */
export async function askReflection(channel: PooledChannel, options: ReflectionOptions): Promise<ReflectionAnswer> {
  for (const packageName of REFLECTION_PACKAGES) {
    const answer = await new ReflectionClient(channel, options, packageName).fetch();
    if (!("problem" in answer) || answer.problem !== "not_offered") return answer;
  }
  return { problem: "not_offered" };
}

/** Carries an exchange that failed out of the questions that follow one another. */
class ExchangeFailed extends Error {
  readonly result: ExchangeResult;

  constructor(result: ExchangeResult) {
    super("The exchange failed");
    this.result = result;
  }
}

class ReflectionClient {
  readonly #channel: PooledChannel;
  readonly #options: ReflectionOptions;
  readonly #path: string;
  readonly #files = new Map<string, FileDescriptorProto>();

  constructor(channel: PooledChannel, options: ReflectionOptions, packageName: string) {
    this.#channel = channel;
    this.#options = options;
    this.#path = `/${packageName}.ServerReflection/ServerReflectionInfo`;
  }

  async fetch(): Promise<ReflectionAnswer> {
    try {
      const listed = await this.#ask([{ case: "listServices", value: "" }]);
      const services = listed.flatMap((answer) =>
        answer.case === "listServicesResponse" ? answer.value.service.map(({ name }) => name) : []
      );
      const own = services.filter((name) => !name.startsWith("grpc.reflection."));
      this.#keep(await this.#ask(own.map((value) => ({ case: "fileContainingSymbol", value }))));
      await this.#fetchImports();
      return { registry: buildRegistry([...this.#files.values()]) };
    } catch (error) {
      if (!(error instanceof ExchangeFailed)) {
        return { problem: "unusable", reason: error instanceof Error ? error.message : String(error) };
      }
      const { result } = error;
      const isMissing = result.end.by === "status" && result.end.status.code === UNIMPLEMENTED;
      return isMissing ? { problem: "not_offered" } : { problem: "failed", result };
    }
  }

  /** Most servers send a file with all that it imports; the others are asked until nothing is missing. */
  async #fetchImports(): Promise<void> {
    const asked = new Set<string>();
    while (true) {
      const missing = new Set<string>();
      for (const file of this.#files.values()) {
        for (const name of file.dependency) {
          if (!this.#files.has(name) && !asked.has(name) && wellKnownFile(name) === undefined) missing.add(name);
        }
      }
      if (missing.size === 0) return;
      for (const name of missing) asked.add(name);
      this.#keep(await this.#ask([...missing].map((value) => ({ case: "fileByFilename", value }))));
    }
  }

  #keep(answers: readonly Answer[]): void {
    for (const answer of answers) {
      if (answer.case !== "fileDescriptorResponse") continue;
      for (const bytes of answer.value.fileDescriptorProto) {
        const file = fromBinary(FileDescriptorProtoSchema, bytes);
        if (!this.#files.has(file.name)) this.#files.set(file.name, file);
      }
    }
  }

  /** Asks all questions in one exchange and gives the answers in order. */
  async #ask(questions: readonly Question[]): Promise<readonly Answer[]> {
    if (questions.length === 0) return [];
    const answers: Answer[] = [];
    const { headers, signal, timeLeft } = this.#options;
    const { ServerReflectionRequest, ServerReflectionResponse } = reflectionSchema();
    const result = await exchange(this.#channel, {
      path: this.#path,
      metadata: plainMetadata(headers, timeLeft()),
      signal,
      messages: questions.map((messageRequest) =>
        toBinary(ServerReflectionRequest, create(ServerReflectionRequest, { messageRequest } as never))
      ),
      receive(bytes) {
        const message = fromBinary(ServerReflectionResponse, bytes) as Message & { readonly messageResponse: Answer };
        answers.push(message.messageResponse);
        return false;
      },
    });
    if (result.end.by === "thrown") throw new Error("its answers are no reflection messages");
    if (result.end.by !== "status" || result.end.status.code !== OK) throw new ExchangeFailed(result);
    return answers;
  }
}

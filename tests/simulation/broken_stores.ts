import type {
  ClaimedRuns,
  ClaimRunsRequest,
  CommitTurnRequest,
  DeliverRequest,
  Delivery,
  WorkerRef,
} from "../../src/engine/storage.ts";
import { MemoryStorage } from "../../src/storage/memory_storage.ts";

/** Lets whoever had a run once write to it for ever. */
export class LooseFencing extends MemoryStorage {
  readonly #tokens = new Map<string, number>();

  override async claimRuns(request: ClaimRunsRequest): Promise<ClaimedRuns> {
    const claimed = await super.claimRuns(request);
    for (const { claim: { runId, token } } of claimed.runs) this.#tokens.set(runId, token);
    return claimed;
  }

  override async commitTurn(request: CommitTurnRequest): Promise<void> {
    const { runId } = request.claim;
    const token = this.#tokens.get(runId) ?? request.claim.token;
    const { head } = (await this.findRun({ runId }))!;
    await super.commitTurn({ ...request, claim: { runId, token }, head });
  }
}

/** Forgets the signals of a run that was interrupted. */
export class ForgetfulInbox extends MemoryStorage {
  override async claimRuns(request: ClaimRunsRequest): Promise<ClaimedRuns> {
    const claimed = await super.claimRuns(request);
    return {
      ...claimed,
      runs: claimed.runs.map((each) =>
        each.run.status === "running"
          ? { ...each, messages: each.messages.filter(({ kind }) => kind !== "signal") }
          : each
      ),
    };
  }
}

/** Does not pass on that a child has ended. */
export class LostMessages extends MemoryStorage {
  override commitTurn(request: CommitTurnRequest): Promise<void> {
    const messages = request.messages?.filter(({ kind }) => kind !== "child_finished");
    return super.commitTurn({ ...request, messages });
  }
}

/** Takes a message that comes again for another one. */
export class RepeatedMessages extends MemoryStorage {
  override async deliver(request: DeliverRequest): Promise<Delivery | undefined> {
    const delivery = await super.deliver(request);
    if (delivery?.isDuplicate !== true) return delivery;
    return await super.deliver({ message: { ...request.message, id: `${request.message.id} again` } });
  }
}

/** Tells nobody that the store had taken them for dead. */
export class SilentLeases extends MemoryStorage {
  override async renewWorker(request: { readonly worker: WorkerRef }): Promise<boolean> {
    await super.renewWorker(request);
    return true;
  }
}

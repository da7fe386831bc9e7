import { Channel, type ChannelCredentials, type ChannelOptions, connectivityState } from "@grpc/grpc-js";

/**
 * Servers of grpc-go and the C core cut connections that are pinged more often than every five minutes.
 */
const KEEPALIVE_MS = 5 * 60_000 + 10_000;

/** How long an answer to a ping may take. */
const KEEPALIVE_TIMEOUT_MS = 20_000;

/** How a pool makes its channels. */
export interface PoolOptions {
  readonly address: string;
  readonly credentials: ChannelCredentials;
  readonly size: number;
  /** Largest message that is received, in bytes. */
  readonly maxResponse: number;
  /** Name by which the server is asked for, instead of its address. */
  readonly serverName?: string | undefined;
}

/**
 * A service's channels, taken in turn. Each has a connection of its own, made when it is first used.
 *
 * A channel that cannot connect is replaced when its turn comes: grpc-js would otherwise answer from its last failure for
 * seconds, and attempts would fail without trying.
 */
export class ChannelPool {
  readonly #options: PoolOptions;
  readonly #channels: (PooledChannel | undefined)[];
  #next = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#channels = new Array<PooledChannel | undefined>(options.size).fill(undefined);
  }

  /** The channel whose turn it is. */
  take(): PooledChannel {
    const index = this.#next;
    this.#next = (index + 1) % this.#channels.length;
    let channel = this.#channels[index];
    if (channel === undefined || channel.isUseless()) {
      channel?.close();
      channel = new PooledChannel(this.#options);
      this.#channels[index] = channel;
    }
    return channel;
  }

  /** Lets calls in flight end and frees the connections. */
  close(): void {
    for (const channel of this.#channels) channel?.close();
    this.#channels.fill(undefined);
  }
}

/** One channel, and what is known about its connection. */
export class PooledChannel {
  readonly channel: Channel;
  /** How often the connection has been made. */
  #timesReady = 0;
  #isRetired = false;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.channel = new Channel(options.address, options.credentials, channelOptions(options));
    this.#watch();
  }

  /** Marks the channel to be replaced by a new connection when its turn comes. Calls in flight stay on it. */
  retire(): void {
    this.#isRetired = true;
  }

  /** Whether the next call should not use this channel any more. */
  isUseless(): boolean {
    return this.#isRetired || this.channel.getConnectivityState(false) === connectivityState.TRANSIENT_FAILURE;
  }

  /** A mark to be given to `mayHaveSent` later; taken before a call starts. */
  mark(): number {
    const isReady = this.channel.getConnectivityState(false) === connectivityState.READY;
    return isReady ? -1 : this.#timesReady;
  }

  /** Whether a call started at the mark can have left: there was a connection then, or there has been one since. */
  mayHaveSent(mark: number): boolean {
    return mark !== this.#timesReady;
  }

  close(): void {
    this.#isClosed = true;
    this.channel.close();
  }

  #watch(): void {
    const state = this.channel.getConnectivityState(false);
    this.channel.watchConnectivityState(state, Infinity, () => {
      if (this.#isClosed) return;
      if (this.channel.getConnectivityState(false) === connectivityState.READY) this.#timesReady++;
      this.#watch();
    });
  }
}

function channelOptions(options: PoolOptions): ChannelOptions {
  return {
    // Without it all channels of the process to one address share a single connection.
    "grpc.use_local_subchannel_pool": 1,
    // No retry policy can come in by DNS. What is left are grpc-js's transparent retries of requests that no server has
    // looked at: the connection closed before the request was written, or the server refused the stream.
    "grpc.service_config_disable_resolution": 1,
    "grpc.enable_channelz": 0,
    "grpc.max_receive_message_length": options.maxResponse,
    "grpc.keepalive_time_ms": KEEPALIVE_MS,
    "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
    "grpc.primary_user_agent": "maestro",
    ...options.serverName === undefined ? {} : { "grpc.default_authority": options.serverName },
  };
}

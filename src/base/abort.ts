/** Tells why a signal was aborted: a limit of time (also `AbortSignal.timeout`'s), or anything else. */
export function abortReason(signal: AbortSignal): "timeout" | "cancelled" {
  const reason: unknown = signal.reason;
  const isTimeout = reason === "timeout" || (reason instanceof Error && reason.name === "TimeoutError");
  return isTimeout ? "timeout" : "cancelled";
}

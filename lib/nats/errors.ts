// SPDX-License-Identifier: Apache-2.0
/**
 * What a `HadaquantNatsError` is about. 'deadline': the time was over before anything usable came. 'no-aggregator': so it was, and no aggregator ever answered.
 * 'late': the round was over already. 'refused': the aggregator has other settings, the message names the option. 'failed': the
 * aggregator could not finish the round. 'connection': the connection is closed, or may not use a subject. 'closed': `close` was
 * called. 'jetstream': the server has no JetStream, or it refused. 'mismatch': a bulk job of this name is about other rows.
 */
export type NatsErrorCode =
  | 'deadline'
  | 'no-aggregator'
  | 'late'
  | 'refused'
  | 'failed'
  | 'connection'
  | 'closed'
  | 'jetstream'
  | 'mismatch';

/** Why something over NATS did not come about; `code` for programs, the message for people. */
export class HadaquantNatsError extends Error {
  /** Always this, as the names of built-in errors are. */
  override readonly name = 'HadaquantNatsError';
  /** What went wrong, for programs. */
  readonly code: NatsErrorCode;

  /** @param options `cause`, where another error is behind it */
  constructor(code: NatsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

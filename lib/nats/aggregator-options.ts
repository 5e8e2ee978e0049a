// SPDX-License-Identifier: Apache-2.0
import { checkBoolean, checkFunction, checkInteger, checkOptions } from '../check.ts';
import type { GradientCompressorOptions } from '../gradient/compressor.ts';
import { type Cut, checkCut } from './shards.ts';
import { checkJob } from './subjects.ts';

/** How the mean goes back; the options of a `GradientCompressor`. */
export type DownlinkOptions = Omit<GradientCompressorOptions, 'length' | 'chunk'>;

/** What `onRound` is told of a shard of a round. */
export interface RoundReport {
  /** Number of the round. */
  round: number;
  /** Number of the shard, from 0. */
  shard: number;
  /** Senders in the mean, for each chunk of the shard. */
  senders: Uint32Array;
  /** All workers' packets were in before the deadline. */
  complete: boolean;
}

/** What a `NatsAggregator` is made of. */
export interface NatsAggregatorOptions {
  /** Name of the job, 1 to 64 letters, digits, - and _. */
  job: string;
  /** Coordinates of a gradient, 1 to 2^40. */
  length: number;
  /** Coordinates of a packet, 1 to 2^18, as the workers have it. Default 2^16. */
  chunk?: number;
  /** Parts that a round is summed in, 1 to the number of packets, as the workers have it: several processes can share a round. Default 1. */
  shards?: number;
  /** Workers that a round waits for, 1 to 2^32 - 1; more are taken too, until it is closed. */
  workers: number;
  /** Milliseconds after its opening that a round waits for packets, 1 to 2^31 - 1. Default 10,000. */
  deadline?: number;
  /** How the mean is coded for its way back. Default: codec 'f32', plain numbers. */
  downlink?: DownlinkOptions;
  /**
   * It is the job's only aggregator: the server needs no JetStream then. Default false: any number of aggregators with the same
   * options may run, and a key-value bucket of the server decides which of them sums what.
   */
  solo?: boolean;
  /** Rounds of each shard whose mean is kept for workers that missed a part of it, 1 to 1000. Default 2. */
  keep?: number;
  /** Shards of rounds that may be open at once, 1 to 10^6; workers that ask for more are told to wait. Default 64. */
  maxOpen?: number;
  /** Packets that may wait to be added, 1 to 10^6; more are dropped, and sent again by their workers. Default 1024. */
  backlog?: number;
  /** Called for each shard of a round when its mean is published. */
  onRound?: (report: RoundReport) => void;
  /** Called with errors that no worker can be told: the aggregator goes on. */
  onError?: (error: unknown) => void;
}

export interface CheckedAggregatorOptions {
  readonly job: string;
  readonly cut: Cut;
  readonly workers: number;
  readonly deadline: number;
  readonly downlink: DownlinkOptions;
  readonly solo: boolean;
  readonly keep: number;
  readonly maxOpen: number;
  readonly backlog: number;
  readonly onRound: ((report: RoundReport) => void) | undefined;
  readonly onError: ((error: unknown) => void) | undefined;
}

/** Sender of the mean's packets, unless the option says otherwise. */
const DOWNLINK_CLIENT = 2 ** 32 - 1;
/** Longest time that timers take. */
export const MAX_MILLISECONDS: number = 2 ** 31 - 1;

/** @throws TypeError or RangeError that names the option */
export function checkAggregatorOptions(options: NatsAggregatorOptions): CheckedAggregatorOptions {
  const given = checkOptions(options);
  const whole = (name: 'deadline' | 'keep' | 'maxOpen' | 'backlog', otherwise: number, high: number) =>
    given[name] === undefined ? otherwise : checkInteger(name, given[name], 1, high);
  return {
    job: checkJob(given.job),
    cut: checkCut(given),
    workers: checkInteger('workers', given.workers, 1, 2 ** 32 - 1),
    deadline: whole('deadline', 10_000, MAX_MILLISECONDS),
    downlink: { codec: 'f32', clientId: DOWNLINK_CLIENT, ...checkOptions(given.downlink, 'downlink') },
    solo: given.solo === undefined ? false : checkBoolean('solo', given.solo),
    keep: whole('keep', 2, 1000),
    maxOpen: whole('maxOpen', 64, 1_000_000),
    backlog: whole('backlog', 1024, 1_000_000),
    onRound: checkFunction('onRound', given.onRound),
    onError: checkFunction('onError', given.onError),
  };
}

// SPDX-License-Identifier: Apache-2.0
/**
 * Gradients and vectors over a NATS server, on a connection of the package `nats` that you open. Workers exchange gradients for
 * their mean through one or more aggregators; bulk jobs encode many rows on many machines, over JetStream. docs/nats.md says
 * how, and what happens when something fails.
 *
 * @module hadaquant/nats
 */
export { type AggregatorStats, NatsAggregator } from './aggregator.ts';
export type { DownlinkOptions, NatsAggregatorOptions, RoundReport } from './aggregator-options.ts';
export {
  type BulkOptions,
  type CollectRecordsOptions,
  collectRecords,
  type EncodeRowsOptions,
  encodeRows,
  type PublishRowsOptions,
  publishRows,
  type RecordBatch,
  type RowSource,
  removeBulkJob,
} from './bulk.ts';
export { HadaquantNatsError, type NatsErrorCode } from './errors.ts';
export { type ExchangeOptions, type ExchangeResult, NatsWorker, type NatsWorkerOptions } from './worker.ts';

// SPDX-License-Identifier: Apache-2.0
// What comes over NATS beside gradient packets: batches of bulk jobs, packets of the mean, answers in JSON.
import { HadaquantFormatError } from '../../../dist/index.js';
import { batchRecords, batchRows, decodeBatch, encodeBatch } from '../../../dist/nats/bulk-batch.js';
import { decodeOpenReply, encodeJson, meanMessage, openMeanMessage } from '../../../dist/nats/messages.js';
import { digest, must } from '../outcome.mjs';
import { vectors } from '../samples.mjs';
import { sealed } from '../seal.mjs';

const DIM = 4;
const rows = vectors(2, DIM, 1);
const body = new Uint8Array(rows.buffer);

/** The message of the error that a failed batch is, which is what its sender wrote. */
function failureOf(batch) {
  try {
    batchRecords(batch);
  } catch (error) {
    if (error instanceof HadaquantFormatError) return error.message;
    throw error;
  }
  throw new Error('a failed batch has records');
}

export const target = {
  extension: '.bin',
  kernels: true,
  seeds: () => [
    encodeBatch({ kind: 'rows', batch: 3, firstRow: 6, rows: 2, body }),
    encodeBatch({ kind: 'records', batch: 2 ** 40, firstRow: 2 ** 45, rows: 2, body: body.subarray(5) }),
    encodeBatch({ kind: 'failure', batch: 0, firstRow: 0, rows: 0, body: new TextEncoder().encode('no memory') }),
    meanMessage(body, 5),
    encodeJson({ member: '0123456789abcdef'.repeat(2) }),
    encodeJson({ refused: 'busy', message: 'later' }),
  ],
  change(bytes, random, other, mutate) {
    const changed = mutate(bytes, random, other);
    return changed.length < 4 || random.oneIn(6) ? changed : sealed(changed);
  },
  allows: (error) => error instanceof HadaquantFormatError,
  run(bytes) {
    const mean = openMeanMessage(bytes);
    if (mean) must(digest(meanMessage(mean.packet, mean.senders)) === digest(bytes), 'another message than was read');
    const reply = decodeOpenReply(bytes);
    const others = digest(mean?.packet, mean?.senders, reply);
    let batch;
    try {
      batch = decodeBatch('batch', bytes);
    } catch (error) {
      // what is another message is no batch
      if ((mean || reply) && error.message === 'batch: it does not begin with "HQBB"') return others;
      throw error;
    }
    if (batch.kind === 'failure') return digest(others, batch, failureOf(batch));
    const found = batch.kind === 'rows' ? batchRows(batch, DIM) : batchRecords(batch);
    return digest(others, batch, found);
  },
};

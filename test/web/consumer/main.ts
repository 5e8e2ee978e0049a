// SPDX-License-Identifier: Apache-2.0
/** A program with every kind of call, as somebody would write it for a browser; test/deep/web.mjs bundles and runs it. */
import { type BackendInfo, backend, FlatIndex, HadaquantFormatError, Quantizer, type SearchResult } from 'hadaquant';
import { GradientAggregator, GradientCompressor } from 'hadaquant/gradient';

interface Report {
  backend: BackendInfo['name'];
  sha256: string[];
  refused: boolean;
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes)));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

async function report(): Promise<Report> {
  const dim = 100;
  const rows = Float32Array.from({ length: 500 * dim }, (_, i) => Math.fround(((i * 7919) % 1013) / 506 - 1));
  const quantizer = new Quantizer({ dim, bits: 4 });
  const codes: Uint8Array = await quantizer.encodeAsync(rows, { signal: AbortSignal.timeout(60_000) });
  const index = new FlatIndex({ dim, bits: 2, metric: 'l2', center: 'mean' });
  await index.addAsync(rows, { onProgress: (done, total) => console.assert(done <= total) });
  const found: SearchResult = FlatIndex.fromBytes(index.toBytes()).search(rows.subarray(0, dim), { k: 5 });
  const compressor = new GradientCompressor({ length: rows.length, codec: 'quicfl', bits: 2, seed: 1, privateSeed: 2 });
  const aggregator = new GradientAggregator({ length: rows.length });
  for (const packet of compressor.compress(rows, { round: 0 })) aggregator.add(packet);
  let refused = false;
  try {
    FlatIndex.fromBytes(codes);
  } catch (error) {
    refused = error instanceof HadaquantFormatError;
  }
  const arrays = [codes, quantizer.decode(codes), index.toBytes(), found.ids, found.scores, aggregator.mean()];
  return { backend: backend.name, sha256: await Promise.all(arrays.map((view) => sha256(bytesOf(view)))), refused };
}

/** The page that runs this has it; elsewhere the console does. */
const { told = console.log } = globalThis as { told?: (text: string) => void };
told(JSON.stringify({ value: await report() }));

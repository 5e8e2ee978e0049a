// SPDX-License-Identifier: Apache-2.0
/** The rows of the WebAssembly backend: calls through the backend interface, against the same calls of the addon on AVX2. */
import { loadNative } from '../dist/native.js';
import { loadWasm } from '../dist/wasm.js';
import { codecWork, JS_CODEC_DIM, JS_SCAN_DIM, perRow, repeat, scanWork, someNumbers } from './node_rows.mjs';
import { measure } from './stats.mjs';

const SIZES = [1024, 4096, 65536];
const ISA = 'avx2';

/** Each transform begins with a copy: repeated ones overflow. */
function fwht(backends, n, rounds) {
  const input = someNumbers(n);
  const on = (backend) => {
    const x = new Float32Array(n);
    return repeat(() => {
      x.set(input);
      backend.fwht(x, n, 1);
    });
  };
  return measure(backends.map(on), rounds);
}

function each(backends, work, rounds) {
  return (name) =>
    perRow(
      measure(
        backends.map((backend) => work[name](backend)),
        rounds,
      ),
      work.rows,
    );
}

/** @param {(row: { id: string, ours: number[], anchors: number[][] }) => void} onRow samples in nanoseconds */
export function runWasmRows({ rounds, only }, onRow) {
  const native = loadNative().backend;
  const wasm = loadWasm();
  if (!native?.isas().includes(ISA) || !wasm.backend) {
    process.stderr.write(`bench: WebAssembly is left out: ${wasm.reason ?? `no native kernels for ${ISA} here`}\n`);
    return;
  }
  const backends = [wasm.backend, native];
  const rows = [
    ...SIZES.map((n) => [`wasm/fwht/${n}`, () => fwht(backends, n, rounds)]),
    ...['encode', 'decode'].map((name) => [
      `wasm/${name}/${JS_CODEC_DIM}`,
      () => each(backends, codecWork(), rounds)(name),
    ]),
    [`wasm/scan/${JS_SCAN_DIM}`, () => each(backends, scanWork(), rounds)('scan')],
  ];
  const before = native.isa;
  native.setIsa(ISA);
  try {
    for (const [id, samples] of rows) {
      if (!id.includes(only)) continue;
      const [ours, ...anchors] = samples();
      onRow({ id, ours, anchors });
    }
  } finally {
    native.setIsa(before);
  }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * The C++ kernels as WebAssembly, with the Backend interface: where the addon cannot be had. Arrays are copied into linear
 * memory and results out of it, a part at a time.
 */
import { platform } from '#platform';
import { wasmModule } from '#wasm-module';
import type { Backend, Columns, ScanJob } from './backend.ts';
import { trueLength } from './check.ts';
import type { CodecPlan } from './codec/codec.ts';
import { codecImage, rotationImage } from './codec/image.ts';
import { scanNextPart } from './scan-parts.ts';
import type { RotationPlan } from './transform/rotation-plan.ts';
import { type Operation, type WasmArray, WasmMemory } from './wasm/memory.ts';
import { columnsOf, inParts, mergeScan, outliersOf, scanPart, viewOf } from './wasm/parts.ts';

export interface WasmBackend extends Backend {
  /** Bytes of linear memory; for tests. */
  memoryBytes(): number;
}

/** Lets the event loop turn, then does one piece of work. */
async function inTurn<T>(work: () => T): Promise<T> {
  await platform.turn();
  return work();
}

function wasmBackend(memory: WasmMemory): WasmBackend {
  /** One call over all of `x`, in place. */
  const transform = (
    operation: 'rotate' | 'unrotate',
    plan: RotationPlan,
    x: Float32Array,
    y: Float32Array,
    first: number,
    last: number,
  ) => {
    const { dim } = plan;
    inParts(trueLength(x) / dim, 4 * dim, (from, to) => {
      memory.begin().image(rotationImage(plan));
      const address = memory.array(viewOf(x, from * dim, to * dim));
      const out = viewOf(y, from * dim, to * dim);
      memory.at(address, out);
      memory.number(first).number(last).run(operation);
      memory.take(address, out);
      return true;
    });
    memory.end();
  };

  const fwht = (x: Float32Array | Float64Array, dim: number, scale: number) => {
    inParts(trueLength(x) / dim, x.BYTES_PER_ELEMENT * dim, (from, to) => {
      const part = viewOf(x, from * dim, to * dim);
      const address = memory.begin().array(part);
      memory.number(dim).number(scale).run('fwht');
      memory.take(address, part);
      return true;
    });
    memory.end();
  };

  /** Places columns; gives what takes the first `rows` rows of them out again. */
  const place = (plan: CodecPlan, columns: Columns, written: boolean): ((rows: number) => void) => {
    const { codes, scales, norms, tags, residuals, nonces, outliers, stride } = columns;
    const parts = [codes, scales, norms, tags, residuals, nonces];
    let take: (rows: number) => void;
    const given = parts.filter((part) => part !== null);
    if (stride && given.every((part) => part.buffer === codes.buffer)) {
      // views of the same records: they go in and out as one
      const start = Math.min(...given.map((part) => part.byteOffset));
      const end = Math.max(...given.map((part) => part.byteOffset + part.byteLength));
      const records = new Uint8Array(codes.buffer, start, end - start);
      const base = memory.bytes(records);
      for (const part of parts) {
        if (part) memory.at(base + part.byteOffset - start, part);
        else memory.optional(null);
      }
      take = (rows) => memory.take(base, records.subarray(0, rows * stride));
    } else {
      const widths = [plan.codeBytes, 4, 4, 1, 4, 4];
      const addresses = parts.map((part) => (written && !stride ? memory.optionalSpace(part) : memory.optional(part)));
      take = (rows) => {
        parts.forEach((part, i) => {
          if (part) memory.take(addresses[i], part.subarray(0, rows * (stride || widths[i])));
        });
      };
    }
    memory.number(stride);
    const lists = outliers ? [outliers.starts, outliers.coordinates, outliers.values] : [null, null, null];
    const addresses = lists.map((list) => (written ? memory.optionalSpace(list) : memory.optional(list)));
    if (!outliers) return take;
    return (rows) => {
      take(rows);
      memory.take(addresses[0], outliers.starts.subarray(0, rows + 1));
      const count = outliers.starts[rows];
      memory.take(addresses[1], outliers.coordinates.subarray(0, count));
      memory.take(addresses[2], outliers.values.subarray(0, count));
    };
  };

  const encode = (plan: CodecPlan, x: Float32Array, firstIndex: number, out: Columns): number => {
    const { dim } = plan.rotation;
    const rows = trueLength(x) / dim;
    let bad = -1;
    let used = 0; // outliers
    inParts(rows, 4 * dim + plan.codeBytes, (first, last) => {
      const whole = first === 0 && last === rows;
      const part = whole ? out : columnsOf(plan, out, first, last);
      if (!whole && out.outliers) {
        const { coordinates, values } = out.outliers;
        part.outliers = {
          starts: new Uint32Array(last - first + 1),
          coordinates: coordinates.subarray(used),
          values: values.subarray(used),
        };
      }
      memory
        .begin()
        .image(codecImage(plan))
        .array(viewOf(x, first * dim, last * dim));
      memory.number(firstIndex + first);
      const take = place(plan, part, true);
      const badOfPart = memory.run('encode');
      const done = badOfPart < 0 ? last - first : badOfPart;
      take(done);
      if (part.outliers && out.outliers && !whole) {
        for (let i = 0; i <= done; i++) out.outliers.starts[first + i] = used + part.outliers.starts[i];
        used += part.outliers.starts[done];
      }
      if (badOfPart >= 0) bad = first + badOfPart;
      return badOfPart < 0;
    });
    memory.end();
    return bad;
  };

  const inputOf = (plan: CodecPlan, input: Columns, first: number, last: number, rows: number): Columns => {
    if (first === 0 && last === rows) return input;
    const part = columnsOf(plan, input, first, last);
    return input.outliers ? { ...part, outliers: outliersOf(input.outliers, first, last) } : part;
  };

  /**
   * Work on encoded rows in parts. More than one: all rows are looked at first, since nothing may be written where one
   * cannot be decoded.
   */
  const overRows = (
    plan: CodecPlan,
    input: Columns,
    rows: number,
    bytesARow: number,
    work: (input: Columns, first: number, last: number) => number,
  ): number => {
    let bad = -1;
    const run = (bytes: number, part: typeof work) =>
      inParts(rows, bytes, (first, last) => {
        const badOfPart = part(inputOf(plan, input, first, last, rows), first, last);
        if (badOfPart >= 0) bad = first + badOfPart;
        return bad < 0;
      });
    const codeBytes = plan.codeBytes + 17;
    let parts = 0;
    inParts(rows, bytesARow + codeBytes, () => ++parts < 2);
    if (parts > 1) {
      run(codeBytes, (part, first, last) => {
        memory
          .begin()
          .image(codecImage(plan))
          .number(last - first);
        place(plan, part, false);
        return memory.run('firstUndecodableRow');
      });
    }
    if (bad < 0) run(bytesARow + codeBytes, work);
    memory.end();
    return bad;
  };

  const decode = (plan: CodecPlan, input: Columns, x: Float32Array): number => {
    const { dim } = plan.rotation;
    return overRows(plan, input, trueLength(x) / dim, 4 * dim, (part, first, last) => {
      memory.begin().image(codecImage(plan));
      const out = viewOf(x, first * dim, last * dim);
      const address = memory.space(out);
      place(plan, part, false);
      const bad = memory.run('decode');
      if (bad < 0) memory.take(address, out);
      return bad;
    });
  };

  const accumulate = (plan: CodecPlan, input: Columns, rotated: boolean, sums: Float64Array): number => {
    const { dim } = plan.rotation;
    return overRows(plan, input, trueLength(sums) / dim, 8 * dim, (part, first, last) => {
      memory.begin().image(codecImage(plan));
      const out = viewOf(sums, first * dim, last * dim);
      const address = memory.array(out);
      memory.number(rotated ? 1 : 0);
      place(plan, part, false);
      const bad = memory.run('accumulate');
      if (bad < 0) memory.take(address, out);
      return bad;
    });
  };

  const centerRows = (
    x: Float32Array,
    dim: number,
    center: Float32Array | null,
    normalize: boolean,
    out: Float32Array,
  ): number => {
    let bad = -1;
    inParts(trueLength(x) / dim, 4 * dim, (first, last) => {
      const address = memory.begin().array(viewOf(x, first * dim, last * dim));
      memory.number(dim).optional(center);
      const part = viewOf(out, first * dim, last * dim);
      memory.number(normalize ? 1 : 0).at(address, part);
      const badOfPart = memory.run('centerRows');
      if (bad < 0 && badOfPart >= 0) bad = first + badOfPart;
      memory.take(address, part);
      return true;
    });
    memory.end();
    return bad;
  };

  const scan = (job: ScanJob): void => {
    const { plan, firstRow, lastRow } = job;
    const whole = firstRow - (firstRow % 8);
    const runPart = (from: number, to: number) => {
      const first = whole + from;
      const part = scanPart(job, first, whole + to);
      memory.begin().image(codecImage(plan)).array(part.codes);
      memory.array(part.scales);
      memory.optional(part.norms);
      memory.array(part.tags);
      memory.optional(part.residuals);
      memory.optional(part.reaches);
      memory.optional(part.allowed);
      memory.number(part.firstRow).number(part.lastRow).number(part.k);
      memory.array(part.forms);
      memory.array(part.queryBias);
      memory.array(part.gains);
      memory.optional(part.slacks);
      const rows = memory.space(part.rows);
      const keys = memory.space(part.keys);
      memory.run('scan');
      const best = from === 0 ? job : part;
      memory.take(rows, best.rows);
      memory.take(keys, best.keys);
      if (from === 0) addRows(job.rows, first);
      else mergeScan(job, part, first);
      return true;
    };
    inParts(lastRow - whole, plan.codeBytes + 13, runPart, 8); // rows that are admitted begin at a byte
    memory.end();
  };

  /** A call on whole arrays, the last of which it writes. */
  const step = (operation: Operation, args: readonly (WasmArray | number)[], out: WasmArray, image?: Uint8Array) => {
    memory.begin();
    if (image) memory.image(image);
    let outAddress = 0;
    for (const arg of args) {
      if (typeof arg === 'number') memory.number(arg);
      else if (arg !== out) memory.array(arg);
      else outAddress = memory.space(out);
    }
    memory.run(operation);
    memory.take(outAddress, out);
    memory.end();
  };

  return {
    name: 'wasm',
    isa: 'simd128',
    threaded: false,
    memoryBytes: () => memory.size,
    fwht,
    rotate: (plan, x, y, first, last) => transform('rotate', plan, x, y, first, last),
    unrotate: (plan, x, y, first, last) => transform('unrotate', plan, x, y, first, last),
    moments: (x, dim, block, out) => {
      inParts(trueLength(x) / dim, 4 * dim, (first, last) => {
        memory.begin().array(viewOf(x, first * dim, last * dim));
        const part = viewOf(out, 6 * first, 6 * last);
        const address = memory.number(dim).number(block).space(part);
        memory.run('moments');
        memory.take(address, part);
        return true;
      });
      memory.end();
    },
    centerRows,
    centerRowsAsync: (x, dim, center, normalize, out) => inTurn(() => centerRows(x, dim, center, normalize, out)),
    firstUnusableRow: (x, dim) => {
      let bad = -1;
      inParts(trueLength(x) / dim, 4 * dim, (first, last) => {
        memory.begin().array(viewOf(x, first * dim, last * dim));
        const badOfPart = memory.number(dim).run('firstUnusableRow');
        if (badOfPart >= 0) bad = first + badOfPart;
        return bad < 0;
      });
      memory.end();
      return bad;
    },
    maxAbs: (x) => {
      let max = 0;
      inParts(trueLength(x), x.BYTES_PER_ELEMENT, (first, last) => {
        memory.begin().array(viewOf(x, first, last));
        max = Math.max(max, memory.run('maxAbs')); // NaN stays NaN
        return Number.isFinite(max);
      });
      memory.end();
      return max;
    },
    encode,
    encodeAsync: (plan, x, firstIndex, out) => inTurn(() => encode(plan, x, firstIndex, out)),
    decode,
    decodeAsync: (plan, input, x) => inTurn(() => decode(plan, input, x)),
    accumulate,
    accumulateAsync: (plan, input, rotated, sums) => inTurn(() => accumulate(plan, input, rotated, sums)),
    estimate: (plan, query, input, out, energy) =>
      overRows(plan, input, trueLength(out), 16, (part, first, last) => {
        memory.begin().image(codecImage(plan)).array(query);
        const products = viewOf(out, first, last);
        const energies = energy && energy.subarray(first, last);
        const address = memory.space(products);
        const energyAddress = memory.optionalSpace(energies);
        place(plan, part, false);
        const bad = memory.run('estimate');
        if (bad >= 0) return bad;
        memory.take(address, products);
        if (energies) memory.take(energyAddress, energies);
        return bad;
      }),
    project: (plan, v, out) => step('project', [v, out], out, codecImage(plan)),
    scan,
    scanAsync: (job, parts) => inTurn(() => scanNextPart(job, parts, scan)),
    crc32c: (crc, bytes) => {
      let value = crc;
      inParts(trueLength(bytes), 1, (first, last) => {
        memory
          .begin()
          .number(value)
          .array(viewOf(bytes, first, last));
        value = memory.run('crc32c');
        return true;
      });
      memory.end();
      return value;
    },
    bucketize: (plan, section, v, codes) => step('bucketize', [section, v, codes], codes, codecImage(plan)),
    lookup: (plan, section, codes, levels) => step('lookup', [section, codes, levels], levels, codecImage(plan)),
    pack: (codes, bits, packed) => step('pack', [codes, bits, packed], packed),
    unpack: (codes, bits, packed) => step('unpack', [codes, bits, packed], codes),
  };
}

/** Counts found rows from the start of the store; 0xffffffff stands for none. */
function addRows(rows: Uint32Array, first: number): void {
  if (first === 0) return;
  for (let i = 0; i < rows.length; i++) if (rows[i] !== 0xffffffff) rows[i] += first;
}

/** The WebAssembly backend, or why it cannot be had. */
export function loadWasm(): { backend: WasmBackend; reason?: never } | { backend?: never; reason: string } {
  try {
    return { backend: wasmBackend(new WasmMemory(wasmModule())) };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { reason: `no WebAssembly: ${text.split('\n')[0]}` };
  }
}

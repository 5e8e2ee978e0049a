// SPDX-License-Identifier: Apache-2.0
/** What could crash a process or a thread, in processes and threads of its own, with the built package (dist/). */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { backendNames, hasNative, variants } from './backends.ts';
import { expectSameBits } from './same-bits.ts';

const script = (name: string) => fileURLToPath(new URL(`processes/${name}`, import.meta.url));

function run(args: string[], env: Record<string, string> = {}) {
  const { HADAQUANT_BACKEND: _backend, HADAQUANT_ISA: _isa, ...inherited } = process.env;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
    env: { ...inherited, ...env },
    encoding: 'utf8',
  });
  return { status, signal, stdout: stdout.trim(), stderr };
}

/**
 * Node 20 takes a terminated worker out of its platform before V8 has stopped the worker's compiler thread, which
 * aborts the process if it asks for memory in between (node_platform.cc, "Assertion failed: (data.first) != nullptr",
 * from TurboFan's stack; 2 in 60 runs of the JavaScript kernels, whose loops are what is compiled). That race is
 * Node's alone, so here V8 compiles on the worker's own thread (0 in 120 runs).
 */
const NO_COMPILER_THREAD = ['--no-concurrent-recompilation'];

describe.each(backendNames)('%s', (name) => {
  it('settles every call whose memory is detached, resized or overwritten meanwhile', () => {
    const result = run(['--expose-gc', script('detach.mjs')], { HADAQUANT_BACKEND: name });
    expect({ ...result, stdout: '' }).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
    const { fulfilled, rejected, wrong, reasons } = JSON.parse(result.stdout);
    expect(fulfilled + rejected).toBe(4 * 2 * 9);
    expect(wrong).toBe(0);
    // the documented rejections, and no internal message
    const documented = [
      /^TypeError: (x|codes) was detached or resized while the call was running$/,
      /^RangeError: x must hold finite numbers, got NaN in row \d+ \(column 0\)$/,
      /^RangeError: out must have at least \d+ elements, got 0$/,
    ];
    for (const reason of reasons as string[])
      expect(
        documented.some((d) => d.test(reason)),
        reason,
      ).toBe(true);
  });

  it('survives a Buffer whose memory is freed while it is decoded', () => {
    const result = run(['--expose-gc', script('buffer.mjs')], { HADAQUANT_BACKEND: name });
    expect(result).toEqual({ status: 0, signal: null, stdout: 'settled', stderr: '' });
  });

  it('survives records in shared memory that another thread damages while they are read', () => {
    const result = run([...NO_COMPILER_THREAD, script('shared-race.mjs')], { HADAQUANT_BACKEND: name });
    expect({ ...result, stdout: '' }).toEqual({ status: 0, signal: null, stdout: '', stderr: '' });
    const { answers, refused, wrong } = JSON.parse(result.stdout);
    expect(wrong).toBe(0);
    expect(answers + refused).toBe(300);
  });

  it('survives ten workers that are terminated in the middle of calls', () => {
    const result = run([...NO_COMPILER_THREAD, script('terminate.mjs')], { HADAQUANT_BACKEND: name });
    expect(result).toEqual({ status: 0, signal: null, stdout: 'alive', stderr: '' });
  });
});

interface Results {
  backend: { name: string; isa: string; reason?: string };
  codes: Uint8Array;
  decoded: Float32Array;
  products: Float32Array;
}

function inWorker(env: Record<string, string>): Promise<Results> {
  const worker = new Worker(new URL('processes/results.mjs', import.meta.url), {
    env: { ...process.env, ...env },
    workerData: { dim: 300, bits: 3, rows: 2000 },
  });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** Backends of one instruction set, by its name. */
const WITHOUT_ISA: Record<string, string> = { js: 'js', simd128: 'wasm' };

describe('workers side by side', () => {
  it('each have the backend that their environment asks for, and the same bytes', async () => {
    const asked = variants.map(({ name }) => name.split(' ').at(-1) as string);
    const results = await Promise.all(
      asked.map((isa) =>
        inWorker(
          isa in WITHOUT_ISA
            ? { HADAQUANT_BACKEND: WITHOUT_ISA[isa], HADAQUANT_ISA: '' }
            : { HADAQUANT_BACKEND: 'native', HADAQUANT_ISA: isa },
        ),
      ),
    );
    results.forEach(({ backend, codes, decoded, products }, i) => {
      expect(backend.isa).toBe(asked[i]);
      const forced = WITHOUT_ISA[asked[i]];
      expect(backend.reason).toBe(forced ? `HADAQUANT_BACKEND=${forced}` : `HADAQUANT_ISA=${asked[i]}`);
      expectSameBits(codes, results[0].codes, `codes of ${asked[i]}`);
      expectSameBits(decoded, results[0].decoded, `vectors of ${asked[i]}`);
      expectSameBits(products, results[0].products, `products of ${asked[i]}`);
    });
  });
});

describe('forcing a backend', () => {
  const dist = JSON.stringify(new URL('../dist/index.js', import.meta.url).href);
  const show = ['--input-type=module', '-e', `console.log(JSON.stringify((await import(${dist})).backend))`];

  it('takes the best without being asked', () => {
    const { stdout } = run(show);
    expect(JSON.parse(stdout).name).toBe(backendNames[0]);
    expect('reason' in JSON.parse(stdout)).toBe(!hasNative);
  });

  it('names a backend that is none, and an instruction set that is none', () => {
    const bad = run(show, { HADAQUANT_BACKEND: 'gpu' });
    expect(bad.status).not.toBe(0);
    expect(bad.stderr).toContain("RangeError: HADAQUANT_BACKEND must be one of native, wasm, js, got 'gpu'");
    if (!hasNative) return;
    const isa = run(show, { HADAQUANT_ISA: 'mmx' });
    expect(isa.status).not.toBe(0);
    expect(isa.stderr).toMatch(/RangeError: HADAQUANT_ISA must be one of .+ on this CPU, got 'mmx'/);
  });
});

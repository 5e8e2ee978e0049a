// SPDX-License-Identifier: Apache-2.0
/**
 * Linear memory of the WebAssembly module: plan images that stay, then the arrays of one call, then its scratch memory. A
 * call places its arrays, runs, and takes results out; the next begins at the same place, so nothing has to be freed.
 */

import { arrayTag, trueLength } from '../check.ts';

/** Kinds of arguments: binding/wasm/args.h. */
const NULL = 0;
const NUMBER = 1;
const BYTES = 4;
const KINDS: Record<string, { kind: number; width: number }> = {
  Float32Array: { kind: 2, width: 4 },
  Float64Array: { kind: 3, width: 8 },
  Uint8Array: { kind: BYTES, width: 1 },
  Int8Array: { kind: 5, width: 1 },
  Uint32Array: { kind: 6, width: 4 },
};

const BAD_ARGUMENTS = 1;
const OUT_OF_MEMORY = 2;

const PAGE = 65536;
/** A slot: u32 kind, u32 address, f64 number or length. */
const SLOT_WORDS = 4;
/** Of all images that are kept. */
const IMAGE_BYTES = 32 << 20;
/** Memory never shrinks; an instance that has more beyond its images than this is replaced after the call. */
const KEPT_BYTES = 64 << 20;

export type WasmArray = Float32Array | Float64Array | Uint8Array | Int8Array | Uint32Array;
type Run = (slots: number, scratch: number) => number;

/** What the library uses of WebAssembly's interface; the types of Node have none of it. */
interface Instance {
  readonly exports: Record<string, unknown>;
}
interface LinearMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
export interface WasmApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => Instance;
}

/** The operations that the module exports: binding/wasm/module.cpp. */
const OPERATIONS = [
  'fwht',
  'rotate',
  'unrotate',
  'moments',
  'centerRows',
  'firstUnusableRow',
  'maxAbs',
  'encode',
  'firstUndecodableRow',
  'decode',
  'accumulate',
  'estimate',
  'project',
  'scan',
  'crc32c',
  'bucketize',
  'lookup',
  'pack',
  'unpack',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** An own property of an array can lie; this sees what it is. */
const setArray = Uint8Array.prototype.set as (this: WasmArray, from: WasmArray) => void;

const up64 = (address: number): number => Math.ceil(address / 64) * 64;

export class WasmMemory {
  readonly #module: object;
  readonly #Instance: WasmApi['Instance'];
  #memory!: LinearMemory;
  #run!: Record<Operation, Run>;
  #buffer!: ArrayBuffer;
  #bytes!: Uint8Array;
  #words!: Uint32Array;
  #floats!: Float32Array;
  #numbers!: Float64Array;
  /** Address of the first slot. */
  #slots = 0;
  #base = 0;
  /** Where images end and the arrays of a call begin. */
  #imagesEnd = 0;
  #images = new WeakMap<Uint8Array, number>();
  /** Of the call that is being made: its next slot, and its first free byte. */
  #slot = 0;
  #free = 0;

  /** @param module the compiled module, a WebAssembly.Module */
  constructor(module: object) {
    this.#module = module;
    this.#Instance = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly.Instance;
    this.#start();
  }

  /** Bytes of linear memory; for tests. */
  get size(): number {
    return this.#memory.buffer.byteLength;
  }

  #start(): void {
    const { exports } = new this.#Instance(this.#module);
    this.#memory = exports['memory'] as LinearMemory;
    this.#run = exports as Record<Operation, Run>;
    this.#slots = (exports['slots'] as () => number)();
    this.#base = up64((exports['__heap_base'] as { value: number }).value);
    this.#forgetImages();
    this.#view();
  }

  #forgetImages(): void {
    this.#images = new WeakMap();
    this.#imagesEnd = this.#base;
  }

  /** Views of all memory; growing detaches them. */
  #view(): void {
    const buffer = this.#memory.buffer;
    this.#buffer = buffer;
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#floats = new Float32Array(buffer);
    this.#numbers = new Float64Array(buffer);
  }

  #reserve(bytes: number): number {
    const address = this.#free;
    const end = up64(address + bytes);
    if (end > this.#buffer.byteLength) {
      try {
        this.#memory.grow(Math.ceil((end - this.#buffer.byteLength) / PAGE));
      } catch {
        throw new Error('hadaquant: out of memory');
      }
      this.#view();
    }
    this.#free = end;
    return address;
  }

  #fill(kind: number, address: number, number: number): void {
    const at = this.#slots / 4 + this.#slot * SLOT_WORDS;
    this.#words[at] = kind;
    this.#words[at + 1] = address;
    this.#numbers[(at + 2) / 2] = number;
    this.#slot++;
  }

  /** What lies at an address, in a view of the type of `array`. */
  #at(address: number, tag: string, length: number): WasmArray {
    if (tag === 'Float32Array') return this.#floats.subarray(address / 4, address / 4 + length);
    if (tag === 'Uint8Array') return this.#bytes.subarray(address, address + length);
    if (tag === 'Float64Array') return this.#numbers.subarray(address / 8, address / 8 + length);
    if (tag === 'Uint32Array') return this.#words.subarray(address / 4, address / 4 + length);
    return new Int8Array(this.#buffer, address, length);
  }

  /** Begins a call. */
  begin(): this {
    this.#slot = 0;
    this.#free = this.#imagesEnd;
    return this;
  }

  number(value: number): this {
    this.#fill(NUMBER, 0, value);
    return this;
  }

  /** A plan's image, kept in memory for the calls to come. To be the first argument. */
  image(image: Uint8Array): this {
    let address = this.#images.get(image);
    if (address === undefined) {
      if (this.#imagesEnd - this.#base + image.byteLength > IMAGE_BYTES) this.#forgetImages();
      this.#free = this.#imagesEnd;
      address = this.#reserve(image.byteLength);
      this.#bytes.set(image, address);
      this.#imagesEnd = this.#free;
      this.#images.set(image, address);
    }
    this.#fill(BYTES, address, image.byteLength);
    return this;
  }

  /** An array that the call reads (and perhaps changes); its address. */
  array(array: WasmArray): number {
    const tag = arrayTag(array) as string;
    const length = trueLength(array);
    const { kind, width } = KINDS[tag];
    const address = this.#reserve(length * width);
    if (tag === 'Float32Array') this.#floats.set(array, address / 4);
    else setArray.call(this.#at(address, tag, length), array);
    this.#fill(kind, address, length);
    return address;
  }

  optional(array: WasmArray | null): number {
    return array ? this.array(array) : this.#none();
  }

  /** An array that the call writes; what it holds before does not matter. */
  space(array: WasmArray): number {
    return this.at(this.#reserve(trueLength(array) * KINDS[arrayTag(array) as string].width), array);
  }

  optionalSpace(array: WasmArray | null): number {
    return array ? this.space(array) : this.#none();
  }

  #none(): number {
    this.#fill(NULL, 0, 0);
    return 0;
  }

  /** One more argument at an address in memory, of the type and length of `array`. */
  at(address: number, array: WasmArray): number {
    this.#fill(KINDS[arrayTag(array) as string].kind, address, trueLength(array));
    return address;
  }

  /** Bytes that arguments at addresses within them share. */
  bytes(bytes: Uint8Array): number {
    const address = this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, address);
    return address;
  }

  /** Runs the call; `array` and `space` are where they were, until the next begins. */
  run(operation: Operation): number {
    let status: number;
    try {
      status = this.#run[operation](this.#slot, this.#free);
    } catch (error) {
      this.#start(); // a trap leaves the stack wherever it was
      throw error;
    }
    if (this.#memory.buffer !== this.#buffer) this.#view(); // scratch memory has grown it
    if (status === BAD_ARGUMENTS) throw new Error('hadaquant: native call with inconsistent arguments');
    if (status === OUT_OF_MEMORY) throw new Error('hadaquant: out of memory');
    return this.#numbers[this.#slots / 8 + 1];
  }

  /** Copies what stands at an address to `array`. */
  take(address: number, array: WasmArray): void {
    setArray.call(array, this.#at(address, arrayTag(array) as string, trueLength(array)));
  }

  /** Ends a call: gives memory back that few calls need. */
  end(): void {
    if (this.#buffer.byteLength - this.#imagesEnd > KEPT_BYTES) this.#start();
  }
}

// SPDX-License-Identifier: Apache-2.0
import { type AsyncOptions, checkAsyncOptions, runChunks } from '../async.ts';
import { type Columns, kernels } from '../backend.ts';
import {
  allocate,
  checkInteger,
  checkOptions,
  checkOut,
  HadaquantFormatError,
  MAX_FLOAT32,
  typeError,
} from '../check.ts';
import type { CodecPlan } from '../codec/codec.ts';
import { recordFormat } from '../codec/record-format.ts';
import type { RotationPlan } from '../transform/rotation-plan.ts';
import { MAX_LENGTH } from './compressor.ts';
import { checkPacket, type PacketInfo, packetBytes, packetRecord, readHeader } from './packet.ts';
import {
  ChunkPlans,
  type Chunks,
  chunkRange,
  chunksOf,
  DEFAULT_CHUNK,
  MAX_CHUNK,
  PLAIN_BYTES,
  type QuantizingCodecName,
  sharesRotation,
} from './plan.ts';

/** What a `GradientAggregator` is made of. */
export interface GradientAggregatorOptions {
  /** Coordinates of a gradient, 1 to 2^40. */
  length: number;
  /** Coordinates of a packet, 1 to 2^18, as the compressors have it. Default 2^16. */
  chunk?: number;
  /** The round whose packets are taken, 0 to 2^53 - 1. Default 0. */
  round?: number;
}

/**
 * Why a packet was left out. 'corrupt': not as a compressor made it. 'length': of a gradient of another length, or cut into
 * other chunks. 'round': of another round. 'duplicate': this sender's packet for this chunk is in already.
 */
export type Refusal = 'corrupt' | 'length' | 'round' | 'duplicate';

/** What became of a packet. */
export interface PacketResult {
  /** True if the packet is part of the mean now. */
  readonly accepted: boolean;
  /** Null if it was accepted. */
  readonly reason: Refusal | null;
  /** In words; '' if it was accepted. */
  readonly message: string;
}

const ACCEPTED: PacketResult = { accepted: true, reason: null, message: '' };
const refused = (reason: Refusal, message: string): PacketResult => ({ accepted: false, reason, message });

/** Ways of coding whose tables are kept: as many as there are senders of their own rotations, within bounds. */
const KEPT_PLANS = 64;

/** What has come for one chunk. */
interface ChunkState {
  readonly clients: Set<number>;
  /** Decoded estimates. */
  decoded: Float64Array | null;
  /** Estimates of senders that share a rotation, before its inverse. */
  rotated: Float64Array | null;
  /** Theirs: that of the first one whose packet was accepted. */
  rotation: SharedRotation | null;
}

interface SharedRotation {
  readonly seed: bigint;
  readonly rounds: number;
  readonly plan: RotationPlan;
}

/** A packet that has passed all checks but those of its chunk's state: its codes, or plain numbers. */
interface Opened {
  readonly info: PacketInfo;
  readonly coded: { readonly plan: CodecPlan; readonly columns: Columns } | null;
  readonly plain: Float32Array | null;
}

/**
 * Averages the gradients of many senders from the packets that came, one round at a time. Each coordinate is the mean over the
 * senders whose packet for it came, so lost packets make the mean noisier, never wrong.
 *
 * @example
 * const aggregator = new GradientAggregator({ length });
 * aggregator.reset(round);
 * for (const packet of packets) aggregator.add(packet);
 * const mean = aggregator.mean();
 */
export class GradientAggregator {
  /** Coordinates of a gradient. */
  readonly length: number;
  /** Coordinates of a packet; the last one of a gradient may have fewer. */
  readonly chunk: number;
  readonly #chunks: Chunks;
  /** Chunks that something came for. */
  readonly #states = new Map<number, ChunkState>();
  readonly #plans = new Map<string, ChunkPlans>();
  #round: number;
  #accepted = 0;
  #refusals = noRefusals();
  #busy = false;

  /** @throws TypeError or RangeError that names the option */
  constructor(options: GradientAggregatorOptions) {
    const given = checkOptions(options);
    this.length = checkInteger('length', given.length, 1, MAX_LENGTH);
    this.chunk = given.chunk === undefined ? DEFAULT_CHUNK : checkInteger('chunk', given.chunk, 1, MAX_CHUNK);
    this.#round = given.round === undefined ? 0 : checkInteger('round', given.round, 0, Number.MAX_SAFE_INTEGER);
    this.#chunks = chunksOf(this.length, this.chunk);
  }

  /** The round whose packets are taken. */
  get round(): number {
    return this.#round;
  }

  /** Packets that this round's mean is made of. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Packets left out since the last `reset`, by reason. */
  get refused(): Readonly<Record<Refusal, number>> {
    return { ...this.#refusals };
  }

  /** Packets that a whole gradient makes. */
  get packets(): number {
    return this.#chunks.count;
  }

  /**
   * Adds a packet to the round's mean. Whatever the bytes are, nothing is thrown: a packet that cannot be used is counted in
   * `refused` and changes nothing.
   * @throws TypeError if it is no Uint8Array
   */
  add(packet: Uint8Array): PacketResult {
    this.#requireIdle();
    checkPacket('packet', packet);
    const opened = this.#open(packetBytes(packet));
    if ('reason' in opened) return this.#count(opened);
    const state = this.#stateOf(opened.info.chunk);
    const repeated = duplicate(opened, state);
    if (repeated) return this.#count(repeated);
    const { sums, rotation } = sumsFor(opened, state);
    const { coded } = opened;
    const bad = coded ? kernels().accumulate(coded.plan, coded.columns, !!rotation, sums) : addPlain(opened, sums);
    return this.#count(settle(opened, state, rotation, bad));
  }

  /**
   * `add` for many packets, off the event loop: packets of different chunks on several threads. Until it has settled the aggregator
   * takes no other calls.
   * @returns what became of each packet, in order. After an abort the packets that had had their turn are in.
   */
  async addAsync(packets: readonly Uint8Array[], options?: AsyncOptions): Promise<PacketResult[]> {
    this.#requireIdle();
    const schedule = checkAsyncOptions(options);
    if (!Array.isArray(packets)) throw typeError('packets', 'an array of Uint8Array', packets);
    packets.forEach((packet, i) => {
      checkPacket(`packets[${i}]`, packet);
    });
    const results: PacketResult[] = new Array(packets.length);
    const byChunk = new Map<number, { at: number; opened: Opened }[]>();
    packets.forEach((packet, at) => {
      const opened = this.#open(packetBytes(packet, true));
      if ('reason' in opened) {
        results[at] = this.#count(opened);
        return;
      }
      const list = byChunk.get(opened.info.chunk);
      if (list) list.push({ at, opened });
      else byChunk.set(opened.info.chunk, [{ at, opened }]);
    });
    const lists = [...byChunk.values()];
    if (lists.length === 0) return results;
    this.#busy = true;
    try {
      await runChunks(lists.length, 1, schedule, async (i) => {
        for (const { at, opened } of lists[i]) {
          const state = this.#stateOf(opened.info.chunk);
          const repeated = duplicate(opened, state);
          if (repeated) {
            results[at] = this.#count(repeated);
            continue;
          }
          const { sums, rotation } = sumsFor(opened, state);
          const { coded } = opened;
          const bad = coded
            ? await kernels().accumulateAsync(coded.plan, coded.columns, !!rotation, sums)
            : addPlain(opened, sums);
          results[at] = this.#count(settle(opened, state, rotation, bad));
        }
      });
    } finally {
      this.#busy = false;
    }
    return results;
  }

  /**
   * The mean of what came, `length` float32. A coordinate that nobody's packet holds is 0 (`counts` tells). More packets may be added
   * afterwards.
   * @throws TypeError or RangeError for an `out` that is no Float32Array or too short; Error while `addAsync` is under way
   */
  mean(options?: { out?: Float32Array }): Float32Array {
    this.#requireIdle();
    const out = checkOut(checkOptions(options).out, Float32Array, this.length, {});
    out.fill(0);
    for (const [i, state] of this.#states) {
      const { first, end } = chunkRange(this.#chunks, i);
      meanOfChunk(state, out.subarray(first, end));
    }
    return out;
  }

  /** For each of the `length` coordinates the number of senders whose packet holds it. */
  counts(): Uint32Array {
    const counts = allocate(Uint32Array, this.length);
    for (const [i, { clients }] of this.#states) {
      const { first, end } = chunkRange(this.#chunks, i);
      counts.fill(clients.size, first, end);
    }
    return counts;
  }

  /**
   * Forgets what came, and takes the packets of another round.
   * @param round 0 to 2^53 - 1
   * @throws TypeError or RangeError for another number; Error while `addAsync` is under way
   */
  reset(round: number): void {
    this.#requireIdle();
    this.#round = checkInteger('round', round, 0, Number.MAX_SAFE_INTEGER);
    this.#accepted = 0;
    this.#refusals = noRefusals();
    this.#plans.clear();
    for (const state of this.#states.values()) {
      state.clients.clear();
      state.decoded?.fill(0);
      state.rotated?.fill(0);
      state.rotation = null;
    }
  }

  #stateOf(chunk: number): ChunkState {
    let state = this.#states.get(chunk);
    if (!state) {
      state = { clients: new Set(), decoded: null, rotated: null, rotation: null };
      this.#states.set(chunk, state);
    }
    return state;
  }

  #requireIdle(): void {
    if (this.#busy) throw new Error('addAsync is running: wait for it before the next call');
  }

  #open(packet: Uint8Array): Opened | PacketResult {
    let info: PacketInfo;
    try {
      info = readHeader(packet);
    } catch (error) {
      if (error instanceof HadaquantFormatError) return refused('corrupt', error.message);
      throw error;
    }
    const { length, chunk, first, count, round } = info;
    if (length !== this.length) return refused('length', `packet: of a gradient of ${length}, not ${this.length}`);
    const range = chunk < this.#chunks.count ? chunkRange(this.#chunks, chunk) : { first: -1, end: -1 };
    if (first !== range.first || count !== range.end - range.first) {
      return refused('length', `packet: coordinates ${first} to ${first + count - 1} are no chunk of ${this.chunk}`);
    }
    if (round !== this.#round) return refused('round', `packet: of round ${round}, not ${this.#round}`);
    const record = packetRecord(packet);
    const { codec } = info;
    if (codec === 'f32') {
      if (record.length !== PLAIN_BYTES * count) return refused('corrupt', `packet: ${record.length} bytes of numbers`);
      const plain = new Float32Array(record.slice().buffer);
      if (!Number.isFinite(kernels().maxAbs(plain))) return refused('corrupt', 'packet: its numbers are not finite');
      return { info, coded: null, plain };
    }
    const plan = this.#planOf(codec, info);
    try {
      const located = recordFormat(plan).locate(record);
      if (located.rows !== 1) return refused('corrupt', `packet: ${located.rows} records, where there is one`);
      const columns = located.columns(record, 0, 1);
      if ((columns.tags[0] & 3) === 0) return refused('corrupt', 'packet: its record says nothing of its rotation');
      return { info, coded: { plan, columns }, plain: null };
    } catch (error) {
      return refused('corrupt', `packet: ${(error as Error).message}`);
    }
  }

  #planOf(codec: QuantizingCodecName, { bits, count, seed }: PacketInfo): CodecPlan {
    const key = `${codec} ${bits} ${seed}`;
    let plans = this.#plans.get(key);
    if (!plans) {
      plans = new ChunkPlans({
        codec,
        bits,
        scale: sharesRotation(codec) ? 'fixed' : 'unbiased',
        rounds: 'auto',
        seed,
      });
      if (this.#plans.size >= KEPT_PLANS) this.#plans.delete(this.#plans.keys().next().value as string);
      this.#plans.set(key, plans);
    }
    return plans.of(count);
  }

  #count(result: PacketResult): PacketResult {
    if (result.reason) this.#refusals[result.reason]++;
    else this.#accepted++;
    return result;
  }
}

function duplicate({ info }: Opened, { clients }: ChunkState): PacketResult | null {
  if (!clients.has(info.clientId)) return null;
  return refused('duplicate', `packet: chunk ${info.chunk} of sender ${info.clientId} is in already`);
}

/** Where the packet is added; before the inverse of `rotation` if it has the one of the chunk's first such packet. */
function sumsFor({ info, coded }: Opened, state: ChunkState): { sums: Float64Array; rotation: SharedRotation | null } {
  if (coded && coded.plan.dither !== 'none') {
    const rounds = coded.columns.tags[0] & 3;
    const rotation = state.rotation ?? { seed: info.seed, rounds, plan: coded.plan.rotation };
    if (rotation.seed === info.seed && rotation.rounds === rounds) {
      state.rotated ??= new Float64Array(info.count);
      return { sums: state.rotated, rotation };
    }
  }
  state.decoded ??= new Float64Array(info.count);
  return { sums: state.decoded, rotation: null };
}

/** @returns -1: there is no number that cannot be added */
function addPlain({ plain }: Opened, sums: Float64Array): number {
  const numbers = plain as Float32Array;
  for (let i = 0; i < sums.length; i++) sums[i] += numbers[i];
  return -1;
}

/** `bad`: what the kernel says, -1 if the packet has been added. */
function settle({ info }: Opened, state: ChunkState, rotation: SharedRotation | null, bad: number): PacketResult {
  if (bad >= 0) return refused('corrupt', 'packet: its record cannot be decoded');
  state.clients.add(info.clientId);
  if (rotation) state.rotation = rotation;
  return ACCEPTED;
}

function noRefusals(): Record<Refusal, number> {
  return { corrupt: 0, length: 0, round: 0, duplicate: 0 };
}

/** Writes the mean into zeros. */
function meanOfChunk({ clients, decoded, rotated, rotation }: ChunkState, out: Float32Array): void {
  const n = clients.size;
  if (n === 0) return;
  if (rotated && rotation) {
    for (let i = 0; i < out.length; i++) out[i] = rotated[i] / n;
    kernels().unrotate(rotation.plan, out, out, 0, rotation.rounds);
    // both parts can be as long as float32 allows
    if (decoded) for (let i = 0; i < out.length; i++) out[i] = saturated(out[i] + decoded[i] / n);
  } else if (decoded) {
    for (let i = 0; i < out.length; i++) out[i] = decoded[i] / n;
  }
}

const saturated = (v: number): number => Math.min(Math.max(v, -MAX_FLOAT32), MAX_FLOAT32);

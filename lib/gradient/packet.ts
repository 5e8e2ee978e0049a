// SPDX-License-Identifier: Apache-2.0
/**
 * Packets: a header, the record of one chunk of a gradient, and a CRC-32C; little-endian (FORMAT.md, section 3). A packet says
 * all that is needed to decode it.
 */
import { kernels } from '../backend.ts';
import { arrayTag, HadaquantFormatError, trueLength, typeError } from '../check.ts';
import { CODEC_NAMES } from '../codec/codec.ts';
import { checkGradientBits, GRADIENT_CODECS, type GradientCodecName, MAX_CHUNK } from './plan.ts';

const MAGIC = 0x50475148; // "HQGP"
const VERSION = 1;
const PLAIN = 255;
export const HEADER_BYTES = 60;
export const CRC_BYTES = 4;
const LEAST_BYTES = HEADER_BYTES + CRC_BYTES;

/** What a packet says of itself. */
export interface PacketInfo {
  /** 'eden', 'drive', 'quicfl', 'dithered' or 'f32'. */
  codec: GradientCodecName;
  /** Bits a coordinate. */
  bits: number;
  /** Sender, 0 to 2^32 - 1. */
  clientId: number;
  /** 0 to 2^53 - 1. */
  round: number;
  /** Coordinates of the whole gradient. */
  length: number;
  /** Number of the chunk, from 0. */
  chunk: number;
  /** First coordinate of the chunk. */
  first: number;
  /** Coordinates of the chunk, 1 to 2^18. */
  count: number;
  /** Seed of the rotation and of shared random draws; 0 for codec 'f32'. */
  seed: bigint;
}

/** Codecs have the numbers of FORMAT.md, section 1; plain numbers have none there. */
function codecNumber(codec: GradientCodecName): number {
  return codec === 'f32' ? PLAIN : CODEC_NAMES.indexOf(codec) + 1;
}

/** A packet with room for a record of `recordBytes`, its header written. */
export function newPacket(info: PacketInfo, recordBytes: number): Uint8Array {
  const packet = new Uint8Array(HEADER_BYTES + recordBytes + CRC_BYTES);
  const view = new DataView(packet.buffer);
  view.setUint32(0, MAGIC, true);
  packet[4] = VERSION;
  packet[5] = codecNumber(info.codec);
  view.setFloat32(8, info.bits, true);
  view.setUint32(12, info.clientId, true);
  view.setBigUint64(16, BigInt(info.round), true);
  view.setBigUint64(24, BigInt(info.length), true);
  view.setBigUint64(32, BigInt(info.first), true);
  view.setUint32(40, info.count, true);
  view.setUint32(44, info.chunk, true);
  view.setBigUint64(48, info.seed, true);
  view.setUint32(56, recordBytes, true);
  return packet;
}

/** The bytes between header and CRC. */
export function packetRecord(packet: Uint8Array): Uint8Array {
  return packet.subarray(HEADER_BYTES, packet.length - CRC_BYTES);
}

/** Writes the CRC when the record is complete. */
export function sealPacket(packet: Uint8Array): void {
  const end = packet.length - CRC_BYTES;
  new DataView(packet.buffer, packet.byteOffset).setUint32(end, kernels().crc32c(0, packet.subarray(0, end)), true);
}

/** @throws TypeError unless it is a Uint8Array (a Buffer is one) */
export function checkPacket(name: string, packet: unknown): void {
  if (arrayTag(packet) !== 'Uint8Array') throw typeError(name, 'a Uint8Array', packet);
}

/**
 * A packet's bytes as a plain Uint8Array: a subclass slices as it likes (a Buffer without copying). Copied if `copy`, and from
 * shared memory, where they could become others once they have been checked.
 */
export function packetBytes(packet: Uint8Array, copy = false): Uint8Array {
  const length = trueLength(packet);
  if (length === 0) return new Uint8Array(0); // perhaps detached
  const bytes = new Uint8Array(packet.buffer, packet.byteOffset, length);
  const shared = typeof SharedArrayBuffer !== 'undefined' && packet.buffer instanceof SharedArrayBuffer;
  return copy || shared ? bytes.slice() : bytes;
}

function fail(what: string): never {
  throw new HadaquantFormatError(`packet: ${what}`);
}

/**
 * What a packet says of itself, for routing and logs. The record inside is not looked at.
 * @throws TypeError if it is no Uint8Array; HadaquantFormatError if it is no whole packet, byte for byte as it was sent
 */
export function packetInfo(packet: Uint8Array): PacketInfo {
  checkPacket('packet', packet);
  return readHeader(packetBytes(packet));
}

/** `packetInfo` of plain bytes. */
export function readHeader(packet: Uint8Array): PacketInfo {
  if (packet.length < LEAST_BYTES) fail(`${packet.length} bytes are fewer than a header and its checksum`);
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  if (view.getUint32(0, true) !== MAGIC) fail('it does not begin with "HQGP"');
  const end = packet.length - CRC_BYTES;
  if (view.getUint32(end, true) !== kernels().crc32c(0, packet.subarray(0, end))) fail('its checksum is wrong');
  if (packet[4] !== VERSION) fail(`version ${packet[4]} is not one that this release reads (1)`);
  const codec = GRADIENT_CODECS.find((name) => codecNumber(name) === packet[5]);
  if (!codec) fail(`there is no codec ${packet[5]} for gradients`);
  const whole = (at: number, what: string) => {
    const value = view.getBigUint64(at, true);
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : fail(`${what} ${value} is beyond 2^53`);
  };
  const info: PacketInfo = {
    codec,
    bits: view.getFloat32(8, true),
    clientId: view.getUint32(12, true),
    round: whole(16, 'round'),
    length: whole(24, 'length'),
    chunk: view.getUint32(44, true),
    first: whole(32, 'first coordinate'),
    count: view.getUint32(40, true),
    seed: view.getBigUint64(48, true),
  };
  try {
    checkGradientBits(info.bits, codec);
  } catch (error) {
    fail((error as Error).message);
  }
  const { first, count, length } = info;
  if (count < 1 || count > MAX_CHUNK) fail(`${count} coordinates, where there can be 1 to ${MAX_CHUNK}`);
  if (first > length - count) fail(`coordinates ${first} to ${first + count - 1} of a gradient of ${length}`);
  if (view.getUint32(56, true) !== packet.length - LEAST_BYTES) fail('its size is not the one it names');
  if (packet[6] !== 0 || packet[7] !== 0) fail('bytes 6 and 7 are not 0');
  return info;
}

// SPDX-License-Identifier: Apache-2.0
/** What goes over the subjects beside gradient packets: small JSON objects, words, and packets of the mean with their senders. */
import { kernels } from '../backend.ts';
import type { Cut } from './shards.ts';

/** What a worker says when it asks for the member that sums a shard. */
export interface OpenRequest {
  readonly length: number;
  readonly chunk: number;
  readonly shards: number;
}

/**
 * Why there is no such member. 'settings': it was asked about another gradient. 'over': the round is over, its mean no longer kept.
 * 'failed': the mean could not be made. 'busy': as many rounds are open as may be. 'retry': ask again.
 */
export type OpenRefusal = 'settings' | 'over' | 'failed' | 'busy' | 'retry';

export type OpenReply = { readonly member: string } | { readonly refused: OpenRefusal; readonly message: string };

/**
 * Answers to packets. 'taken': it is in the sum. 'duplicate': it was already. 'late': the round is closed, it is not in. 'moved': this
 * member does not sum that shard. 'corrupt', 'length', 'round': refused.
 */
export type PacketAnswer = 'taken' | 'duplicate' | 'late' | 'moved' | 'corrupt' | 'length' | 'round';

export type RoundState = 'open' | 'closed' | 'moved' | 'over' | 'failed';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const encodeText = (text: string): Uint8Array => encoder.encode(text);
export const decodeText = (bytes: Uint8Array): string => decoder.decode(bytes);
export const encodeJson = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));

/**
 * What a member says of a packet or of a shard of a round, and which of its openings of that it speaks of: one that loses
 * a round and takes it again begins without a packet.
 */
export const encodeAnswer = (word: PacketAnswer | RoundState, opening: number | undefined): Uint8Array =>
  encodeText(opening === undefined ? word : `${word} ${opening}`);

export function decodeAnswer(bytes: Uint8Array): { word: string; opening: string | undefined } {
  const [word, opening] = decodeText(bytes).split(' ');
  return { word, opening };
}

/** The object that the bytes hold; undefined if they hold none. */
export function decodeJson(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

export function openRequest({ length, chunk, shards }: Cut): Uint8Array {
  return encodeJson({ length, chunk, shards: shards.length } satisfies OpenRequest);
}

export function decodeOpenReply(bytes: Uint8Array): OpenReply | undefined {
  const value = decodeJson(bytes);
  if (!value) return undefined;
  const { member, refused, message } = value;
  if (typeof member === 'string' && /^[0-9a-f]{32}$/.test(member)) return { member };
  if (typeof refused === 'string' && typeof message === 'string') return { refused: refused as OpenRefusal, message };
  return undefined;
}

const MEAN_TRAILER = 8;

/** A packet of the mean, then u32 senders, then a CRC-32C of both; little-endian. */
export function meanMessage(packet: Uint8Array, senders: number): Uint8Array {
  const message = new Uint8Array(packet.length + MEAN_TRAILER);
  message.set(packet);
  const view = new DataView(message.buffer);
  view.setUint32(packet.length, senders, true);
  view.setUint32(packet.length + 4, kernels().crc32c(0, message.subarray(0, packet.length + 4)), true);
  return message;
}

/** @returns null unless it is as it was made */
export function openMeanMessage(message: Uint8Array): { packet: Uint8Array; senders: number } | null {
  const end = message.length - MEAN_TRAILER;
  if (end < 0) return null;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  if (view.getUint32(end + 4, true) !== kernels().crc32c(0, message.subarray(0, end + 4))) return null;
  return { packet: message.subarray(0, end), senders: view.getUint32(end, true) };
}

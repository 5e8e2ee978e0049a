// SPDX-License-Identifier: Apache-2.0
/** Packets lost on purpose, the same ones in every mode. */
import { seedOf, uniforms } from './random.mjs';

const PURPOSE = 3;

/**
 * @param {number} rate share of packets lost, 0 to 1
 * @returns {(round: number, packet: number) => boolean} whether this worker's packet of the round is lost
 */
export function packetLoss(rate, seed, worker) {
  return (round, packet) => rate > 0 && uniforms(seedOf(seed, PURPOSE, worker, round, packet))() < rate;
}

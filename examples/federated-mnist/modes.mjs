// SPDX-License-Identifier: Apache-2.0
/** The ways of sending a gradient that are compared, by the names that --modes takes. */

/** @typedef {{ title: string, options: import('hadaquant/gradient').GradientCompressorOptions }} Mode */

/** @type {Readonly<Record<string, Mode>>} `options`: for a GradientCompressor, without those that all modes share */
export const MODES = {
  none: { title: 'f32, not compressed', options: { codec: 'f32' } },
  'eden-1': { title: '1-bit EDEN', options: { codec: 'eden', bits: 1 } },
  'eden-1-ef': { title: '1-bit EDEN, error feedback', options: { codec: 'eden', bits: 1, errorFeedback: true } },
  'quicfl-2': { title: '2-bit QUIC-FL', options: { codec: 'quicfl', bits: 2 } },
  'dithered-4': { title: '4-bit dithered', options: { codec: 'dithered', bits: 4 } },
};

/** What others are compared with. */
export const BASELINE = 'none';

/** Coordinates of a packet: more than the model has, so that a gradient is one packet with one header. */
export const CHUNK = 2 ** 18;

/** All options of the compressor of one worker. */
export function compressorOptions({ mode, length, seed, worker }) {
  // QUIC-FL's own randomness is seeded only so that a run can be made again
  return { ...MODES[mode].options, length, seed, clientId: worker, chunk: CHUNK, privateSeed: seed };
}

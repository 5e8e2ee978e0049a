// SPDX-License-Identifier: Apache-2.0
/** Packets that are damaged, foreign or forged: refused and counted, nothing is thrown, and the mean stays what it was. */
import { expect, it } from 'vitest';
import { HadaquantFormatError } from '../../lib/check.ts';
import { type GradientAggregator, packetInfo } from '../../lib/gradient/index.ts';
import { forEachBackend } from '../backends.ts';
import { random } from '../random-inputs.ts';
import { expectSameBits } from '../same-bits.ts';
import { CRC_BYTES, forged, HEADER_BYTES, recordOf, withRecord } from './forge.ts';
import {
  FEW_GRADIENT_CASES,
  GRADIENT_CASES,
  type GradientCase,
  gradient,
  receiver,
  sender,
  titled,
} from './senders.ts';

const length = 40;
const chunk = 24;

/** An aggregator that has the packets of sender 1, and the two packets that sender 0 would send. */
function scene(c: GradientCase): { aggregator: GradientAggregator; packets: Uint8Array[]; expected: Float32Array } {
  const aggregator = receiver({ length, chunk });
  for (const packet of sender(c, { length, chunk, clientId: 1 }).compress(gradient(length, 2), { round: 0 })) {
    aggregator.add(packet);
  }
  const packets = sender(c, { length, chunk }).compress(gradient(length), { round: 0 });
  return { aggregator, packets, expected: aggregator.mean() };
}

/** All are refused, by `add` and `addAsync`, and the true packets are still taken afterwards. */
async function expectRefused(c: GradientCase, make: (packet: Uint8Array) => Uint8Array[], reason: string) {
  const { aggregator, packets, expected } = scene(c);
  const bad = make(packets[0]);
  bad.forEach((packet, i) => {
    const result = aggregator.add(packet);
    if (result.reason !== reason) expect.fail(`packet ${i} of ${bad.length}: ${result.reason} (${result.message})`);
    expect(result.message).toMatch(/^packet: ./);
    if (reason === 'corrupt') return;
    expect(packetInfo(packet)).toBeDefined(); // a header that says what it is
  });
  const results = await aggregator.addAsync(bad);
  expect(results.every((result) => result.reason === reason)).toBe(true);
  expect(aggregator.refused).toEqual({ corrupt: 0, length: 0, round: 0, duplicate: 0, [reason]: 2 * bad.length });
  expect(aggregator.accepted).toBe(2);
  expectSameBits(aggregator.mean(), expected);
  for (const packet of packets) expect(aggregator.add(packet).accepted).toBe(true);
  const { aggregator: clean } = scene(c);
  for (const packet of packets) clean.add(packet);
  expectSameBits(aggregator.mean(), clean.mean());
}

const noise = (n: number, seed: number) => {
  const r = random(seed);
  return Uint8Array.from({ length: n }, () => r.below(256));
};

forEachBackend('damaged packets', () => {
  it.each(titled(FEW_GRADIENT_CASES))('%s: every byte flipped, one at a time', async (_, c) => {
    await expectRefused(
      c,
      (packet) =>
        [...packet].flatMap((_, at) =>
          [0x01, 0x80, 0xff].map((mask) => {
            const copy = packet.slice();
            copy[at] ^= mask;
            return copy;
          }),
        ),
      'corrupt',
    );
  });

  it.each(titled(FEW_GRADIENT_CASES))('%s: cut short anywhere, or longer', async (_, c) => {
    await expectRefused(
      c,
      (packet) => [
        ...Array.from({ length: packet.length }, (_, n) => packet.slice(0, n)),
        ...[1, 2, 4, 60, 1000].map((n) => new Uint8Array([...packet, ...noise(n, n)])),
        new Uint8Array([...packet, ...packet]),
        packet.slice(1),
      ],
      'corrupt',
    );
  });

  it('random bytes, zeros, and other formats', async () => {
    await expectRefused(
      FEW_GRADIENT_CASES[0],
      () => [
        ...Array.from({ length: 200 }, (_, n) => noise(n, n)),
        new Uint8Array(500),
        new Uint8Array(500).fill(255),
        new TextEncoder().encode(`HADAQIDX${'x'.repeat(80)}`),
        new TextEncoder().encode(`HQGP${'x'.repeat(80)}`),
      ],
      'corrupt',
    );
  });
});

const BIG = 0xffffffffffffffffn;
type Change = (view: DataView, bytes: Uint8Array) => void;

/** Header fields with values that no compressor writes there, and why such a packet is refused. */
const HEADERS: Record<string, [reason: string, changes: Change[]]> = {
  magic: ['corrupt', [0, 1, 0xffffffff].map((v) => (view) => view.setUint32(0, v, true))],
  version: ['corrupt', [0, 2, 255].map((v) => (view) => view.setUint8(4, v))],
  'codec that there is not': ['corrupt', [0, 5, 6, 7, 8, 9, 254].map((v) => (view) => view.setUint8(5, v))],
  'bytes 6 and 7': [
    'corrupt',
    [1, 255].flatMap((v) =>
      [6, 7].map(
        (at): Change =>
          (view) =>
            view.setUint8(at, v),
      ),
    ),
  ],
  bits: [
    'corrupt',
    [0, -1, 0.25, 8.5, 31, 33, 1e30, Number.NaN, Infinity, -Infinity].map((v) => (view) => view.setFloat32(8, v, true)),
  ],
  'round beyond 2^53': ['corrupt', [2n ** 53n, BIG].map((v) => (view) => view.setBigUint64(16, v, true))],
  'another round': ['round', [1n, 2n ** 53n - 1n].map((v) => (view) => view.setBigUint64(16, v, true))],
  'length beyond 2^53': ['corrupt', [2n ** 53n, BIG].map((v) => (view) => view.setBigUint64(24, v, true))],
  'length that the coordinates exceed': ['corrupt', [0n, 1n, 23n].map((v) => (view) => view.setBigUint64(24, v, true))],
  'another length': [
    'length',
    [24n, 41n, 2n ** 40n, 2n ** 53n - 1n].map((v) => (view) => view.setBigUint64(24, v, true)),
  ],
  'first coordinate beyond': [
    'corrupt',
    [17n, 40n, 2n ** 53n, BIG].map((v) => (view) => view.setBigUint64(32, v, true)),
  ],
  'another first coordinate': ['length', [1n, 16n].map((v) => (view) => view.setBigUint64(32, v, true))],
  'no count or too many': [
    'corrupt',
    [0, 41, 2 ** 18 + 1, 2 ** 32 - 1].map((v) => (view) => view.setUint32(40, v, true)),
  ],
  'another count': ['length', [1, 23, 25, 40].map((v) => (view) => view.setUint32(40, v, true))],
  'another chunk': ['length', [1, 2, 2 ** 32 - 1].map((v) => (view) => view.setUint32(44, v, true))],
  'size of the record': ['corrupt', [0, 1, 2 ** 31, 2 ** 32 - 1].map((v) => (view) => view.setUint32(56, v, true))],
};

forEachBackend('packets whose checksum is right', () => {
  it.each(Object.entries(HEADERS))('header: %s', async (_, [reason, changes]) => {
    for (const c of FEW_GRADIENT_CASES) {
      await expectRefused(c, (packet) => changes.map((change) => forged(packet, change)), reason);
    }
  });

  it.each(titled(GRADIENT_CASES))('%s: records of another size', async (_, c) => {
    await expectRefused(
      c,
      (packet) => {
        const record = recordOf(packet);
        return [
          ...[0, 1, 9, record.length - 1].map((n) => withRecord(packet, record.slice(0, n))),
          withRecord(packet, new Uint8Array([...record, 0])),
          withRecord(packet, new Uint8Array([...record, ...record])),
          withRecord(packet, new Uint8Array([...record, ...noise(10_000, 1)])),
        ];
      },
      'corrupt',
    );
  });

  it.each(titled(GRADIENT_CASES.filter(({ codec }) => codec !== 'f32')))(
    '%s: rounds, draws and scales that there are not',
    async (_, c) => {
      const { packets } = scene(c);
      // codes, f32 scale, f32 norm, u8 tag (FORMAT.md, section 1); quicfl: and u32 nonce, u32 outliers, outliers
      const record = recordOf(packets[0]);
      const codes = c.codec === 'quicfl' ? planeBytes(chunk, c.bits) : record.length - 9;
      const scale = HEADER_BYTES + codes;
      const draws = c.codec === 'dithered' ? [0, 64, 64, 32, 32, 16, 16, 16, 16][c.bits] : 1;
      const tags = Array.from({ length: 256 }, (_, tag) => tag).filter(
        (tag) => (tag & 3) === 0 || (c.codec !== 'quicfl' && tag >> 2 >= draws),
      );
      await expectRefused(
        c,
        (packet) => [
          ...tags.map((tag) => forged(packet, (view) => view.setUint8(scale + 8, tag))),
          ...[Number.NaN, Infinity, -Infinity].map((v) => forged(packet, (view) => view.setFloat32(scale, v, true))),
        ],
        'corrupt',
      );
    },
  );

  it('quicfl: outliers that there are not', async () => {
    for (const bits of [1, 3]) {
      const c = { codec: 'quicfl', bits } as const;
      const codes = planeBytes(chunk, bits);
      const outliers = (count: number, list: [number, number][]) => (packet: Uint8Array) => {
        const record = new Uint8Array(codes + 17 + 8 * list.length);
        record.set(recordOf(packet).subarray(0, codes + 13));
        const view = new DataView(record.buffer);
        view.setUint32(codes + 13, count, true);
        list.forEach(([coordinate, value], i) => {
          view.setUint32(codes + 17 + 8 * i, coordinate, true);
          view.setFloat32(codes + 21 + 8 * i, value, true);
        });
        return withRecord(packet, record);
      };
      const bad = [
        outliers(1, []),
        outliers(2 ** 32 - 1, []),
        outliers(0, [[0, 1]]),
        outliers(1, [[24, 1]]),
        outliers(1, [[2 ** 32 - 1, 1]]),
        outliers(2, [
          [3, 1],
          [3, 1],
        ]),
        outliers(2, [
          [3, 1],
          [2, 1],
        ]),
        ...[Number.NaN, Infinity, -Infinity, 5, -3e38].map((v) => outliers(1, [[0, v]])),
      ];
      await expectRefused(c, (packet) => bad.map((make) => make(packet)), 'corrupt');
    }
  });

  it('f32: numbers that are not finite', async () => {
    await expectRefused(
      { codec: 'f32', bits: 32 },
      (packet) =>
        [Number.NaN, Infinity, -Infinity].flatMap((v) =>
          [0, 1, 23].map((i) => forged(packet, (view) => view.setFloat32(HEADER_BYTES + 4 * i, v, true))),
        ),
      'corrupt',
    );
  });

  it.each(titled(GRADIENT_CASES))('%s: whatever the record holds, the mean is finite', async (_, c) => {
    const { packets } = scene(c);
    for (let seed = 1; seed <= 12; seed++) {
      const { aggregator } = scene(c);
      const r = random(seed);
      const forgeries = packets.map((packet, i) =>
        forged(packet, (view, bytes) => {
          const from = HEADER_BYTES;
          const to = bytes.length - CRC_BYTES;
          if (seed % 2) bytes.set(noise(to - from, 2 * seed + i), from);
          else for (let k = 0; k < 3; k++) bytes[from + r.below(to - from)] = r.below(256);
          // a scale of any size, and a tag that there may be
          if (seed % 3 && c.codec !== 'f32') {
            const scale =
              from + (c.codec === 'quicfl' ? planeBytes(i ? length - chunk : chunk, c.bits) : to - from - 9);
            view.setFloat32(scale, [3.4e38, -3.4e38, 1e-45, 1][r.below(4)], true);
            view.setUint8(scale + 8, 1 + r.below(3));
            if (c.codec === 'quicfl') view.setUint32(scale + 13, (to - scale - 17) / 8, true);
          }
        }),
      );
      const later = scene(c).aggregator;
      const results = forgeries.map((packet) => aggregator.add(packet));
      expect(await later.addAsync(forgeries)).toEqual(results);
      const mean = aggregator.mean();
      expect(mean.every(Number.isFinite)).toBe(true);
      expectSameBits(later.mean(), mean);
      expect(aggregator.accepted + aggregator.refused.corrupt).toBe(4);
    }
  });

  it('means that saturate in two ways at once are finite', () => {
    const top = 3.4028234663852886e38;
    const aggregator = receiver({ length: 64, chunk: 64 });
    // all codes the largest: constant before the inverse rotation, 8 times as large at coordinate 0 after it, where the two seeds
    // have other signs
    for (const [clientId, seed] of [5, 5, 5, 6, 6, 6].entries()) {
      const c = { codec: 'dithered', bits: 1 } as const;
      const [packet] = sender(c, { length: 64, chunk: 64, clientId, seed }).compress(gradient(64), { round: 0 });
      aggregator.add(
        forged(packet, (view, bytes) => {
          bytes.fill(0xff, HEADER_BYTES, HEADER_BYTES + 8);
          view.setFloat32(HEADER_BYTES + 8, seed === 5 ? -top : top, true);
        }),
      );
    }
    const plain = sender({ codec: 'f32', bits: 32 }, { length: 64, chunk: 64, clientId: 9 });
    aggregator.add(plain.compress(new Float32Array(64).fill(top), { round: 0 })[0]);
    expect(aggregator.accepted).toBe(7);
    const mean = aggregator.mean();
    expect(mean.every(Number.isFinite)).toBe(true);
    expect(mean).toContain(Math.fround(top));
  });

  it('a record that cannot be decoded does not choose the rotation of the sums', () => {
    const c = { codec: 'dithered', bits: 2 } as const;
    const { packets } = scene(c);
    const others = sender(c, { length, chunk, clientId: 2 }).compress(gradient(length, 3), { round: 0 });
    const stranger = sender(c, { length, chunk, clientId: 3, seed: 77 }).compress(gradient(length), { round: 0 });
    const bad = forged(stranger[0], (view, bytes) => view.setUint8(bytes.length - CRC_BYTES - 1, 0xfd)); // draw 63 + round 1
    const noDraw = forged(bad, (view, bytes) => view.setFloat32(bytes.length - CRC_BYTES - 9, Number.NaN, true));
    const clean = receiver({ length, chunk });
    const attacked = receiver({ length, chunk });
    expect(attacked.add(noDraw).reason).toBe('corrupt');
    for (const packet of [...packets, ...others]) {
      clean.add(packet);
      attacked.add(packet);
    }
    // added in the same order and domain: the same bits, not merely nearly so
    expectSameBits(attacked.mean(), clean.mean());
  });
});

forEachBackend('packetInfo', () => {
  it('says what is wrong', () => {
    const [packet] = scene(FEW_GRADIENT_CASES[0]).packets;
    const rows: [Uint8Array, string][] = [
      [packet.slice(0, 63), 'packet: 63 bytes are fewer than a header and its checksum'],
      [new Uint8Array(100), 'packet: it does not begin with "HQGP"'],
      [packet.map((v, i) => (i === 70 ? v ^ 1 : v)), 'packet: its checksum is wrong'],
      [forged(packet, (view) => view.setUint8(4, 9)), 'packet: version 9 is not one that this release reads (1)'],
      [forged(packet, (view) => view.setUint8(5, 7)), 'packet: there is no codec 7 for gradients'],
      [forged(packet, (view) => view.setFloat32(8, 9, true)), 'packet: bits must be a number from 0.5 to 8, got 9'],
      [forged(packet, (view) => view.setUint32(56, 3, true)), 'packet: its size is not the one it names'],
    ];
    for (const [bytes, message] of rows) expect(() => packetInfo(bytes)).toThrow(new HadaquantFormatError(message));
  });
});

/** Bytes of `count` codes. */
function planeBytes(count: number, bits: number): number {
  return [8, 4, 2, 1].reduce((sum, w) => sum + (bits & w ? Math.ceil((count * w) / 8) : 0), 0);
}

// SPDX-License-Identifier: Apache-2.0
import type { ShardRound } from './round.ts';

/** The shards of rounds that a member sums, or has summed and keeps the means of. */
export class RoundTable {
  readonly #rounds = new Map<string, ShardRound>();
  /** For each shard: rounds up to this one are over, their means forgotten. */
  readonly #over: number[];
  readonly #keep: number;

  constructor(shards: number, keep: number) {
    this.#over = new Array<number>(shards).fill(-1);
    this.#keep = keep;
  }

  /** Those that take packets, or whose mean is being made. */
  get open(): number {
    let open = 0;
    for (const { state } of this.#rounds.values()) if (state === 'open' || state === 'closing') open++;
    return open;
  }

  get(round: number, shard: number): ShardRound | undefined {
    return this.#rounds.get(`${round}.${shard}`);
  }

  isOver(round: number, shard: number): boolean {
    return round <= (this.#over[shard] ?? -1);
  }

  add(round: ShardRound): void {
    this.#rounds.set(`${round.round}.${round.shard}`, round);
  }

  remove(round: ShardRound): void {
    if (this.get(round.round, round.shard) === round) this.#rounds.delete(`${round.round}.${round.shard}`);
  }

  all(): ShardRound[] {
    return [...this.#rounds.values()];
  }

  /** Keeps the newest rounds of the shard that have ended, and no others. */
  forgetOld(shard: number): void {
    const ended = this.all()
      .filter((round) => round.shard === shard && (round.state === 'closed' || round.state === 'failed'))
      .sort((a, b) => b.round - a.round);
    for (const round of ended.slice(this.#keep)) {
      this.remove(round);
      this.#over[shard] = Math.max(this.#over[shard], round.round);
    }
  }

  clear(): void {
    for (const round of this.#rounds.values()) clearTimeout(round.deadline);
    this.#rounds.clear();
  }
}

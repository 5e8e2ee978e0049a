// SPDX-License-Identifier: Apache-2.0
/**
 * Which member of the group sums a shard of a round: exactly one. With several members the key-value store of JetStream decides,
 * by compare-and-set: who creates the entry has it, who finds its owner gone may replace it, and an owner whose entry was
 * replaced may not close the round any more.
 */
import type { KV } from 'nats';
import { decodeJson, encodeJson, type RoundState } from './messages.ts';

/** `member` null: the round is over or has failed there. */
export type Taken = { readonly member: string } | { readonly member: null; readonly state: 'over' | 'failed' };

export interface Owners {
  /** The member that sums it, this one if no other does. */
  take(round: number, shard: number): Promise<Taken>;
  /** Whether it is still this member. */
  holds(round: number, shard: number): Promise<boolean>;
  /** Ends the summing; false if another member has taken it over. */
  close(round: number, shard: number): Promise<boolean>;
}

/** The job's only aggregator. */
export class SoloOwner implements Owners {
  readonly #member: string;

  constructor(member: string) {
    this.#member = member;
  }

  async take(): Promise<Taken> {
    return { member: this.#member };
  }

  async holds(): Promise<boolean> {
    return true;
  }

  async close(): Promise<boolean> {
    return true;
  }
}

/** What a member says of a shard of a round; null if it is gone. */
export type AskMember = (member: string, round: number, shard: number) => Promise<RoundState | null>;

const WRONG_LAST_SEQUENCE = 10071;
const ATTEMPTS = 10;

export class SharedOwners implements Owners {
  readonly #kv: KV;
  readonly #member: string;
  readonly #ask: AskMember;

  constructor(kv: KV, member: string, ask: AskMember) {
    this.#kv = kv;
    this.#member = member;
    this.#ask = ask;
  }

  async take(round: number, shard: number): Promise<Taken> {
    const key = keyOf(round, shard);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const entry = await this.#read(key);
      if (entry?.member === this.#member) return { member: this.#member };
      if (entry?.member) {
        const state = await this.#ask(entry.member, round, shard);
        if (state === 'over' || state === 'failed') return { member: null, state };
        if (state === 'open' || state === 'closed') return { member: entry.member };
      }
      if (await this.#write(key, entry?.revision ?? 0, false)) return { member: this.#member };
    }
    throw new Error(`${key}: other members keep changing its entry`);
  }

  async holds(round: number, shard: number): Promise<boolean> {
    const entry = await this.#read(keyOf(round, shard));
    return entry?.member === this.#member;
  }

  async close(round: number, shard: number): Promise<boolean> {
    const key = keyOf(round, shard);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const entry = await this.#read(key);
      if (entry?.member !== this.#member) return false;
      // closed already: by a write whose answer was lost
      if (entry.closed || (await this.#write(key, entry.revision, true))) return true;
    }
    throw new Error(`${key}: other members keep changing its entry`);
  }

  async #read(key: string): Promise<{ member: string | null; closed: boolean; revision: number } | null> {
    const entry = await this.#kv.get(key);
    if (!entry) return null;
    const value = decodeJson(entry.value);
    const member = typeof value?.['member'] === 'string' ? value['member'] : null;
    return { member, closed: value?.['closed'] === true, revision: entry.revision };
  }

  /** False if the entry is no longer that revision (0: there was none). */
  async #write(key: string, revision: number, closed: boolean): Promise<boolean> {
    try {
      await this.#kv.put(key, encodeJson({ member: this.#member, closed }), { previousSeq: revision });
      return true;
    } catch (error) {
      const code = (error as { api_error?: { err_code?: number } }).api_error?.err_code;
      if (code === WRONG_LAST_SEQUENCE) return false;
      throw error;
    }
  }
}

function keyOf(round: number, shard: number): string {
  return `${round}.${shard}`;
}

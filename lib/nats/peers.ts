// SPDX-License-Identifier: Apache-2.0
import { type Link, pause } from './link.ts';
import { decodeAnswer, encodeText, type RoundState } from './messages.ts';
import type { Subjects } from './subjects.ts';

/** How long another member may be unreachable before it counts as gone: as long as a reconnect usually takes. */
const ATTEMPTS = 5;
const TIMEOUT = 500;
const PAUSE = 250;
const REMEMBERED = 64;

/** The other members of the group, as far as this one has to ask them. */
export class Peers {
  readonly #link: Link;
  readonly #subjects: Subjects;
  readonly #signal: AbortSignal;
  /** Members that did not answer, asked only once the next time: a job may find many entries of one that is dead. */
  readonly #gone = new Set<string>();

  constructor(link: Link, subjects: Subjects, signal: AbortSignal) {
    this.#link = link;
    this.#subjects = subjects;
    this.#signal = signal;
  }

  /** What a member says of a shard; null if it does not answer for so long that it is taken for gone. */
  async ask(member: string, round: number, shard: number): Promise<RoundState | null> {
    const subject = this.#subjects.to(member, 'state', round, shard);
    const attempts = this.#gone.has(member) ? 1 : ATTEMPTS;
    for (let attempt = 1; !this.#signal.aborted; attempt++) {
      const answer = await this.#link.ask(subject, encodeText(''), TIMEOUT, this.#signal);
      if (answer.kind === 'reply') {
        this.#gone.delete(member);
        return decodeAnswer(answer.data).word as RoundState;
      }
      if (attempt === attempts) break;
      await pause(PAUSE, this.#signal);
    }
    if (this.#signal.aborted) throw new Error('this aggregator is closing');
    this.#gone.add(member);
    if (this.#gone.size > REMEMBERED) this.#gone.delete(this.#gone.values().next().value as string);
    return null;
  }
}

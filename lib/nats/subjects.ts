// SPDX-License-Identifier: Apache-2.0
/** All subjects of a job; docs/nats.md explains them. */
import { rangeError, typeError } from '../check.ts';

export const QUEUE_GROUP = 'aggregators';

export function checkJob(value: unknown): string {
  const expected = 'a name of 1 to 64 letters, digits, - and _';
  if (typeof value !== 'string') throw typeError('job', expected, value);
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(value)) throw rangeError('job', expected, value);
  return value;
}

/** What a member of the group of aggregators is asked for, of one shard of one round. */
export type Request = 'packet' | 'state' | 'mean';

export class Subjects {
  readonly #root: string;

  constructor(job: string) {
    this.#root = `hadaquant.${job}`;
  }

  /** Which member sums this shard of this round? */
  open(round: number | '*', shard: number | '*'): string {
    return `${this.#root}.open.${round}.${shard}`;
  }

  /** To one member. */
  to(member: string, request: Request, round: number, shard: number, chunk?: number): string {
    const end = chunk === undefined ? '' : `.${chunk}`;
    return `${this.#root}.to.${member}.${request}.${round}.${shard}${end}`;
  }

  /** All that is for one member. */
  toMember(member: string): string {
    return `${this.#root}.to.${member}.>`;
  }

  /** The mean's packets, from the member to all workers. */
  mean(round: number, shard: number | '*'): string {
    return `${this.#root}.mean.${round}.${shard}`;
  }

  /** Bulk: batches of rows, their records, and what the job is. */
  rows(batch: number | '*'): string {
    return `${this.#root}.rows.${batch}`;
  }

  records(batch: number | '*'): string {
    return `${this.#root}.records.${batch}`;
  }

  description(): string {
    return `${this.#root}.job`;
  }
}

/** The last `count` tokens of a subject that are numbers; null if they are not. */
export function lastNumbers(subject: string, count: number): number[] | null {
  const tokens = subject.split('.').slice(-count);
  const numbers = tokens.map((token) => (/^\d{1,16}$/.test(token) ? Number(token) : -1));
  return numbers.every((n) => n >= 0 && Number.isSafeInteger(n)) ? numbers : null;
}

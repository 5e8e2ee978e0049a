// SPDX-License-Identifier: Apache-2.0
/**
 * Encoding and search of real embeddings, hadaquant in this process and faiss and turbovec in another, in turns. All get
 * the same unit vectors and answer the same queries by inner product.
 */
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { hitsOf, K, searchSet } from '../choosing/sets.mjs';
import { median, quartiles } from '../stats.mjs';
import { OwnIndexes, ownName } from './own_indexes.mjs';
import { PythonPeers, pythonCommand } from './python_peers.mjs';

const SETS = ['use-512', 'glove-100'];
const THREADS = [1, 2];
const ROWS = 100_000;
const QUERIES = 1000;
/** Searches take a second each: more rounds than this tell nothing new. */
const MOST_SEARCH_ROUNDS = 21;
const MOST_ENCODE_ROUNDS = 3;
/** A slow index gets fewer queries a call, so that nobody's turn is much longer than this. */
const TURN_SECONDS = 1.2;
const QUERY_COUNTS = [10, 20, 50, 100, 200, 500, QUERIES];

/** The width with which each is compared; every other one is a peer at 4 bits. */
const OTHER_BITS = {
  [ownName(8)]: 8,
  'faiss SQ8': 8,
  [ownName(1)]: 1,
  'faiss RaBitQfs1': 1,
  'faiss PQ FastScan, 1 bit': 1,
};

const endToEndId = (set, threads) => `peers/end-to-end/${set}/${threads}`;
const cacheFile = (name) => fileURLToPath(new URL(`../data/cache/${name}.npy`, import.meta.url));

function shuffle(items) {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
}

/** Everybody by name, whichever process they are in. */
async function contendersOf(set, own, python) {
  const ours = own.names().map((name) => ({
    name,
    find: () => own.find(name, K),
    encode: () => own.encode(name),
    search: (count) => own.search(name, count, K),
  }));
  const names = await python.ask(
    'load',
    cacheFile(`${set.name}.corpus`),
    cacheFile(`${set.name}.queries`),
    ROWS,
    QUERIES,
  );
  const theirs = names.map((name) => ({
    name,
    find: async () => Float64Array.from(await python.ask('find', name, K)),
    encode: () => python.ask('encode', name),
    search: (count) => python.ask('search', name, count, K),
  }));
  return [...ours, ...theirs].map((contender) => ({ ...contender, encodes: [], searches: [], singles: [] }));
}

/** As many queries as keep a turn short, tried from few to many: a larger batch never makes a query slower. */
async function queriesATurn(contender) {
  let count = QUERY_COUNTS[0];
  for (const next of QUERY_COUNTS.slice(1)) {
    const seconds = await contender.search(count);
    if ((seconds * next) / count > TURN_SECONDS) break;
    count = next;
  }
  return count;
}

async function inRounds(contenders, rounds, turn) {
  const order = [...contenders];
  for (let round = 0; round < rounds; round++) {
    shuffle(order);
    for (const contender of order) await turn(contender);
  }
}

async function measureSet(set, threads, python, rounds, note) {
  const id = endToEndId(set.name, threads);
  const contenders = await contendersOf(set, new OwnIndexes(set, threads, ROWS, QUERIES), python);
  note(`${id}: recall`);
  for (const contender of contenders) {
    const hits = hitsOf(set, await contender.find());
    contender.recall = hits.reduce((a, b) => a + b, 0) / (hits.length * K);
  }
  note(`${id}: encoding`);
  // the first time also warms everybody up
  for (const contender of contenders) contender.bytes = (await contender.encode()).bytes;
  await inRounds(contenders, Math.min(rounds, MOST_ENCODE_ROUNDS), async (contender) => {
    contender.encodes.push((await contender.encode()).seconds);
  });
  note(`${id}: search`);
  for (const contender of contenders) contender.queries = await queriesATurn(contender);
  await inRounds(contenders, Math.min(rounds, MOST_SEARCH_ROUNDS), async (contender) => {
    contender.searches.push((await contender.search(contender.queries)) / contender.queries);
    contender.singles.push(await contender.search(1));
  });
  return contenders.map((contender) => summarize(contender, contenders)).sort((a, b) => a.bits - b.bits);
}

function summarize({ name, recall, bytes, queries, encodes, searches, singles }, contenders) {
  const bits = OTHER_BITS[name] ?? 4;
  const own = contenders.find((c) => c.name === ownName(bits));
  const isOwn = own.name === name;
  return {
    name,
    bits,
    bytes_per_vector: bytes / ROWS,
    recall_at_10: recall,
    encoded_per_second: ROWS / median(encodes),
    queries_per_second: 1 / median(searches),
    queries_per_second_quartiles: quartiles(searches.map((s) => 1 / s)),
    queries_a_call: queries,
    one_query_us: median(singles) * 1e6,
    ...(!isOwn && {
      encode_speedup: median(encodes) / median(own.encodes),
      search_speedup: median(searches) / median(own.searches),
      one_query_speedup: median(singles) / median(own.singles),
    }),
  };
}

/** The process with the peers, or undefined after a note that says why there is none. */
async function startPython(command, threads, note) {
  const python = new PythonPeers(command, threads);
  try {
    const { faiss, turbovec } = await python.ask('about');
    if (!faiss && !turbovec) throw new Error('neither faiss nor turbovec is installed');
    if (!faiss) note(`faiss is left out: ${command} does not have it (pip install faiss-cpu)`);
    if (!turbovec) note(`turbovec is left out: ${command} does not have it (pip install turbovec)`);
    return { python, versions: { ...(faiss && { faiss }), ...(turbovec && { turbovec }) } };
  } catch (error) {
    python.close();
    note(`faiss and turbovec are left out: ${command}: ${error.message} (bench/README.md says how to install them)`);
    return undefined;
  }
}

/** @returns {Promise<{ runs: object[], versions: object }>} a run for each set and number of threads */
export async function runEndToEnd({ rounds, only, python: option }, note) {
  const runs = [];
  let versions = {};
  for (const threads of THREADS) {
    const names = SETS.filter((name) => endToEndId(name, threads).includes(only));
    if (names.length === 0) continue;
    if (threads > os.availableParallelism()) {
      note(`end to end on ${threads} threads is left out: this process may use ${os.availableParallelism()} core`);
      continue;
    }
    const started = await startPython(pythonCommand(option), threads, note);
    if (!started) break;
    versions = started.versions;
    try {
      for (const name of names) {
        const set = await searchSet(name);
        if (!set) {
          note(`${name} is left out: npm --prefix bench/data run make`);
          continue;
        }
        const contenders = await measureSet(set, threads, started.python, rounds, note);
        runs.push({
          id: endToEndId(name, threads),
          set: name,
          dim: set.corpus.dim,
          rows: ROWS,
          distinct: set.corpus.rows,
          queries: QUERIES,
          threads,
          contenders,
        });
      }
    } finally {
      started.python.close();
    }
  }
  return { runs, versions };
}

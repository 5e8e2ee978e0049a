// SPDX-License-Identifier: Apache-2.0
/** What `--help` prints. */
import type { CommandName } from './options.ts';

export const SUMMARY = `hadaquant: compress float vectors to 0.5 .. 8 bits a coordinate, and search them in that form

Usage:
  hadaquant compress INPUT -o OUT.hq [options]       vectors (.npy, .fvecs) to an index file
  hadaquant search INDEX QUERIES [options]           nearest vectors of each query
  hadaquant decompress INDEX -o OUT [options]        an index file back to vectors (.npy, .fvecs)
  hadaquant info INDEX [options]                     what an index file holds

Options:
  -h, --help       this text; after a command, the help of that command
  -V, --version    the version

Examples:
  hadaquant compress embeddings.npy -o corpus.hq --bits 4 --center mean
  hadaquant search corpus.hq queries.npy -k 10
  hadaquant compress --help

Exit codes: 0 done, 1 failed (a file is missing, damaged, ...), 2 wrong usage, 130 stopped by Ctrl-C.

Environment:
  HADAQUANT_BACKEND   native, wasm or js: which kernels work (default: the first that can be loaded)
  HADAQUANT_ISA       scalar, avx2, avx512, avx512icl, neon or neondot: instruction set of the native kernels
  HADAQUANT_DEBUG=1   errors with their stack trace
`;

export const HELP: Readonly<Record<CommandName, string>> = {
  compress: `hadaquant compress INPUT -o OUT.hq [options]

Compresses the vectors of INPUT to an index file that search, decompress and FlatIndex.open read. INPUT may be larger
than memory. OUT is replaced when the new file is complete; until then, and if anything fails, it stays as it was.

  INPUT                  .npy: rows x dim, or one vector; float16, 32 or 64; C order. .fvecs

Options:
  -o, --output OUT       the index file (required)
  --bits B               bits a coordinate, 0.5 to 8, fractions too (default: 4)
  --codec NAME           eden (default); vq (1, 2 or 4 bits: a little more exact); drive (1 bit: signs);
                         dithered, uniform, turboquant-mse, turboquant-prod (docs/choosing.md)
  --metric NAME          cosine (default), ip (inner product) or l2 (Euclidean distance)
  --seed N               seed of the random rotation, 0 to 2^64 - 1 (default: 0)
  --rounds R             Hadamard rounds: auto (default; 1 to 3, as each vector needs), 1, 2 or 3
  --center C             subtracted from every vector before coding: none (default), mean (reads INPUT twice), or a
                         .npy or .fvecs file of one vector. For cosine it applies to vectors of length 1
  --threads N            1 to 64 (default: the number of CPUs, at most 4)
  --json                 print what was done as one JSON object
  -h, --help             this text

Examples:
  hadaquant compress embeddings.npy -o corpus.hq
  hadaquant compress sift_base.fvecs -o sift.hq --metric l2 --bits 2 --center mean
`,
  search: `hadaquant search INDEX QUERIES [options]

Finds the k nearest vectors of INDEX for each vector of QUERIES, by estimates from their codes: every query is compared
with every code. Prints a table: query (row of QUERIES, from 0), rank (from 1), id, score. The score is the estimated
cosine, inner product (larger is nearer), or Euclidean distance (smaller is nearer), by the metric of the index.

  INDEX                  an index file (hadaquant compress, FlatIndex.save)
  QUERIES                .npy or .fvecs, of the same dimension

Options:
  -k N                   results a query (default: 10)
  --threads N            1 to 64 (default: the number of CPUs, at most 4)
  --json                 print one JSON object a query and line: {"query":0,"ids":[...],"scores":[...]}
  -h, --help             this text

Examples:
  hadaquant search corpus.hq queries.npy -k 10
  hadaquant search corpus.hq queries.npy -k 100 --json > results.jsonl
`,
  decompress: `hadaquant decompress INDEX -o OUT [options]

Decodes the vectors of an index file, in their order there. They are near the originals, not equal to them. An index for
cosine stores no lengths: its vectors come back as unit vectors. All checksums of INDEX are checked first.

  INDEX                  an index file (hadaquant compress, FlatIndex.save)

Options:
  -o, --output OUT       the file to write, .npy or .fvecs (required)
  --dtype T              numbers of a .npy file: f4 (float32, default), f2 (float16) or f8 (float64)
  --json                 print what was done as one JSON object
  -h, --help             this text

Examples:
  hadaquant decompress corpus.hq -o decoded.npy
  hadaquant decompress corpus.hq -o decoded.npy --dtype f2
`,
  info: `hadaquant info INDEX [options]

Says what an index file holds: number and dimension of its vectors, metric, bits, size.

  INDEX                  an index file (hadaquant compress, FlatIndex.save)

Options:
  --verify               read the whole file and check all checksums (default: those of its header)
  --json                 print it as one JSON object
  -h, --help             this text

Examples:
  hadaquant info corpus.hq
  hadaquant info corpus.hq --verify --json
`,
};

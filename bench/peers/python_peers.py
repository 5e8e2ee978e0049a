# SPDX-License-Identifier: Apache-2.0
"""faiss and turbovec, driven a turn at a time: a JSON request a line comes in, a JSON answer a line goes out.

python_peers.mjs is the other end. One process has one number of threads, because turbovec fixes its own at the start.
"""

import json
import os
import sys
import time

import numpy as np

try:
    import faiss
except ImportError:
    faiss = None
try:
    import turbovec
except ImportError:
    turbovec = None

# turbovec's advice for calibrate: about 1024 rows drawn at random
CALIBRATION_ROWS = 1024
# and its dimensions are multiples of 8
TURBOVEC_STEP = 8


class Faiss:
    """An index of faiss by its factory name, inner products."""

    def __init__(self, factory, dim):
        self.factory = factory
        self.dim = dim

    def fit(self, rows):
        return rows

    def build(self, rows):
        self.index = faiss.index_factory(self.dim, self.factory, faiss.METRIC_INNER_PRODUCT)
        self.index.train(rows)
        self.index.add(rows)

    def search(self, queries, k):
        return self.index.search(queries, k)[1]

    def bytes(self):
        return len(faiss.serialize_index(self.index))


class Turbovec:
    """turbovec, calibrated: that finds more for the same bytes."""

    def __init__(self, bits, dim):
        self.bits = bits
        self.dim = -(-dim // TURBOVEC_STEP) * TURBOVEC_STEP

    def fit(self, rows):
        """Zeros behind each row change no inner product."""
        return np.pad(rows, ((0, 0), (0, self.dim - rows.shape[1]))) if rows.shape[1] < self.dim else rows

    def build(self, rows):
        self.index = turbovec.TurboQuantIndex(dim=self.dim, bit_width=self.bits)
        chosen = np.random.default_rng(0).choice(len(rows), min(CALIBRATION_ROWS, len(rows)), replace=False)
        self.index.calibrate(rows[chosen])
        self.index.add(rows)
        self.index.prepare()

    def search(self, queries, k):
        return self.index.search(queries, k)[1]

    def bytes(self):
        return len(self.index.to_bytes())


def contenders(dim):
    """Name -> index, those that compete at the same bits a coordinate together (end_to_end.mjs has the bits)."""
    found = {}
    if faiss:
        found["faiss EDEN4"] = Faiss("EDEN4", dim)
        found["faiss RaBitQfs4"] = Faiss("RaBitQfs4", dim)
        found["faiss PQ FastScan, 4 bits"] = Faiss(f"PQ{dim}x4fs", dim)
        found["faiss SQ8"] = Faiss("SQ8", dim)
        found["faiss RaBitQfs1"] = Faiss("RaBitQfs1", dim)
        if dim % 4 == 0:
            found["faiss PQ FastScan, 1 bit"] = Faiss(f"PQ{dim // 4}x4fs", dim)
    if turbovec:
        found["turbovec, 4 bits"] = Turbovec(4, dim)
    return found


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def repeated(rows, count):
    return np.ascontiguousarray(np.resize(rows, (count, rows.shape[1])))


class Session:
    def __init__(self, threads):
        # processor time is what one thread needs, whatever else the machine does; two threads share the clock's time
        self.clock = time.process_time if threads == 1 else time.perf_counter
        if faiss:
            faiss.omp_set_num_threads(threads)

    def timed(self, work):
        start = self.clock()
        work()
        return self.clock() - start

    def about(self):
        return {
            "faiss": faiss and f"{faiss.__version__} ({faiss.get_compile_options().strip()})",
            "turbovec": turbovec and turbovec.__version__,
        }

    def load(self, corpus, queries, rows, query_rows):
        self.distinct = unit(np.load(corpus))
        self.distinct_queries = unit(np.load(queries))
        self.rows = repeated(self.distinct, rows)
        self.queries = repeated(self.distinct_queries, query_rows)
        self.indexes = contenders(self.distinct.shape[1])
        return list(self.indexes)

    def find(self, name, k):
        """Ids that are found for each distinct query among the distinct rows."""
        index = self.indexes[name]
        index.build(index.fit(self.distinct))
        return index.search(index.fit(self.distinct_queries), k).ravel().tolist()

    def encode(self, name):
        index = self.indexes[name]
        rows = index.fit(self.rows)
        return {"seconds": self.timed(lambda: index.build(rows)), "bytes": index.bytes()}

    def search(self, name, count, k):
        index = self.indexes[name]
        queries = index.fit(self.queries[:count])
        # untimed: the caches are its own again, and the threads of the last one have gone to sleep
        index.search(queries[: max(1, count // 10)], k)
        return self.timed(lambda: index.search(queries, k))


def main():
    # whatever the packages print must not get among the answers
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    session = Session(int(sys.argv[1]))
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"value": getattr(session, request["do"])(*request["with"])}
        except Exception as error:  # the other end decides what becomes of the run
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")


main()

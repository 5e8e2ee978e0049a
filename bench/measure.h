// SPDX-License-Identifier: Apache-2.0
// Times things against each other: rounds in which every competitor runs once, in random order, after untimed
// calls of itself. Without those, whoever runs after a copy with non-temporal stores, or first over a shared
// buffer, finds cold caches and looks two to three times slower than it is.
#pragma once
#include <stddef.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <random>
#include <vector>

namespace bench {

struct Schedule {
  int rounds;
  int warm;               // untimed calls before each timed stretch
  double stretch = 5e-4;  // seconds that a timed stretch takes at least
};

// Seconds of this thread where the system counts them: a busy machine must not add the time of others.
inline double now() {
#ifdef CLOCK_THREAD_CPUTIME_ID
  timespec t;
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0) return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
#endif
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline double seconds(const std::function<void()>& run, size_t calls) {
  const double start = now();
  for (size_t i = 0; i < calls; i++) run();
  return now() - start;
}

// Nanoseconds a call: one list of `rounds` samples for each competitor.
inline std::vector<std::vector<double>> measure(const std::vector<std::function<void()>>& competitors,
                                                const Schedule& schedule) {
  const size_t n = competitors.size();
  std::vector<std::vector<double>> samples(n);
  std::vector<size_t> calls(n), order(n);
  for (size_t i = 0; i < n; i++) {
    order[i] = i;
    seconds(competitors[i], 2);
    double once = 1;
    for (int probe = 0; probe < 3; probe++) once = std::min(once, seconds(competitors[i], 1));
    calls[i] = (size_t)(schedule.stretch / std::max(once, 1e-8)) + 1;
  }
  std::mt19937 random(1);
  for (int round = 0; round < schedule.rounds; round++) {
    std::shuffle(order.begin(), order.end(), random);
    for (const size_t i : order) {
      seconds(competitors[i], (size_t)schedule.warm);
      samples[i].push_back(seconds(competitors[i], calls[i]) / (double)calls[i] * 1e9);
    }
  }
  return samples;
}

}  // namespace bench

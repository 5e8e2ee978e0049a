// SPDX-License-Identifier: Apache-2.0
// The rows that a scan works on at a time: which they are, sorted by the query form that they meet, with what
// their scores need, and the levels of those sections that are not used as they are packed.
//
// Rows wait until there is a whole tile of their form: in an index whose rows were rotated once, twice and
// three times by turns, rows left over from groups of four would else be taken singly, most of them.
#pragma once

namespace hq {
namespace HQ_ISA_NAMESPACE {
namespace {

constexpr size_t kTileRows = 32;
constexpr size_t kTileBytes = 1 << 15;  // level bytes a tile may hold (one row at least)
constexpr size_t kAhead = 12 << 10;     // bytes between codes in use and those to ask memory for
constexpr size_t kBehind = 64;          // vectors read fewer bytes than that behind a row
constexpr int kForms = 3;               // of a query: rotated once, twice, three times

HQ_INLINE size_t pad64(size_t n) { return (n + 63) & ~(size_t)63; }
// Levels are looked up from packed bytes, whose fields the query form follows.
HQ_INLINE bool is_direct(const ScanSection& s) {
  return (s.bits == 1 || s.bits == 2 || s.bits == 4) && s.block == 1 && !s.low;
}
// Level bytes of a section that needs unpacking: high digits, then low digits if there are any, each padded
// to 64.
HQ_INLINE size_t level_bytes(const ScanSection& s) {
  return is_direct(s) ? 0 : pad64(s.count) * (s.low ? 2 : 1);
}

// A tile: rows that meet the same form of a query, with what their scores need.
struct Rows {
  size_t count;
  const uint8_t* next;  // codes that will be needed soon, of as many rows
  alignas(64) uint32_t numbers[kTileRows];
  alignas(64) const uint8_t* packed[kTileRows];  // codes
  const int8_t* levels[kTileRows];               // unpacked sections, one after the other
  alignas(64) double scales[kTileRows];
  alignas(64) double squares[kTileRows];  // of norms; without them the zeros of the beginning
};

// How many of a job's last rows have vectors that reach behind all of its rows, and the bytes that copies
// take.
HQ_INLINE size_t end_rows(const Scan& job) {
  const size_t count = (kBehind + job.code_bytes - 1) / job.code_bytes;
  return count < kTileRows ? count : kTileRows;
}
HQ_INLINE size_t end_bytes(const Scan& job) { return end_rows(job) * (job.code_bytes + kBehind); }

// Behind a job's last row may be nothing, or a row that another thread is writing: the last rows are scanned
// from copies.
HQ_INLINE void keep_inside(const Scan& job, uint8_t* copies, Rows& rows) {
  for (size_t i = rows.count; i-- > 0;) {
    if ((job.last_row - 1 - rows.numbers[i]) * job.code_bytes >= kBehind) return;
    memcpy(copies, rows.packed[i], job.code_bytes);
    memset(copies + job.code_bytes, 0, kBehind);
    rows.packed[i] = copies;
    copies += job.code_bytes + kBehind;
  }
}

// Numbers of rows that meet the same form, until there are enough of them for a tile.
struct WaitingRows {
  size_t count;
  uint32_t numbers[2 * kTileRows];
};

HQ_INLINE size_t tile_rows(size_t levels_stride) {
  const size_t fit = levels_stride ? kTileBytes / levels_stride : kTileRows;
  return fit < 1 ? 1 : fit > kTileRows ? kTileRows : fit;
}

HQ_INLINE size_t levels_stride(const Scan& job) {
  size_t bytes = 0;
  for (int i = 0; i < job.section_count; i++) bytes += level_bytes(job.sections[i]);
  return bytes;
}

void unpack_levels(const ScanSection& s, uint32_t draw, const uint8_t* packed, uint8_t* codes,
                   int8_t* levels) {
  const size_t bytes = pad64(s.count), count = s.count / s.block;
  unpack(packed, count, s.bits, codes);
  if (s.block > 1) {
    lookup_blocks(s.block, s.high, codes, count, levels);
    for (size_t i = s.count; i < bytes; i++) levels[i] = 0;
    return;
  }
  for (size_t i = count; i < bytes; i++) codes[i] = 0;
  const int blocks = s.bits > 4 ? 1 << (s.bits - 4) : 1;
  const size_t table = (size_t)draw * 16 * blocks;
  for (size_t j = 0; j < bytes; j += I8::kBytes) {
    const I8::V code = I8::load(codes + j);
    I8::store(levels + j, I8::lookup(s.high + table, blocks, code));
    if (s.low) I8::store(levels + bytes + j, I8::lookup(s.low + table, blocks, code));
  }
}

// The numbers of the next rows that are admitted, from *row on.
HQ_INLINE size_t next_allowed(const Scan& job, size_t limit, size_t* row, uint32_t* numbers) {
  size_t count = 0;
  for (; count < limit && *row < job.last_row; ++*row)
    if (sign_bit(job.allowed, *row)) numbers[count++] = (uint32_t)*row;
  return count;
}

// Which form of a query a row meets. No encoder writes 0 rounds, but they must not lead outside.
HQ_INLINE int form_of(uint32_t tag) {
  const int rounds = tag & 3;
  return rounds ? rounds - 1 : 0;
}

// Numbers of rows, as a range of them. Templates below take it or a list: of a range and a known count the
// compiler makes vectors.
struct RowRange {
  uint32_t first;
  HQ_INLINE uint32_t operator[](size_t i) const { return first + (uint32_t)i; }
};

template <class Numbers>
HQ_INLINE void fill_rows(const Scan& job, const Numbers numbers, size_t count, Rows& rows) {
  rows.count = count;
  const size_t code_bytes = job.code_bytes;
  HQ_INDEPENDENT
  for (size_t i = 0; i < count; i++) rows.numbers[i] = numbers[i];
  HQ_INDEPENDENT
  for (size_t i = 0; i < count; i++) rows.packed[i] = job.codes + numbers[i] * code_bytes;
  HQ_INDEPENDENT
  for (size_t i = 0; i < count; i++) rows.scales[i] = job.scales[numbers[i]];
  if (!job.norms) return;
  for (size_t i = 0; i < count; i++) {
    const double norm = job.norms[numbers[i]];
    rows.squares[i] = norm * norm;
  }
}

// Whether all rows have the first one's number of rounds.
template <class Numbers>
HQ_INLINE bool same_rounds(const uint8_t* tags, const Numbers numbers, size_t count) {
  const uint8_t first = tags[numbers[0]];
  uint8_t differ = 0;
  for (size_t i = 0; i < count; i++) differ |= tags[numbers[i]] ^ first;
  return (differ & 3) == 0;
}

// At most kTileRows rows join those that wait for a tile of their form. Each is written to all three lists,
// and counts in one: without a branch.
template <class Numbers>
HQ_INLINE void sort_rows(const Scan& job, const Numbers numbers, size_t count, WaitingRows* waiting) {
  size_t counts[kForms];
  HQ_UNROLL
  for (int f = 0; f < kForms; f++) counts[f] = waiting[f].count;
  for (size_t i = 0; i < count; i++) {
    const int form = form_of(job.tags[numbers[i]]);
    HQ_UNROLL
    for (int f = 0; f < kForms; f++) {
      waiting[f].numbers[counts[f]] = numbers[i];
      counts[f] += form == f;
    }
  }
  HQ_UNROLL
  for (int f = 0; f < kForms; f++) waiting[f].count = counts[f];
}

// The first `count` of the rows that wait.
HQ_INLINE void take_waiting(const Scan& job, size_t count, WaitingRows& waiting, Rows& rows) {
  fill_rows(job, (const uint32_t*)waiting.numbers, count, rows);
  waiting.count -= count;
  for (size_t i = 0; i < waiting.count; i++) waiting.numbers[i] = waiting.numbers[count + i];
}

// The rows of a job, tile by tile.
struct Tiles {
  size_t row;    // the first that is neither in a tile yet nor waits
  size_t limit;  // rows in a tile
  WaitingRows waiting[kForms];
};

// The form of the rows of the next tile, or -1: there is none. Rows that follow each other and have one form
// need not wait.
HQ_INLINE int next_tile(const Scan& job, Tiles& tiles, Rows& rows) {
  for (;;) {
    const bool end = tiles.row >= job.last_row;
    for (int form = 0; form < kForms; form++) {
      WaitingRows& waiting = tiles.waiting[form];
      if (waiting.count < (end ? 1 : tiles.limit)) continue;
      // Where memory has been reached is told by how many rows were taken: those that wait lie before and
      // after that, up to two tiles of them where there are two forms.
      size_t reached = tiles.row + 2 * kTileRows;
      for (const WaitingRows& each : tiles.waiting) reached -= each.count;
      take_waiting(job, waiting.count < tiles.limit ? waiting.count : tiles.limit, waiting, rows);
      rows.next = (job.allowed ? rows.packed[0] : job.codes + reached * job.code_bytes) + kAhead;
      return form;
    }
    if (end) return -1;
    if (job.allowed) {
      uint32_t numbers[kTileRows];
      const size_t count = next_allowed(job, tiles.limit, &tiles.row, numbers);
      sort_rows(job, (const uint32_t*)numbers, count, tiles.waiting);
      continue;
    }
    const RowRange range = {(uint32_t)tiles.row};
    const size_t left = job.last_row - tiles.row, count = left < tiles.limit ? left : tiles.limit;
    tiles.row += count;
    if (count == kTileRows && same_rounds(job.tags, range, kTileRows)) {
      const int form = form_of(job.tags[range[0]]);
      fill_rows(job, range, kTileRows, rows);
      rows.next = rows.packed[0] + kAhead;
      return form;
    }
    sort_rows(job, range, count, tiles.waiting);
  }
}

// Asks memory for the codes a tile behind rows first .. last - 1.
HQ_INLINE void ask_next_tile(const Scan& job, const Rows& rows, size_t first, size_t last) {
  const size_t ahead = kTileRows * job.code_bytes;
  for (size_t r = first; r < last; r++)
    for (size_t j = 0; j < job.code_bytes; j += 64) prefetch(rows.packed[r] + ahead + j);
}

// Level bytes of the rows' sections that need unpacking, to `levels`; `codes` is scratch for those of a row.
void unpack_rows(const Scan& job, Rows& rows, int8_t* levels, uint8_t* codes) {
  for (size_t r = 0; r < rows.count; r++) {
    rows.levels[r] = levels;
    ask_next_tile(job, rows, r, r + 1);
    for (int i = 0; i < job.section_count; i++) {
      const ScanSection& s = job.sections[i];
      if (is_direct(s)) continue;
      const uint32_t draw = job.tags[rows.numbers[r]] >> kDrawShift;
      unpack_levels(s, draw, rows.packed[r] + s.code_offset, codes, levels);
      levels += level_bytes(s);
    }
  }
}

}  // namespace
}  // namespace HQ_ISA_NAMESPACE
}  // namespace hq

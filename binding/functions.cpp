// SPDX-License-Identifier: Apache-2.0
#include "functions.h"

namespace hq_binding {
namespace {

void read_image_argument(Args& args, Image* image) {
  const Array<uint8_t> bytes = args.array<uint8_t>();
  args.need(args.ok() && read_image(bytes, image));
}

// rows of `dim` in an array of `length`; a whole number of them.
size_t rows_of(Args& args, size_t length, size_t dim) {
  args.need(dim > 0 && length % dim == 0);
  return args.ok() ? length / dim : 0;
}

size_t packed_bytes(size_t count, size_t bits) {
  size_t bytes = 0;
  for (size_t w = 8; w; w >>= 1)
    if (bits & w) bytes += (count * w + 7) / 8;
  return bytes;
}

}  // namespace

void Fwht::read(Args& args) {
  if (args.next_is_f64()) {
    x64 = args.array<double>();
  } else {
    x = args.array<float>();
  }
  dim = args.size();
  scale = args.number();
  args.need(dim > 0 && (dim & (dim - 1)) == 0);
  rows_of(args, x ? x.length : x64.length, dim);
}
void Fwht::run() {
  if (x64) {
    hq::fwht(isa, x64.data, x64.length / dim, dim, scale);
  } else {
    hq::fwht(isa, x.data, x.length / dim, dim, (float)scale);
  }
}

template <bool kForward>
void Rotate<kForward>::read(Args& args) {
  read_image_argument(args, &image);
  x = args.array<float>();
  y = args.array<float>();
  first = args.size(3);
  last = args.size(3);
  args.need(args.ok() && x.length == y.length);
  rows_of(args, x.length, image.codec.rotation.dim);
}
template <bool kForward>
void Rotate<kForward>::run() {
  const size_t rows = x.length / image.codec.rotation.dim;
  (kForward ? hq::rotate : hq::unrotate)(isa, image.codec.rotation, x.data, y.data, rows, (int)first,
                                         (int)last);
}
template struct Rotate<true>;
template struct Rotate<false>;

void Moments::read(Args& args) {
  x = args.array<float>();
  dim = args.size();
  block = args.size(8);
  out = args.array<double>();
  args.need((block == 1 || block == 2 || block == 4 || block == 8) &&
            out.length == 6 * rows_of(args, x.length, dim));
}
void Moments::run() { done = hq::moments(isa, x.data, x.length / dim, dim, (int)block, out.data); }

void CenterRows::read(Args& args) {
  x = args.array<float>();
  dim = args.size();
  center = args.optional_array<float>();
  normalize = args.number() != 0;
  out = args.array<float>();
  rows = rows_of(args, x.length, dim);
  args.need(out.length == x.length && (!center || center.length == dim));
}
void CenterRows::run() {
  done = hq::center_rows(isa, x.data, rows, dim, center.data, normalize, out.data, &bad);
}

void FirstUnusableRow::read(Args& args) {
  x = args.array<float>();
  dim = args.size();
  rows = rows_of(args, x.length, dim);
}
void FirstUnusableRow::run() { done = hq::first_unusable_row(isa, x.data, rows, dim, &row); }

void MaxAbs::read(Args& args) {
  if (args.next_is_f64()) {
    x64 = args.array<double>();
  } else {
    x = args.array<float>();
  }
}
void MaxAbs::run() {
  max = x64 ? hq::max_abs(isa, x64.data, x64.length) : hq::max_abs(isa, x.data, x.length);
}

void CodecOperation::read_columns(Args& args) {
  const Array<uint8_t> codes = args.array<uint8_t>(), scales = args.array<uint8_t>(),
                       norms = args.optional_array<uint8_t>(), tags = args.array<uint8_t>(),
                       residuals = args.optional_array<uint8_t>(), nonces = args.optional_array<uint8_t>();
  const size_t stride = args.size();
  starts = args.optional_array<uint32_t>();
  coordinates = args.optional_array<uint32_t>();
  values = args.optional_array<float>();
  if (!args.ok()) return;
  const auto pick = [stride](size_t own) { return stride ? stride : own; };
  const hq::Codec& codec = image.codec;
  const size_t code_bytes = codec.code_bytes;
  columns = {codes.data,
             scales.data,
             norms.data,
             tags.data,
             residuals.data,
             nonces.data,
             pick(code_bytes),
             pick(4),
             pick(4),
             pick(1),
             pick(4),
             pick(4),
             {starts.data, coordinates.data, values.data, values.length}};
  // the last row of each column must end inside its array
  const auto fits = [this](size_t length, size_t step, size_t width) {
    return rows == 0 || (rows - 1 <= length / step && (rows - 1) * step + width <= length);
  };
  args.need(pick(code_bytes) > 0 && fits(codes.length, pick(code_bytes), code_bytes) &&
            fits(scales.length, pick(4), 4) && (!norms || fits(norms.length, pick(4), 4)) &&
            fits(tags.length, pick(1), 1));
  args.need(residuals ? fits(residuals.length, pick(4), 4) : !codec.projection);
  args.need(nonces ? fits(nonces.length, pick(4), 4) : codec.dither != hq::Dither::kCoordinate);
  args.need(starts ? starts.length == rows + 1 && coordinates.length == values.length
                   : codec.dither != hq::Dither::kCoordinate);
}

void CodecOperation::check_outliers(Args& args) {
  if (!args.ok() || !starts) return;
  args.need(starts.data[0] == 0);
  for (size_t r = 0; r < rows; r++) args.need(starts.data[r] <= starts.data[r + 1]);
  args.need(starts.data[rows] <= values.length);
  for (size_t i = 0; args.ok() && i < starts.data[rows]; i++)
    args.need(coordinates.data[i] < image.codec.coded);
}

void Encode::read(Args& args) {
  read_image_argument(args, &image);
  x = args.array<float>();
  first_index = args.size();
  if (!args.ok()) return;
  rows = rows_of(args, x.length, image.codec.rotation.dim);
  read_columns(args);
}
void Encode::run() { done = hq::encode(isa, image.codec, x.data, rows, first_index, columns, &bad); }

void Decode::read(Args& args) {
  read_image_argument(args, &image);
  x = args.array<float>();
  if (!args.ok()) return;
  rows = rows_of(args, x.length, image.codec.rotation.dim);
  read_columns(args);
  check_outliers(args);
}
void Decode::run() { done = hq::decode(isa, image.codec, columns, rows, x.data, &bad); }

void Accumulate::read(Args& args) {
  read_image_argument(args, &image);
  sums = args.array<double>();
  rotated = args.size() != 0;
  if (!args.ok()) return;
  rows = rows_of(args, sums.length, image.codec.rotation.dim);
  read_columns(args);
  check_outliers(args);
}
void Accumulate::run() { done = hq::accumulate(isa, image.codec, columns, rows, rotated, sums.data, &bad); }

void Estimate::read(Args& args) {
  read_image_argument(args, &image);
  query = args.array<float>();
  out = args.array<double>();
  energy = args.optional_array<double>();
  if (!args.ok()) return;
  rows = out.length;
  args.need(query.length == 3 * image.codec.rotation.dim && (!energy || energy.length == rows));
  read_columns(args);
  check_outliers(args);
}
void Estimate::run() {
  done = hq::estimate(isa, image.codec, query.data, columns, rows, out.data, energy.data, &bad);
}

void Project::read(Args& args) {
  read_image_argument(args, &image);
  v = args.array<float>();
  out = args.array<float>();
  if (!args.ok()) return;
  const size_t dim = image.codec.rotation.dim;
  args.need(image.codec.projection && v.length == dim && out.length == dim);
}
void Project::run() {
  done = hq::project(isa, image.codec.projection, v.data, image.codec.rotation.dim, out.data);
}

void read_scan(Args& args, Image* image, hq::Scan* out, size_t range_rows, size_t* ranges) {
  hq::Scan& job = *out;
  read_image_argument(args, image);
  const Array<uint8_t> codes = args.array<uint8_t>();
  const Array<float> scales = args.array<float>();
  const Array<float> norms = args.optional_array<float>();
  const Array<uint8_t> tags = args.array<uint8_t>();
  const Array<float> residuals = args.optional_array<float>();
  const Array<float> reaches = args.optional_array<float>();
  const Array<uint8_t> allowed = args.optional_array<uint8_t>();
  job.first_row = args.size(4294967295.0);
  job.last_row = args.size(4294967295.0);
  job.k = args.size(4294967295.0);
  const Array<int8_t> forms = args.array<int8_t>();
  const Array<double> query_bias = args.array<double>();
  const Array<double> gains = args.array<double>();
  const Array<double> slacks = args.optional_array<double>();
  const Array<uint32_t> rows = args.array<uint32_t>();
  const Array<double> keys = args.array<double>();
  if (!args.ok()) return;
  const hq::Codec& codec = image->codec;
  const size_t n = job.last_row;
  const size_t scanned = n > job.first_row ? n - job.first_row : 0;
  *ranges = scanned > range_rows ? (scanned - 1) / range_rows + 1 : 1;
  job.dim = codec.rotation.dim;
  job.section_count = codec.section_count;
  for (int i = 0; i < codec.section_count; i++) job.sections[i] = image->scan_sections[i];
  job.codes = codes.data;
  job.code_bytes = codec.code_bytes;
  job.scales = scales.data;
  job.norms = norms.data;
  job.tags = tags.data;
  job.residuals = residuals.data;
  job.reaches = reaches.data;
  job.allowed = allowed.data;
  job.queries = query_bias.length;
  job.forms = forms.data;
  job.form_bytes = image->form_bytes;
  job.query_bias = query_bias.data;
  job.gains = gains.data;
  job.slacks = slacks.data;
  job.rows = rows.data;
  job.keys = keys.data;
  args.need(job.first_row <= n && codes.length >= n * codec.code_bytes && scales.length >= n &&
            tags.length >= n && (!norms || norms.length >= n) &&
            (residuals ? residuals.length >= n : !codec.projection) &&
            (!reaches || (reaches.length >= n && slacks.length == job.queries)) &&
            (!allowed || allowed.length >= (n + 7) / 8) && forms.length >= job.queries * 3 * job.form_bytes &&
            gains.length == job.queries * 6 && rows.length == *ranges * job.queries * job.k &&
            keys.length == rows.length);
  // a form is chosen by its row's tag: an index built from a file has been checked by
  // lib/search/flat-index.ts
}

void ScanRows::read(Args& args) {
  size_t ranges;
  read_scan(args, &image, &job, SIZE_MAX, &ranges);
}
void ScanRows::run() { done = hq::scan(isa, job); }

void Crc32c::read(Args& args) {
  crc = (uint32_t)args.size(4294967295.0);
  bytes = args.array<uint8_t>();
}
void Crc32c::run() { crc = hq::crc32c(isa, crc, bytes.data, bytes.length); }

void Bucketize::read(Args& args) {
  read_image_argument(args, &image);
  section = args.size(hq::kMaxSections - 1);
  v = args.array<float>();
  codes = args.array<uint8_t>();
  args.need(args.ok() && (int)section < image.codec.section_count && v.length == codes.length &&
            image.codec.sections[section].book.thresholds);
}
void Bucketize::run() {
  done = hq::bucketize(isa, image.codec.sections[section].book, v.data, v.length, codes.data);
}

void Lookup::read(Args& args) {
  read_image_argument(args, &image);
  section = args.size(hq::kMaxSections - 1);
  codes = args.array<uint8_t>();
  levels = args.array<float>();
  args.need(args.ok() && (int)section < image.codec.section_count && levels.length == codes.length &&
            image.codec.sections[section].block == 1);
  for (size_t i = 0; args.ok() && i < codes.length; i++)
    args.need(codes.data[i] <= image.codec.sections[section].book.count);
}
void Lookup::run() {
  const hq::Section& s = image.codec.sections[section];
  done = hq::lookup(isa, s.levels, 1u << s.bits, codes.data, codes.length, levels.data);
}

template <bool kPack>
void Pack<kPack>::read(Args& args) {
  codes = args.array<uint8_t>();
  bits = args.size(8);
  packed = args.array<uint8_t>();
  args.need(bits > 0 && packed.length == packed_bytes(codes.length, bits));
}
template <bool kPack>
void Pack<kPack>::run() {
  if (kPack) {
    hq::pack(isa, codes.data, codes.length, (int)bits, packed.data);
  } else {
    hq::unpack(isa, packed.data, codes.length, (int)bits, codes.data);
  }
}
template struct Pack<true>;
template struct Pack<false>;

}  // namespace hq_binding

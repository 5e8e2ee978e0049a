// SPDX-License-Identifier: Apache-2.0
// A codec's tables cross the border as one byte array, so that a hot call reads one argument for all of them.
// lib/codec/image.ts writes it; the offsets here and there are the same list.
#pragma once
#include "../cpp/hadaquant.h"
#include "array.h"

namespace hq_binding {

struct Image {
  hq::Codec codec;
  hq::ScanSection scan_sections[hq::kMaxSections];
  size_t form_bytes;
};

// False if the bytes are not an image. Pointers in *image point into `bytes`.
bool read_image(const Array<uint8_t>& bytes, Image* image);

}  // namespace hq_binding

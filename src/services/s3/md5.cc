#include "services/s3/md5.h"

#include <algorithm>
#include <bit>

#include "base/bytes.h"
#include "base/check.h"
#include "services/s3/md5_lanes.h"

namespace meridian::services::s3 {
namespace {

static_assert(std::endian::native == std::endian::little);
static_assert(Md5::kBlockBytes == kMd5BlockBytes && Md5Lane::kCountMax == kMd5Lanes);

// From so many on, eight lanes take less time than one after another (measured on Zen 5, whose vectors have
// twice the latency of its other registers).
constexpr std::size_t kWorthwhile = 3;

void eight_lanes(std::uint32_t (*state)[kMd5Lanes], const unsigned char* const* from, std::size_t blocks) {
  hash_blocks<EightLanes>(state, from, blocks);
}

Md5Kernel* best_kernel() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vl")) return md5_avx512;
  if (__builtin_cpu_supports("avx2")) return md5_avx2;
#endif
  return eight_lanes;
}

const unsigned char* start_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

void hash(Md5::Words& words, std::string_view blocks) {
  std::uint32_t state[4][1];
  for (std::size_t i = 0; i < 4; ++i) state[i][0] = words[i];
  const unsigned char* const from = start_of(blocks);
  hash_blocks<OneLane>(state, &from, blocks.size() / Md5::kBlockBytes);
  for (std::size_t i = 0; i < 4; ++i) words[i] = state[i][0];
}

}  // namespace

std::string_view Md5::enter(std::string_view bytes) {
  const std::size_t held = size_ % kBlockBytes;
  size_ += bytes.size();
  if (held > 0) {
    const std::size_t more = std::min(kBlockBytes - held, bytes.size());
    std::copy_n(bytes.data(), more, rest_ + held);
    bytes.remove_prefix(more);
    if (held + more < kBlockBytes) return {};
    hash(words_, {rest_, kBlockBytes});
  }
  const std::size_t whole = bytes.size() / kBlockBytes * kBlockBytes;
  std::copy_n(bytes.data() + whole, bytes.size() - whole, rest_);
  return bytes.substr(0, whole);
}

void Md5::add(std::string_view bytes) {
  hash(words_, enter(bytes));
}

std::string Md5::finish() {
  const std::uint64_t bits = size_ * 8;
  // A one, and zeros up to where the length ends a block.
  std::string padding(1, '\x80');
  padding.resize(1 + (2 * kBlockBytes - 1 - sizeof bits - size_ % kBlockBytes) % kBlockBytes);
  for (unsigned byte = 0; byte < sizeof bits; ++byte) padding += static_cast<char>(bits >> 8 * byte);
  add(padding);
  std::string digest;
  for (const std::uint32_t word : words_)
    for (unsigned byte = 0; byte < sizeof word; ++byte) digest += static_cast<char>(word >> 8 * byte);
  return digest;
}

void hash_side_by_side(std::span<Md5Lane> lanes, std::size_t count) {
  CHECK(!lanes.empty() && lanes.size() <= kMd5Lanes);
  const std::size_t bytes = count * Md5::kBlockBytes;
  for (const Md5Lane& lane : lanes) CHECK(lane.blocks.size() >= bytes);
  if (lanes.size() < kWorthwhile) {
    for (const Md5Lane& lane : lanes) hash(*lane.words, lane.blocks.substr(0, bytes));
  } else {
    static Md5Kernel* const kKernel = best_kernel();
    std::uint32_t state[4][kMd5Lanes];
    const unsigned char* from[kMd5Lanes];
    // A lane that nobody uses does what the first one does.
    for (std::size_t lane = 0; lane < kMd5Lanes; ++lane) {
      const Md5Lane& of = lanes[lane < lanes.size() ? lane : 0];
      from[lane] = start_of(of.blocks);
      for (std::size_t i = 0; i < 4; ++i) state[i][lane] = (*of.words)[i];
    }
    kKernel(state, from, count);
    for (std::size_t lane = 0; lane < lanes.size(); ++lane)
      for (std::size_t i = 0; i < 4; ++i) (*lanes[lane].words)[i] = state[i][lane];
  }
  for (Md5Lane& lane : lanes) lane.blocks.remove_prefix(bytes);
}

}  // namespace meridian::services::s3

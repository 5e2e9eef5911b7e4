#include "snapshots/feed/compression.h"

#include <zstd.h>

#include <memory>

#include "base/check.h"

namespace meridian::snapshots::feed {
namespace {

constexpr int kLevel =
    1;  // compressing stands between a change and INSYNC: the fastest of the ordinary levels
constexpr std::uint64_t kStepBytes = 128 * 1024;

struct Free {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

std::unexpected<Error> damaged(std::string why) {
  return fail(ErrorCode::Corrupt, "cannot be decompressed: " + std::move(why), ErrorSource::Peer);
}

}  // namespace

std::string compress(std::string_view plain) {
  const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  CHECK(context);
  // A damaged byte must show before anything is applied.
  CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1)));
  CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel)));
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  const std::size_t size = ZSTD_compress2(context.get(), out.data(), out.size(), plain.data(), plain.size());
  CHECK(!ZSTD_isError(size));
  out.resize(size);
  out.shrink_to_fit();
  return out;
}

Result<std::string> decompress(std::string_view bytes, std::uint64_t plain_size) {
  const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  CHECK(context);
  std::string out;
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::size_t left = 1;  // of the frame; 0 when it ended
  while (left != 0) {
    // Grows with what arrives: a size that is only claimed costs nothing.
    const std::size_t begin = out.size();
    out.resize(std::min(plain_size, begin + kStepBytes));
    ZSTD_outBuffer into{out.data(), out.size(), begin};
    const std::size_t in_before = in.pos;
    left = ZSTD_decompressStream(context.get(), &into, &in);
    if (ZSTD_isError(left)) return damaged(ZSTD_getErrorName(left));
    out.resize(into.pos);
    const bool moved = in.pos > in_before || into.pos > begin;
    if (left != 0 && !moved)
      return damaged(in.pos == in.size ? "it ends early" : "it is larger than it says");
  }
  if (in.pos != in.size) return damaged("bytes behind its end");
  if (out.size() != plain_size) return damaged("it is smaller than it says");
  return out;
}

}  // namespace meridian::snapshots::feed

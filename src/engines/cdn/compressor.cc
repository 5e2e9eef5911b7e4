#include "engines/cdn/compressor.h"

#include <brotli/encode.h>
#include <zlib.h>

#include <array>

#include "base/check.h"

namespace meridian::engines::cdn {
namespace {

// Where time and size meet for bodies that are compressed once and served often.
constexpr int kGzipLevel = 6, kBrotliQuality = 5, kBrotliWindowBits = 18;
constexpr int kGzipWindowBits = 15 + 16;  // zlib's way to say gzip
constexpr std::size_t kOutBytes = 16 * 1024;

class Gzip final : public Compressor {
 public:
  Gzip() {
    CHECK(deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, kGzipWindowBits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  }
  ~Gzip() override { deflateEnd(&stream_); }
  void add(std::string_view bytes, std::string& out) override { run(bytes, Z_NO_FLUSH, out); }
  void finish(std::string& out) override { run({}, Z_FINISH, out); }

 private:
  void run(std::string_view bytes, int flush, std::string& out) {
    std::array<Bytef, kOutBytes> room;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = room.data();
      stream_.avail_out = room.size();
      deflate(&stream_, flush);
      out.append(reinterpret_cast<const char*>(room.data()), room.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
};

class Brotli final : public Compressor {
 public:
  Brotli() : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    CHECK(state_);
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, kBrotliQuality);
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, kBrotliWindowBits);
  }
  ~Brotli() override { BrotliEncoderDestroyInstance(state_); }
  void add(std::string_view bytes, std::string& out) override { run(bytes, BROTLI_OPERATION_PROCESS, out); }
  void finish(std::string& out) override { run({}, BROTLI_OPERATION_FINISH, out); }

 private:
  void run(std::string_view bytes, BrotliEncoderOperation operation, std::string& out) {
    std::array<std::uint8_t, kOutBytes> room;
    std::size_t left = bytes.size();
    auto* next = reinterpret_cast<const std::uint8_t*>(bytes.data());
    do {
      std::size_t free = room.size();
      std::uint8_t* at = room.data();
      if (!BrotliEncoderCompressStream(state_, operation, &left, &next, &free, &at, nullptr)) return;
      out.append(reinterpret_cast<const char*>(room.data()), room.size() - free);
    } while (left > 0 || BrotliEncoderHasMoreOutput(state_));
  }

  BrotliEncoderState* state_;
};

}  // namespace

std::unique_ptr<Compressor> make_compressor(rules::Encodings encoding) {
  if (encoding == rules::kBrotli) return std::make_unique<Brotli>();
  return std::make_unique<Gzip>();
}

}  // namespace meridian::engines::cdn

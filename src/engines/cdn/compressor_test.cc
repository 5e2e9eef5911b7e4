#include "engines/cdn/compressor.h"

#include <brotli/decode.h>
#include <gtest/gtest.h>

#include "formats/deflate/inflate.h"

namespace meridian::engines::cdn {
namespace {

std::string compress(rules::Encodings coding, std::string_view text, std::size_t step) {
  const auto compressor = make_compressor(coding);
  std::string out;
  for (; !text.empty(); text.remove_prefix(std::min(step, text.size())))
    compressor->add(text.substr(0, step), out);
  compressor->finish(out);
  return out;
}

std::string sample() {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919 % 10'007) + (i % 9 ? " " : "\n");
  return text;
}

TEST(Compressor, WhatItMakesReadsAsWhatItGot) {
  const std::string text = sample();
  for (const std::size_t step : {std::size_t{777}, text.size()}) {
    const std::string gzip = compress(rules::kGzip, text, step);
    EXPECT_LT(gzip.size(), text.size() / 2);
    std::string read;
    ASSERT_TRUE(deflate::Inflater().add(as_bytes(gzip), read, text.size() + 1));
    EXPECT_TRUE(read == text);

    const std::string brotli = compress(rules::kBrotli, text, step);
    std::string room(text.size(), '\0');
    std::size_t size = room.size();
    ASSERT_EQ(BrotliDecoderDecompress(brotli.size(), reinterpret_cast<const std::uint8_t*>(brotli.data()),
                                      &size, reinterpret_cast<std::uint8_t*>(room.data())),
              BROTLI_DECODER_RESULT_SUCCESS);
    EXPECT_TRUE(room.substr(0, size) == text);
  }
}

TEST(Compressor, NothingIsAWholeFileToo) {
  for (const auto coding : {rules::kGzip, rules::kBrotli}) EXPECT_FALSE(compress(coding, "", 1).empty());
}

}  // namespace
}  // namespace meridian::engines::cdn

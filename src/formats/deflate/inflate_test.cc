#include "formats/deflate/inflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace meridian::deflate {
namespace {

constexpr int kGzip = 31, kZlib = 15, kBare = -15;

std::string compressed(std::string_view text, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

// What comes of it in pieces of that size; "refused" when it is damaged.
std::string inflated(std::string_view bytes, std::size_t piece = 1 << 20, std::size_t most = 1 << 20) {
  Inflater inflater;
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto whole = inflater.add(as_bytes(bytes.substr(at, piece)), out, most);
    if (!whole) return "refused";
    if (*whole) return out;
  }
  return out + "...";
}

TEST(Inflater, ReadsEveryFormHoweverItArrives) {
  const std::string text = "all is up and well, " + std::string(10'000, '.') + " and more";
  for (const int form : {kGzip, kZlib, kBare})
    for (const std::size_t piece : {1, 3, 1 << 20}) EXPECT_EQ(inflated(compressed(text, form), piece), text);
  EXPECT_EQ(inflated(compressed("", kGzip)), "");
}

TEST(Inflater, SaysWhenItHasNotAll) {
  const std::string whole = compressed("all is up and well", kGzip);
  EXPECT_TRUE(inflated(whole.substr(0, whole.size() - 4)).ends_with("..."));
  EXPECT_EQ(inflated(whole.substr(0, 1)), "...");
}

TEST(Inflater, RefusesWhatIsDamaged) {
  EXPECT_EQ(inflated("plain text, never compressed"), "refused");
  std::string broken = compressed(std::string(1000, 'x') + "all is up and well", kGzip);
  broken[broken.size() - 6] = static_cast<char>(broken[broken.size() - 6] ^ 0x55);  // in its checksum
  EXPECT_EQ(inflated(broken), "refused");
}

TEST(Inflater, MakesNoMoreThanThereIsRoomFor) {
  const std::string bomb = compressed(std::string(50'000'000, 'x'), kGzip);
  EXPECT_EQ(inflated(bomb, 1 << 20, 5120), std::string(5120, 'x'));
}

}  // namespace
}  // namespace meridian::deflate

#include <gtest/gtest.h>

#include "formats/http1/message.h"

namespace meridian::http1 {
namespace {

struct Decoded {
  std::string body, refusal;
  std::size_t consumed = 0;
  bool done = false;
};

// Decodes bytes that arrive in pieces of `piece` bytes.
Decoded decode(std::string_view bytes, std::size_t piece = std::string_view::npos) {
  ChunkedDecoder decoder;
  Decoded result;
  while (!bytes.empty()) {
    std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    while (!part.empty()) {
      auto step = decoder.next(part);
      if (!step) {
        result.refusal = step.error().reason;
        return result;
      }
      if (step->consumed == 0) break;
      result.body += step->data;
      result.consumed += step->consumed;
      part.remove_prefix(step->consumed);
    }
  }
  result.done = decoder.done();
  return result;
}

TEST(Chunked, DecodesTheSameHoweverItIsCut) {
  const std::string bytes =
      "4\r\nWiki\r\n00006;name=\"v\"\r\npedia \r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Decoded result = decode(bytes + "GET /", piece);
    EXPECT_EQ(result.body, "Wikipedia 0123456789");
    EXPECT_TRUE(result.done);
    EXPECT_EQ(result.consumed, bytes.size()) << "the next request is left alone";
  }
}

TEST(Chunked, WaitsForWhatIsMissing) {
  const std::string bytes = "3\r\nabc\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Decoded result = decode(bytes.substr(0, size));
    EXPECT_FALSE(result.done) << size;
    EXPECT_EQ(result.refusal, "") << size;
  }
}

TEST(Chunked, RefusesEverythingElse) {
  const std::pair<const char*, const char*> cases[] = {
      {"\r\n", "malformed chunk size"},
      {"g\r\n", "malformed chunk size"},
      {"-1\r\n", "malformed chunk size"},
      {"0x3\r\nabc", "malformed chunk size"},
      {"3 \r\nabc\r\n", "malformed chunk size"},
      {"3\nabc\r\n", "malformed chunk size"},
      {"3\rabc\r\n", "chunk size line without CR LF"},
      {"0000000000000003\r\nabc", "chunk size too long"},
      {"3\r\nabcd\r\n", "chunk longer than its size"},
      {"3\r\nabc\rX", "chunk without CR LF"},
      {"3;a\nb\r\nabc\r\n", "control character in a chunk extension"},
      {"0\r\nX: a\nY: b\r\n\r\n", "control character in a trailer field"},
      {"0\r\n folded\r\n\r\n", "folded trailer field"},
      {"0\r\nX: a\r\r\n", "trailer line without CR LF"},
      {"0\r\n\rX", "body without its last CR LF"},
  };
  for (const auto& [bytes, refusal] : cases) EXPECT_EQ(decode(bytes).refusal, refusal) << bytes;
}

TEST(Chunked, BoundsWhatIsNotBody) {
  EXPECT_EQ(decode("1;" + std::string(20'000, 'x')).refusal, "too many chunk extensions or trailers");
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "1;extension\r\nx\r\n";
  EXPECT_EQ(decode(many).refusal, "too many chunk extensions or trailers");
  EXPECT_EQ(decode("0\r\nX: " + std::string(20'000, 'x')).refusal, "too many chunk extensions or trailers");
}

}  // namespace
}  // namespace meridian::http1

// Compression: CF:ServingCompressedFiles.
#include "engines/cdn/rules/compression_choice.h"

#include <gtest/gtest.h>

#include "engines/cdn/rules/rule_fixture.h"

namespace meridian::engines::cdn::rules {
namespace {

class Compression : public testing::Test {
 protected:
  Compression() {
    behavior_.compress = behavior_.key.gzip = behavior_.key.brotli = true;
    input_.viewer = kGzip | kBrotli;
    input_.content_length = 5000;
    input_.kept = true;
  }
  CompressionChoice choose(std::string_view lines = "content-type: text/html; charset=utf-8") {
    fields_ = head(lines);
    input_.response = fields_;
    return choose_compression(input_);
  }
  bool compresses(std::string_view lines = "content-type: text/css") {
    return choose(lines).coding != kIdentity;
  }

  snapshots::cdn::Behavior behavior_;
  CompressionInput input_{behavior_};
  std::vector<Field> fields_;
};

TEST_F(Compression, PrefersBrotli) {
  EXPECT_EQ(choose().coding, kBrotli);
  input_.viewer = kGzip;
  EXPECT_EQ(choose().coding, kGzip);
  input_.viewer = kIdentity;
  EXPECT_EQ(choose().coding, kIdentity);
}

TEST_F(Compression, NeedsTheBehaviorAndThePolicy) {
  behavior_.compress = false;
  EXPECT_FALSE(compresses());
  behavior_.compress = true;
  behavior_.key.gzip = behavior_.key.brotli = false;
  EXPECT_FALSE(compresses());
}

TEST_F(Compression, HasBoundsOfSize) {
  for (const auto& [size, wanted] :
       {std::pair(999u, false), {1000u, true}, {10'000'000u, true}, {10'000'001u, false}}) {
    input_.content_length = size;
    EXPECT_EQ(compresses(), wanted) << size;
  }
  input_.content_length.reset();
  EXPECT_FALSE(compresses());
}

TEST_F(Compression, IsForThreeStatuses) {
  for (const auto& [status, wanted] :
       {std::pair(200, true), {403, true}, {404, true}, {206, false}, {301, false}, {500, false}}) {
    input_.status = status;
    EXPECT_EQ(compresses(), wanted) << status;
  }
}

TEST_F(Compression, IsNotForWhatIsNotKeptNorForOldViewers) {
  input_.kept = false;
  EXPECT_FALSE(compresses());
  input_.kept = true;
  input_.version = HttpVersion::Http10;
  EXPECT_FALSE(compresses());
}

TEST_F(Compression, LooksAtTheOriginsHead) {
  EXPECT_FALSE(compresses("content-type: text/css\ncontent-encoding: gzip"));
  EXPECT_FALSE(compresses("content-type: image/png"));
  EXPECT_FALSE(compresses("x: y"));
  EXPECT_FALSE(compresses("content-type: text/css\ncache-control: public, no-transform"));
  EXPECT_EQ(choose("content-type: image/png").why, "its Content-Type is not compressed");
}

TEST(CompressibleTypes, DisregardCaseAndParameters) {
  for (const char* type :
       {"text/html", "TEXT/HTML", "application/json;charset=utf-8", "image/svg+xml ; x", "vnd.apple.mpegurl"})
    EXPECT_TRUE(is_compressible_type(type)) << type;
  for (const char* type :
       {"", "text", "text/htm", "image/png", "application/octet-stream", "text/html2", "application/wasm"})
    EXPECT_FALSE(is_compressible_type(type)) << type;
}

TEST(CompressedEtag, IsWeak) {
  FieldList keeper;
  EXPECT_EQ(compressed_etag("\"a\"", keeper), "W/\"a\"");
  EXPECT_EQ(compressed_etag("W/\"a\"", keeper), "W/\"a\"");
  for (const char* malformed : {"a", "\"a", "", "\"", "w/\"a\"", "\"a\"b\""})
    EXPECT_EQ(compressed_etag(malformed, keeper), "") << malformed;
}

}  // namespace
}  // namespace meridian::engines::cdn::rules

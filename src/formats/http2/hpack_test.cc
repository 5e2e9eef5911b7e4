// HPACK: the examples of RFC 7541, and random sections to and from nghttp2.
#include "formats/http2/hpack.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <random>

#include "formats/http2/huffman.h"

namespace meridian::http2 {
namespace {

using Section = std::vector<std::pair<std::string, std::string>>;

std::string unhex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  return bytes;
}

struct Kept final : FieldSink {
  void on_field(std::string_view name, std::string_view value, bool judged) override {
    section.emplace_back(name, value);
    if (judged) ++judged_fields;
  }
  bool judge(std::string_view, std::string_view value) override { return value != "bad"; }
  Section section;
  int judged_fields = 0;
};

class Decoding : public testing::Test {
 protected:
  Section decode(std::string_view digits) {
    Kept kept;
    EXPECT_EQ(decoder.decode(unhex(digits), 100'000, kept), HpackDecoder::Verdict::Done) << digits;
    return kept.section;
  }
  HpackDecoder::Verdict verdict(std::string_view digits, std::size_t most = 100'000) {
    Kept kept;
    return HpackDecoder().decode(unhex(digits), most, kept);
  }
  HpackDecoder decoder;
};

// RFC 7541 C.1.
TEST(HpackInteger, IsWrittenAsInTheExamples) {
  std::string out;
  append_integer(out, 0, 5, 10);
  append_integer(out, 0, 5, 1337);
  append_integer(out, 0, 8, 42);
  EXPECT_EQ(out, unhex("0a1f9a0a2a"));
  std::string_view rest = out;
  std::uint64_t value = 0;
  EXPECT_TRUE(take_integer(rest, 5, value) && value == 10);
  EXPECT_TRUE(take_integer(rest, 5, value) && value == 1337);
  EXPECT_TRUE(take_integer(rest, 8, value) && value == 42);
  EXPECT_FALSE(take_integer(rest, 8, value));
}

TEST(HpackInteger, EndlessOnesAreRefused) {
  std::uint64_t value = 0;
  for (const char* digits : {"1f80808080808080808000", "1fffffffff7f", "1f", "1f80"}) {
    const std::string bytes = unhex(digits);
    std::string_view rest = bytes;
    EXPECT_FALSE(take_integer(rest, 5, value)) << digits;
  }
}

// RFC 7541 C.2.
TEST_F(Decoding, EachKindOfField) {
  EXPECT_EQ(decode("400a637573746f6d2d6b65790d637573746f6d2d686561646572"),
            (Section{{"custom-key", "custom-header"}}));
  EXPECT_EQ(decode("040c2f73616d706c652f70617468"), (Section{{":path", "/sample/path"}}));
  EXPECT_EQ(decode("100870617373776f726406736563726574"), (Section{{"password", "secret"}}));
  EXPECT_EQ(decode("82"), (Section{{":method", "GET"}}));
  EXPECT_EQ(decode("be"), (Section{{"custom-key", "custom-header"}})) << "the first alone was kept";
}

// RFC 7541 C.3 and C.4: the same requests, without and with Huffman's code.
TEST_F(Decoding, RequestsOfTheExamples) {
  const char* const plain[] = {"828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865",
                               "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565"};
  const char* const coded[] = {"828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf",
                               "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"};
  for (const auto& examples : {plain, coded}) {
    decoder = HpackDecoder();
    EXPECT_EQ(
        decode(examples[0]),
        (Section{
            {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "www.example.com"}}));
    EXPECT_EQ(decode(examples[1]), (Section{{":method", "GET"},
                                            {":scheme", "http"},
                                            {":path", "/"},
                                            {":authority", "www.example.com"},
                                            {"cache-control", "no-cache"}}));
    EXPECT_EQ(decode(examples[2]), (Section{{":method", "GET"},
                                            {":scheme", "https"},
                                            {":path", "/index.html"},
                                            {":authority", "www.example.com"},
                                            {"custom-key", "custom-value"}}));
  }
}

// RFC 7541 C.5 and C.6: a table of 256 bytes, out of which fields fall.
TEST_F(Decoding, ResponsesOfTheExamples) {
  const std::string small = "3fe101";
  const std::string plain[] = {
      "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470"
      "73"
      "3a2f2f7777772e6578616d706c652e636f6d",
      "4803333037c1c0bf",
      "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b"
      "48"
      "514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31"};
  const std::string coded[] = {
      "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82"
      "ae"
      "43d3",
      "4883640effc1c0bf",
      "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5"
      "af"
      "27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"};
  for (const auto& examples : {plain, coded}) {
    decoder = HpackDecoder();
    EXPECT_EQ(decode(small + examples[0]), (Section{{":status", "302"},
                                                    {"cache-control", "private"},
                                                    {"date", "Mon, 21 Oct 2013 20:13:21 GMT"},
                                                    {"location", "https://www.example.com"}}));
    EXPECT_EQ(decode(examples[1]), (Section{{":status", "307"},
                                            {"cache-control", "private"},
                                            {"date", "Mon, 21 Oct 2013 20:13:21 GMT"},
                                            {"location", "https://www.example.com"}}));
    EXPECT_EQ(decode(examples[2]),
              (Section{{":status", "200"},
                       {"cache-control", "private"},
                       {"date", "Mon, 21 Oct 2013 20:13:22 GMT"},
                       {"location", "https://www.example.com"},
                       {"content-encoding", "gzip"},
                       {"set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"}}));
  }
}

TEST_F(Decoding, WhatIsMalformedEndsIt) {
  for (const char* digits : {
           "80",              // index 0
           "be",              // of an empty table
           "ff80808080",      // an index without end
           "40",              // a name that is cut off
           "400a6375",        // shorter than it says
           "823fe11f",        // a table size behind a field
           "3fe21f",          // a table larger than ours: 4097
           "008401ffffffff",  // more than a byte of padding
           "0082ffc77f",      // the end of the string inside of it
           "00810001",        // padding of zeros
       })
    EXPECT_EQ(verdict(digits), HpackDecoder::Verdict::Malformed) << digits;
  EXPECT_EQ(verdict("828684", 100), HpackDecoder::Verdict::TooLarge);
  EXPECT_EQ(verdict("8286", 100), HpackDecoder::Verdict::Done);
}

TEST_F(Decoding, AFieldLargerThanTheTableEmptiesIt) {
  EXPECT_EQ(decode("400161016240" + std::string("0163") + "7f811f" +
                   [] {
                     std::string value;
                     for (int i = 0; i < 4096; ++i) value += "78";
                     return value;
                   }())
                .size(),
            2u);
  EXPECT_EQ(verdict("be"), HpackDecoder::Verdict::Malformed);
}

TEST_F(Decoding, WhatWasJudgedOnceIsKnown) {
  const auto judged = [&](const std::string& digits) {
    Kept kept;
    EXPECT_EQ(decoder.decode(unhex(digits), 1000, kept), HpackDecoder::Verdict::Done);
    return kept.judged_fields;
  };
  EXPECT_EQ(judged("8287"), 2) << "the static table";
  EXPECT_EQ(judged("000161016f"), 0) << "nobody keeps it";
  EXPECT_EQ(judged("400161026f6b"), 1) << "when it went into the table";
  EXPECT_EQ(judged("40016203626164"), 0);
  EXPECT_EQ(judged("bfbe"), 1) << "of the two that came again";
}

TEST(Huffman, EveryByteComesBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  std::string coded, again;
  append_huffman(coded, all);
  EXPECT_EQ(coded.size(), huffman_size(all));
  EXPECT_TRUE(append_huffman_decoded(again, coded));
  EXPECT_EQ(again, all);
}

TEST(StaticTable, NamesAreFoundWhereTheyAreFirst) {
  for (std::uint32_t i = 1; i <= kStaticFields; ++i) {
    const std::uint32_t found = find_static_name(kStaticTable[i].name);
    ASSERT_NE(found, 0u) << i;
    EXPECT_LE(found, i);
    EXPECT_EQ(kStaticTable[found].name, kStaticTable[i].name);
  }
  EXPECT_EQ(find_static_name("x-cache"), 0u);
  EXPECT_EQ(find_static_name(""), 0u);
}

class Peers : public testing::Test {
 protected:
  Peers() {
    nghttp2_hd_deflate_new(&deflater, 4096);
    nghttp2_hd_inflate_new(&inflater);
  }
  ~Peers() override {
    nghttp2_hd_deflate_del(deflater);
    nghttp2_hd_inflate_del(inflater);
  }
  std::string theirs(const Section& section) {
    std::vector<nghttp2_nv> lines;
    for (const auto& [name, value] : section)
      lines.push_back({const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(name.data())),
                       const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(value.data())),
                       name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    std::string out(nghttp2_hd_deflate_bound(deflater, lines.data(), lines.size()), '\0');
    out.resize(static_cast<std::size_t>(nghttp2_hd_deflate_hd(
        deflater, reinterpret_cast<std::uint8_t*>(out.data()), out.size(), lines.data(), lines.size())));
    return out;
  }
  Section they_read(std::string block) {
    Section section;
    auto* at = reinterpret_cast<std::uint8_t*>(block.data());
    std::size_t left = block.size();
    for (;;) {
      nghttp2_nv field;
      int flags = 0;
      const auto used = nghttp2_hd_inflate_hd2(inflater, &field, &flags, at, left, 1);
      EXPECT_GE(used, 0);
      if (used < 0) break;
      at += used;
      left -= static_cast<std::size_t>(used);
      if (flags & NGHTTP2_HD_INFLATE_EMIT)
        section.emplace_back(std::string(reinterpret_cast<char*>(field.name), field.namelen),
                             std::string(reinterpret_cast<char*>(field.value), field.valuelen));
      if (flags & NGHTTP2_HD_INFLATE_FINAL) {
        nghttp2_hd_inflate_end_headers(inflater);
        break;
      }
    }
    return section;
  }
  Section random_section() {
    static const char* const kNames[] = {"date",        "server",       "x-cache", "age",
                                         "x-amz-cf-id", "content-type", ":method", "set-cookie",
                                         "etag",        "vary",         "x-a",     ":path"};
    Section section;
    for (auto count = random() % 12; count > 0; --count) {
      std::string value;
      for (auto size = random() % (random() % 16 == 0 ? 3000 : 20); size > 0; --size)
        value += static_cast<char>(random() % 4 == 0 ? random() % 256 : 'a' + random() % 4);
      section.emplace_back(kNames[random() % std::size(kNames)], value);
    }
    return section;
  }
  nghttp2_hd_deflater* deflater = nullptr;
  nghttp2_hd_inflater* inflater = nullptr;
  HpackDecoder decoder;
  HpackEncoder encoder;
  std::mt19937 random{7};
};

TEST_F(Peers, WhatNghttp2SaysIsUnderstood) {
  for (int i = 0; i < 2000; ++i) {
    if (i % 100 == 50) nghttp2_hd_deflate_change_table_size(deflater, random() % 4097);
    const Section section = random_section();
    Kept kept;
    ASSERT_EQ(decoder.decode(theirs(section), 1'000'000, kept), HpackDecoder::Verdict::Done);
    ASSERT_EQ(kept.section, section);
  }
}

TEST_F(Peers, WhatWeSayIsUnderstoodByNghttp2) {
  for (int i = 0; i < 2000; ++i) {
    if (i % 100 == 50) {
      const std::size_t sizes[] = {random() % 4097, random() % 4097};
      for (const std::size_t size : sizes) {
        encoder.set_peer_table(size);
        nghttp2_hd_inflate_change_table_size(inflater, size);
      }
    }
    const Section section = random_section();
    std::string block;
    encoder.begin(block);
    for (const auto& [name, value] : section) encoder.add(block, name, value);
    ASSERT_EQ(they_read(block), section) << i;
  }
}

TEST_F(Peers, PreparedFieldsAreSaidAsOthersAre) {
  HpackEncoder plain;
  std::vector<std::pair<Section, PreparedFields>> prepared;
  for (int i = 0; i < 12; ++i) {
    auto& [section, fields] = prepared.emplace_back();
    section = random_section();
    for (auto& [name, value] : section) fields.add(name, value);
  }
  for (int i = 0; i < 4000; ++i) {
    if (i % 500 == 250) {
      const std::size_t size = random() % 4097;
      encoder.set_peer_table(size);
      plain.set_peer_table(size);
      nghttp2_hd_inflate_change_table_size(inflater, size);
    }
    // The same again and again, with others in between.
    const auto& [section, fields] =
        prepared[random() % 4 != 0 ? static_cast<std::size_t>(i / 100) % 12 : random() % prepared.size()];
    const std::string id = std::to_string(random());
    std::string block, field_by_field;
    encoder.begin(block);
    encoder.add(block, fields);
    encoder.add(block, random() % 50 == 0 ? "X-New" : "X-Amz-Cf-Id", id);
    plain.begin(field_by_field);
    for (const auto& [name, value] : section) plain.add(field_by_field, name, value);
    const Section heard = they_read(block);
    ASSERT_EQ(heard.size(), section.size() + 1);
    plain.add(field_by_field, heard.back().first, id);
    ASSERT_EQ(block, field_by_field) << i;
    ASSERT_EQ(Section(heard.begin(), heard.end() - 1), section) << i;
  }
}

TEST_F(Peers, FieldsThatShareASlotAreNumbersAllTheSame) {
  PreparedFields fields;
  for (int i = 0; i < 24; ++i) fields.add("x-" + std::to_string(i), "v" + std::to_string(i * i));
  std::string first, second;
  encoder.begin(first);
  encoder.add(first, fields);
  encoder.add(second, fields);
  EXPECT_GT(first.size(), 100u);
  EXPECT_LE(second.size(), 40u);
  EXPECT_EQ(they_read(first).size(), 24u);
  EXPECT_EQ(they_read(second).size(), 24u);
}

TEST_F(Peers, WhatComesAgainIsANumber) {
  const auto size_of = [&](std::string_view name, std::string_view value) {
    std::string block;
    encoder.begin(block);
    encoder.add(block, name, value);
    EXPECT_EQ(they_read(block).at(0).second, value);
    return block.size();
  };
  EXPECT_GT(size_of("X-Cache", "Hit from cloudfront"), 10u);
  EXPECT_EQ(size_of("x-cache", "Hit from cloudfront"), 1u) << "whatever the case";
  EXPECT_EQ(size_of(":method", "GET"), 1u);
  EXPECT_GT(size_of("Age", "17"), 1u);
  EXPECT_GT(size_of("Age", "17"), 1u) << "what changes each time takes no room in the table";
}

}  // namespace
}  // namespace meridian::http2

#include "snapshots/feed/frame.h"

#include <gtest/gtest.h>

#include "snapshots/feed/compression.h"

namespace meridian::snapshots::feed {
namespace {

StoreId some_store() {
  SeededRandom random(7);
  return StoreId::draw(random);
}

std::vector<Frame> one_of_each() {
  return {Hello{kProtocolVersion, "fra1", "0.1.0", {some_store(), 42}},
          Hello{kProtocolVersion, "fra1", "0.1.0", {some_store(), 42}, {"Z1", 40, 41, "SIGABRT"}},
          Welcome{kProtocolVersion, "0.1.0", {some_store(), 43}},
          PackageHead{42, 43, 1000, 300, std::string(300, 'x')},
          PackagePart{"more"},
          Acknowledge{43},
          Refusal{42, 43, "it has no SOA"},
          ImageWanted{},
          Load{1000, 250, 1 << 20},
          Newest{44},
          Enrol{"token", "request"},
          Renew{"request"},
          Certificate{"fra1", "certificate", "authority"},
          Farewell{"the end"},
          Health{true, true, {}},
          Health{false, true, {{"4b0a6f3e-1f0c-4f7a-9d8e-2b7f0f1c2d3e", false}, {"b", true}}},
          Checker{"eu-west-1"},
          Checks{true, false, {{"a", "settings"}, {"b", ""}}},
          Reports{{{"a", std::string(kCheckBytesMax, 'x')}}},
          Requests{7, 1, 1000, std::string(kRequestsBytesMax, 'x')},
          RequestsTaken{7, 1},
          TierAt{"192.0.2.1:7443"}};
}

TEST(Frames, EveryKindComesBackFromItsBytesHoweverTheyArrive) {
  std::string stream;
  for (const Frame& frame : one_of_each()) stream += encode(frame);
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, stream.size()}) {
    FrameReader reader;
    std::vector<Frame> got;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      reader.add(as_bytes(std::string_view(stream).substr(at, step)));
      for (auto frame = reader.next(); frame.value(); frame = reader.next()) got.push_back(**frame);
    }
    EXPECT_EQ(got, one_of_each()) << step;
    EXPECT_EQ(reader.buffered(), 0u);
  }
}

TEST(Frames, WhatIsCutShortOrTooLongIsRefusedWhole) {
  for (const Frame& frame : one_of_each()) {
    const std::string good = encode(frame);
    for (const int change : {-1, 1}) {
      std::string body = good.substr(4);
      change > 0 ? body.push_back('\0') : body.pop_back();
      std::string bytes;
      append_sized(bytes, body);
      FrameReader reader;
      reader.add(as_bytes(bytes));
      // A part carries its own length; nothing that is left of its frame could be missed.
      EXPECT_FALSE(reader.next()) << frame.index() << " " << change;
    }
  }
}

TEST(Frames, ASizeBeyondTheLimitIsRefusedBeforeItsBytesCome) {
  for (const std::uint32_t size : {0u, static_cast<std::uint32_t>(kFrameBytesMax + 1), 0xffffffffu}) {
    std::string bytes;
    append_u32(bytes, size);
    FrameReader reader;
    reader.add(as_bytes(bytes));
    EXPECT_FALSE(reader.next()) << size;
  }
  std::string unknown;
  append_sized(unknown, "\x63");
  FrameReader reader;
  reader.add(as_bytes(unknown));
  EXPECT_FALSE(reader.next());
}

TEST(Frames, ACrashThatMakesNoSenseIsRefused) {
  for (const Crash& bad : {Crash{"", 1, 1, ""}, Crash{"", 0, 0, "why"}, Crash{"Z1", 0, 5, ""},
                           Crash{"Z1", 6, 5, ""}, Crash{"Z1", 4, 5, "\n"}}) {
    FrameReader reader;
    reader.add(as_bytes(encode(Hello{kProtocolVersion, "fra1", "0.1.0", {some_store(), 42}, bad})));
    EXPECT_FALSE(reader.next()) << bad.zone_id << " " << bad.since;
  }
  std::string body = encode(Hello{kProtocolVersion, "fra1", "0.1.0", {}, {"Z1", 1, 1, ""}}).substr(4);
  body.replace(body.find(std::string("\0\0\0\2Z1", 6)), 6,
               std::string("\0\0\0\x41", 4) + std::string(kZoneIdSizeMax + 1, 'Z'));
  std::string bytes;
  append_sized(bytes, body);
  FrameReader reader;
  reader.add(as_bytes(bytes));
  EXPECT_FALSE(reader.next()) << "an id that is too long";
}

TEST(Frames, AGreetingOfAnotherVersionIsReadAsSuch) {
  std::string body = "\1";  // Hello
  append_u16(body, 9);
  body += "fields that are not known yet";
  std::string bytes;
  append_sized(bytes, body);
  FrameReader reader;
  reader.add(as_bytes(bytes));
  auto frame = reader.next();
  ASSERT_TRUE(frame && *frame);
  EXPECT_EQ(std::get<Hello>(**frame).protocol, 9);
}

TEST(Frames, NamesOfEdgesAreLabels) {
  for (const char* good : {"fra1", "a", "a-b", "0"}) EXPECT_TRUE(is_edge_name(good)) << good;
  for (const std::string& bad : {std::string(""), std::string("Fra1"), std::string("-a"), std::string("a-"),
                                 std::string("a.b"), std::string("a/b"), std::string(64, 'a')})
    EXPECT_FALSE(is_edge_name(bad)) << bad;
}

TEST(Compression, DamageAndFalseSizesAreFound) {
  const std::string plain(100'000, 'a');
  const std::string bytes = compress(plain);
  EXPECT_LT(bytes.size(), 1000u);
  EXPECT_EQ(decompress(bytes, plain.size()).value(), plain);
  EXPECT_FALSE(decompress(bytes, plain.size() - 1));
  EXPECT_FALSE(decompress(bytes, plain.size() + 1));
  EXPECT_FALSE(decompress(bytes + "x", plain.size()));
  EXPECT_FALSE(decompress(bytes.substr(0, bytes.size() - 1), plain.size()));
  EXPECT_FALSE(decompress("", 0));
  EXPECT_EQ(decompress(compress(""), 0).value(), "");
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const auto got = decompress(damaged, plain.size());
    EXPECT_TRUE(!got || *got == plain) << at;  // a frame header has bits that mean nothing
  }
}

}  // namespace
}  // namespace meridian::snapshots::feed

#include "formats/dnstap/frame_streams.h"

#include <gtest/gtest.h>

namespace meridian::dnstap {
namespace {

void append_data(std::string& out, std::string_view data) {
  append_data_frame(out, [&](std::string& to) { to.append(data); });
}

TEST(FrameStreams, ControlFramesAreTheBytesOfTheProtocol) {
  std::string start, stop;
  append_control_frame(start, Control::Start);
  append_control_frame(stop, Control::Stop);
  EXPECT_EQ(to_hex(as_bytes(start)),
            "00000000"
            "00000022"
            "00000002"
            "00000001"
            "00000016" +
                to_hex(as_bytes("protobuf:dnstap.Dnstap")));
  EXPECT_EQ(to_hex(as_bytes(stop)),
            "00000000"
            "00000004"
            "00000003");
}

TEST(FrameStreams, AStreamReadsBackHoweverItIsCut) {
  std::string stream;
  append_control_frame(stream, Control::Start);
  append_data(stream, "one");
  append_data(stream, "another");
  append_control_frame(stream, Control::Stop);
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    FrameReader reader;
    std::string seen;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      reader.feed(std::string_view(stream).substr(at, piece));
      for (;;) {
        const auto frame = reader.next();
        ASSERT_TRUE(frame) << frame.error().message;
        if (!*frame) break;
        seen += (*frame)->control == Control::Start && (*frame)->dnstap ? "<"
                : (*frame)->control == Control::Stop                    ? ">"
                                                     : "[" + std::string((*frame)->data) + "]";
      }
    }
    EXPECT_EQ(seen, "<[one][another]>") << "pieces of " << piece;
    EXPECT_TRUE(reader.at_boundary());
  }
}

TEST(FrameStreams, ACutFrameIsNoFrameYet) {
  std::string stream;
  append_data(stream, "data");
  FrameReader reader;
  reader.feed(std::string_view(stream).substr(0, 6));
  const auto frame = reader.next();
  ASSERT_TRUE(frame);
  EXPECT_FALSE(*frame);
  EXPECT_FALSE(reader.at_boundary());
}

TEST(FrameStreams, AnotherContentTypeIsSeen) {
  std::string payload, stream;
  append_u32(payload, static_cast<std::uint32_t>(Control::Accept));
  append_u32(payload, 1);
  append_sized(payload, "protobuf:other");
  append_u32(stream, 0);
  append_sized(stream, payload);
  FrameReader reader;
  reader.feed(stream);
  const auto frame = reader.next();
  ASSERT_TRUE(frame && *frame);
  EXPECT_EQ((*frame)->control, Control::Accept);
  EXPECT_FALSE((*frame)->dnstap);
}

TEST(FrameStreams, WhatBreaksTheProtocolIsRefused) {
  const auto refused = [](std::string_view hex) {
    FrameReader reader;
    reader.feed(*from_hex(hex));
    return !reader.next();
  };
  EXPECT_TRUE(refused("00040001"));                                  // a frame over kFrameSizeMax
  EXPECT_TRUE(refused("0000000000000201"));                          // a control frame over kControlSizeMax
  EXPECT_TRUE(refused("000000000000000400000009"));                  // no such control frame
  EXPECT_TRUE(refused("000000000000000200000000"));                  // too short for its type
  EXPECT_TRUE(refused("00000000000000080000000200000001"));          // a field without its value
  EXPECT_TRUE(refused("000000000000000c000000020000000200000000"));  // no such field
}

}  // namespace
}  // namespace meridian::dnstap

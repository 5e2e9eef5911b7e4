#include "formats/dnstap/dnstap.h"

#include <gtest/gtest.h>

namespace meridian::dnstap {
namespace {

Dnstap sample() {
  Dnstap dnstap{"ns1", "meridian 1", {}};
  dnstap.message = {MessageType::AuthResponse,
                    SocketProtocol::Tcp,
                    net::Address{net::IpAddress::v4({192, 0, 2, 7}), 5353},
                    SystemTime(std::chrono::seconds(1'700'000'000) + Duration(5)),
                    SystemTime(std::chrono::seconds(1'700'000'001)),
                    "Q",
                    "RR"};
  return dnstap;
}

std::string written(const Dnstap& dnstap) {
  std::string out;
  append_dnstap(out, dnstap);
  return out;
}

TEST(Dnstap, TheBytesAreThoseOfTheSchema) {
  EXPECT_EQ(to_hex(as_bytes(written(sample()))),
            "0a036e7331"                // 1 identity
            "120a6d6572696469616e2031"  // 2 version
            "72ac8000"                  // 14 message, 44 bytes
            "0802"
            "1001"
            "1802"  // type, family, protocol
            "2204c0000207"
            "30e929"  // 4 address, 6 port
            "4080e2cfaa06"
            "4d05000000"  // 8, 9 query time
            "520151"      // 10 query
            "6081e2cfaa06"
            "6d00000000"  // 12, 13 response time
            "72025252"    // 14 response
            "7801");      // 15 type MESSAGE
}

TEST(Dnstap, WhatIsWrittenReadsBack) {
  Dnstap given = sample();
  given.message.client = net::Address{*net::IpAddress::parse("2001:db8::1"), 65535};
  const std::string response(65535, 'r');
  given.message.response = response;
  const std::string bytes = written(given);
  const auto read = parse_dnstap(bytes);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->identity, "ns1");
  EXPECT_EQ(read->version, "meridian 1");
  EXPECT_EQ(read->message.type, MessageType::AuthResponse);
  EXPECT_EQ(read->message.protocol, SocketProtocol::Tcp);
  EXPECT_EQ(read->message.client, given.message.client);
  EXPECT_EQ(read->message.query_time, given.message.query_time);
  EXPECT_EQ(read->message.response_time, given.message.response_time);
  EXPECT_EQ(read->message.query, "Q");
  EXPECT_EQ(read->message.response, response);
}

TEST(Dnstap, WhatIsNotToldIsNotRead) {
  const std::string bytes = written({});
  const auto read = parse_dnstap(bytes);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->identity, "");
  EXPECT_FALSE(read->message.client);
  EXPECT_FALSE(read->message.protocol);
  EXPECT_FALSE(read->message.query_time);
  EXPECT_EQ(read->message.query, "");
}

TEST(Dnstap, UnknownFieldsAreSkipped) {
  const std::string bytes = written(sample()) + *from_hex(
                                                    "9a0602abcd"
                                                    "a10600112233"
                                                    "44556677"
                                                    "e80101");
  const auto read = parse_dnstap(bytes);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->identity, "ns1");
}

TEST(Dnstap, EveryCutAndEveryBadFieldIsRefused) {
  const std::string whole = written(sample());
  // All but the last field are refused where they are cut; without the last the type is missing.
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_dnstap(whole.substr(0, size))) << "cut to " << size;
  const auto with_message = [](std::string_view hex) {
    const std::string message = *from_hex(hex);
    std::string out = "\x72";
    out.push_back(static_cast<char>(message.size()));
    return parse_dnstap(out + message + "\x78\x01").has_value();
  };
  EXPECT_TRUE(with_message("0801"));
  EXPECT_FALSE(with_message(""));                    // no type
  EXPECT_FALSE(with_message("080110012203c00002"));  // three bytes of an IPv4 address
  EXPECT_FALSE(
      with_message("0801"
                   "30808004"));  // port 65536
  EXPECT_FALSE(
      with_message("0801"
                   "4001"
                   "4d00ca9a3b"));  // a second of nanoseconds
  EXPECT_FALSE(
      with_message("0801"
                   "40ffffffffffffffff7f"));
  EXPECT_FALSE(
      with_message("0801"
                   "0b"));  // a group
}

}  // namespace
}  // namespace meridian::dnstap

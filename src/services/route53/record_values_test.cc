#include "services/route53/record_values.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace meridian::services::route53 {
namespace {

using dns::Type;

std::string refusal(Type type, std::string_view text) {
  auto value = parse_record_value(type, text);
  return value ? "accepted" : value.error();
}
std::string hex(Type type, std::string_view text) {
  auto value = parse_record_value(type, text);
  return value ? to_hex(as_bytes(value->rdata)) : value.error();
}

TEST(RecordValues, EveryTypeBecomesItsWireForm) {
  EXPECT_EQ(hex(Type::A, "192.0.2.1"), "c0000201");
  EXPECT_EQ(hex(Type::AAAA, "2001:DB8::1"), "20010db8000000000000000000000001");
  EXPECT_EQ(hex(Type::CNAME, "a.b"), "0161016200");
  EXPECT_EQ(hex(Type::NS, "a.b."), "0161016200");
  EXPECT_EQ(hex(Type::PTR, "a.b"), "0161016200");
  EXPECT_EQ(hex(Type::MX, "10 a.b"), "000a0161016200");
  EXPECT_EQ(hex(Type::SRV, "1 10 5269 a.b"), "0001000a14950161016200");
  EXPECT_EQ(hex(Type::TXT, "\"one\" \"\""), "036f6e6500");
  EXPECT_EQ(hex(Type::SPF, "\"v=spf1\""), "06763d73706631");
  EXPECT_EQ(hex(Type::CAA, "0 issue \"ca\""), "000569737375656361");
  EXPECT_EQ(hex(Type::NAPTR, "1 2 \"s\" \"t\" \"\" a.b"), "0001000201730174000161016200");
  std::string sha1(40, 'a'), sha256(64, 'b');
  EXPECT_EQ(hex(Type::DS, "12345 13 2 " + sha256), "30390d02" + sha256);
  EXPECT_EQ(hex(Type::TLSA, "3 1 1 ABCD"), "030101abcd");
  EXPECT_EQ(hex(Type::SSHFP, "1 1 " + sha1), "0101" + sha1);
  EXPECT_EQ(hex(Type::SVCB, "1 a.b port=443"),
            "00010161016200"
            "0003000201bb");
  EXPECT_EQ(hex(Type::HTTPS, "1 . alpn=h2"),
            "000100"
            "00010003026832");
  EXPECT_EQ(hex(Type::SOA, "a.b c.d 1 7200 900 1209600 86400"),
            "0161016200"
            "0163016400"
            "00000001"
            "00001c20"
            "00000384"
            "00127500"
            "00015180");
}

TEST(RecordValues, AreShownAsTheyWereWritten) {
  EXPECT_EQ(parse_record_value(Type::CNAME, " Target.Example.com ")->text, "Target.Example.com");
  EXPECT_EQ(parse_record_value(Type::TXT, "\"a\"\"b\"")->text, "\"a\"\"b\"");
  EXPECT_EQ(parse_record_value(Type::AAAA, "2001:0db8:0:0::1")->text, "2001:0db8:0:0::1");
}

TEST(RecordValues, EscapesAreOctal) {
  EXPECT_EQ(hex(Type::TXT, "\"\\344\\\"\\\\\""), "03e4225c");
  EXPECT_EQ(hex(Type::CNAME, "\\052.b"), "012a016200");
  EXPECT_NE(refusal(Type::TXT, "\"\\289\""), "accepted");
}

TEST(RecordValues, AddressesAreRefusedInAwsWords) {
  EXPECT_EQ(refusal(Type::A, "ns-738.awsdns-28.net."),
            "FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with "
            "'ns-738.awsdns-28.net.'");
  EXPECT_EQ(refusal(Type::A, "88.112.107.181, 88.112.107.181"),
            "FATAL problem: ARRDATANotSingleField (Value contains spaces) encountered with "
            "'88.112.107.181, 88.112.107.181'");
  EXPECT_EQ(
      refusal(Type::AAAA, "1.2.3.4"),
      "FATAL problem: AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address) encountered with "
      "'1.2.3.4'");
  for (const char* bad : {"300.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 "})
    EXPECT_EQ(refusal(Type::A, bad) == "accepted", std::string_view(bad).ends_with(' ')) << bad;
}

TEST(RecordValues, StringsMustBeQuotedAndShort) {
  EXPECT_EQ(
      refusal(Type::TXT, "v=spf1"),
      "FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with "
      "'v=spf1'");
  EXPECT_NE(refusal(Type::TXT, ""), "accepted");
  EXPECT_NE(refusal(Type::TXT, "\"open"), "accepted");
  EXPECT_NE(refusal(Type::TXT, "\"a\"b"), "accepted");
  EXPECT_NE(refusal(Type::TXT, "\"a\\\""), "accepted");
  EXPECT_EQ(refusal(Type::TXT, "\"" + std::string(255, 'x') + "\""), "accepted");
  std::string longest = "\"" + std::string(256, 'x') + "\"";
  EXPECT_EQ(refusal(Type::TXT, longest),
            "FATAL problem: CharacterStringTooLong (Value is too long) encountered with '" + longest + "'");
  // An escape is one byte.
  std::string escapes;
  for (int i = 0; i < 255; ++i) escapes += "\\001";
  EXPECT_EQ(refusal(Type::TXT, "\"" + escapes + "\""), "accepted");
}

TEST(RecordValues, FieldsAreCounted) {
  EXPECT_EQ(refusal(Type::MX, "mail.example.com"),
            "FATAL problem: MXRRDATANotTwoFields (MX record doesn't have 2 fields) encountered with "
            "'mail.example.com'");
  EXPECT_EQ(
      refusal(Type::SRV, "1 2 a.b"),
      "FATAL problem: SRVRRDATANotFourFields (SRV record doesn't have 4 fields) encountered with '1 2 a.b'");
  EXPECT_EQ(refusal(Type::CNAME, "a b"),
            "FATAL problem: CNAMERRDATANotSingleField (Value contains spaces) encountered with 'a b'");
  EXPECT_NE(refusal(Type::SOA, "a b 1 2 3 4"), "accepted");
  EXPECT_NE(refusal(Type::CAA, "0 issue"), "accepted");
  EXPECT_NE(refusal(Type::NAPTR, "1 2 \"s\" \"t\" a.b"), "accepted");
  EXPECT_NE(refusal(Type::HTTPS, "1"), "accepted");
}

TEST(RecordValues, NumbersAndDigestsAreChecked) {
  EXPECT_EQ(
      refusal(Type::MX, "65536 a.b"),
      "FATAL problem: MXRRDATAIllegalPriority (Priority should be a number between 0 and 65535) encountered "
      "with '65536 a.b'");
  for (auto [type, text] :
       std::initializer_list<std::pair<Type, const char*>>{{Type::MX, "-1 a.b"},
                                                           {Type::SRV, "1 x 2 a.b"},
                                                           {Type::CAA, "256 issue \"a\""},
                                                           {Type::CAA, "0 is-sue \"a\""},
                                                           {Type::CAA, "0 issue a"},
                                                           {Type::DS, "1 1 2 abc"},
                                                           {Type::TLSA, "3 1 1 xyz"},
                                                           {Type::SSHFP, "1 256 abcd"},
                                                           {Type::SOA, "a b -1 2 3 4 5"},
                                                           {Type::NAPTR, "1 2 s \"t\" \"\" a.b"},
                                                           {Type::HTTPS, "1 . alpn"},
                                                           {Type::SVCB, "x . port=1"}})
    EXPECT_NE(refusal(type, text), "accepted") << text;
}

TEST(RecordValues, NamesInsideValuesAreChecked) {
  EXPECT_EQ(refusal(Type::MX, "10 a..b"),
            "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'a..b'");
  EXPECT_EQ(refusal(Type::CNAME, ""),
            "FATAL problem: DomainNameEmpty (Domain name is empty) encountered with ''");
  EXPECT_NE(refusal(Type::PTR, std::string(64, 'a')), "accepted");
}

}  // namespace
}  // namespace meridian::services::route53

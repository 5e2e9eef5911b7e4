#include "formats/dns/rdata.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "formats/dns/base32.h"

namespace meridian::dns {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

Name name(std::string_view text) {
  return Name::parse(text).value();
}

std::string hex_of(Type type, std::string_view text) {
  auto wire = parse_rdata(type, text, name("example.com"));
  return wire ? to_hex(as_bytes(*wire)) : wire.error().message;
}
std::string why(Type type, std::string_view text) {
  auto wire = parse_rdata(type, text, name("example.com"));
  return wire ? "accepted" : wire.error().message;
}

struct Canonical {
  Type type;
  const char* given;
  const char* printed;  // the same when null
};
// The printed forms are those of named-compilezone 9.18, but for the blanks it puts into long digests.
const Canonical kCanonical[] = {
    {Type::A, "192.0.2.1", nullptr},
    {Type::AAAA, "2001:DB8:0:0::1", "2001:db8::1"},
    {Type::NS, "ns1", "ns1.example.com."},
    {Type::CNAME, "@", "example.com."},
    {Type::PTR, "Host.Example.ORG.", nullptr},
    {Type::SOA, "ns1 host. 1 2h 3m 1w 1h30m", "ns1.example.com. host. 1 7200 180 604800 5400"},
    {Type::MX, "10 .", nullptr},
    {Type::TXT, "\"a;b\\\"c\\\\d\\001\\200\" unq uo\\ te \"\" \"d\"",
     "\"a;b\\\"c\\\\d\\001\\200\" \"unq\" \"uo te\" \"\" \"d\""},
    {Type::SPF, "\"v=spf1 -all\"", nullptr},
    {Type::SRV, "1 2 3 foo", "1 2 3 foo.example.com."},
    {Type::NAPTR, "1 2 \"U\" E2U+sip \"!^.*$!sip:a@b!\" .", "1 2 \"U\" \"E2U+sip\" \"!^.*$!sip:a@b!\" ."},
    {Type::DNAME, "foo.", nullptr},
    {Type::DS, "12345 8 2 aabbccddeeff0011223344556677 8899aabbccddeeff00112233445566778899",
     "12345 8 2 AABBCCDDEEFF00112233445566778899AABBCCDDEEFF00112233445566778899"},
    {Type::CDS, "0 0 0 00", nullptr},
    {Type::SSHFP, "1 1 aabbccddeeff00112233445566778899aabbccdd",
     "1 1 AABBCCDDEEFF00112233445566778899AABBCCDD"},
    {Type::TLSA, "3 1 1 aabbcc", "3 1 1 AABBCC"},
    {Type::CAA, "0 issue \"ca.com; x=y\"", nullptr},
    {Type::CAA, "128 iodef mailto:a@b", "128 iodef \"mailto:a@b\""},
    {Type::CAA, "0 issue \"\"", nullptr},
    {Type::DNSKEY, "256 3 8 AQPS KmynfzW4", "256 3 8 AQPSKmynfzW4"},
    {Type::CDNSKEY, "0 3 0 AA==", nullptr},
    {Type::RRSIG, "A 8 2 300 20260101000000 1767225600 12345 @ AQPS",
     "A 8 2 300 20260101000000 20260101000000 12345 example.com. AQPS"},
    {Type::NSEC, "foo SOA NS TYPE1234 A", "foo.example.com. A NS SOA TYPE1234"},
    {Type::NSEC, "foo", "foo.example.com."},
    {Type::NSEC3, "1 0 10 aabb 0123456789abcdefghijklmnopqrstuv A",
     "1 0 10 AABB 0123456789ABCDEFGHIJKLMNOPQRSTUV A"},
    {Type::NSEC3PARAM, "1 0 0 -", nullptr},
    {Type::SVCB, "0 foo.example.com. alpn=h2", "0 foo.example.com. alpn=\"h2\""},
    {Type::HTTPS, "0 .", nullptr},
    {Type::HTTPS, "16 . alpn=h2,h3", "16 . alpn=\"h2,h3\""},
    {Type::HTTPS, "1 . alpn=\"f\\\\\\\\oo\\\\,bar,h2\"", "1 . alpn=\"f\\\\\\\\oo\\\\,bar,h2\""},
    {Type::HTTPS,
     "1 . ech=AAEC port=53 ipv6hint=2001:db8::1,:: ipv4hint=1.2.3.4,5.6.7.8 mandatory=port,alpn alpn=h2 "
     "dohpath=/q{?dns} key1234=\"a b\\\"c\" key9999 no-default-alpn ohttp",
     "1 . mandatory=alpn,port alpn=\"h2\" no-default-alpn port=53 ipv4hint=1.2.3.4,5.6.7.8 ech=AAEC "
     "ipv6hint=2001:db8::1,:: dohpath=\"/q{?dns}\" ohttp key1234=\"a b\\\"c\" key9999"},
    {Type::SVCB, "1 foo key1=\"\\002h2\"", "1 foo.example.com. alpn=\"h2\""},
    {Type::A, "\\# 4 C0000201", "192.0.2.1"},
    {Type::LOC, "\\# 0", nullptr},
    {static_cast<Type>(65400), "\\# 3 aa BBcc", "\\# 3 AABBCC"},
};

TEST(Rdata, PrintsTheCanonicalFormOfWhatItReads) {
  for (const Canonical& c : kCanonical) {
    SCOPED_TRACE(to_string(c.type) + " " + c.given);
    auto wire = parse_rdata(c.type, c.given, name("example.com"));
    ASSERT_TRUE(wire) << wire.error().message;
    auto printed = print_rdata(c.type, *wire);
    ASSERT_TRUE(printed) << printed.error().message;
    EXPECT_EQ(*printed, c.printed ? c.printed : c.given);
    EXPECT_EQ(parse_rdata(c.type, *printed), *wire);
    EXPECT_EQ(parse_rdata(c.type, print_generic_rdata(*wire)), *wire);
    EXPECT_EQ(parse_rdata(c.type, *print_rdata(c.type, *wire, Escapes::Octal), Name(), Escapes::Octal),
              *wire);
  }
}

TEST(Rdata, HasTheWireFormsOfTheRfcs) {
  EXPECT_EQ(hex_of(Type::MX, "10 a"), "000a0161076578616d706c6503636f6d00");
  EXPECT_EQ(hex_of(Type::SOA, "a. b. 1 2 3 4 5"), "0161000162000000000100000002000000030000000400000005");
  EXPECT_EQ(hex_of(Type::TXT, "ab \"\""), "02616200");
  EXPECT_EQ(hex_of(Type::CAA, "0 issue \"x\""), "0005697373756578");
  EXPECT_EQ(hex_of(Type::NAPTR, "1 2 s \"\" \"\" ."), "000100020173000000");
  // RFC 4034 §4.3
  EXPECT_EQ(hex_of(Type::NSEC, "host.example.com. A MX RRSIG NSEC TYPE1234"),
            "04686f7374076578616d706c6503636f6d00"
            "0006400100000003"
            "041b000000000000000000000000000000000000000000000000000020");
}

// RFC 9460 appendix D.2, the vectors of ServiceMode.
TEST(Rdata, PassesTheVectorsOfRfc9460) {
  EXPECT_EQ(hex_of(Type::SVCB, "16 foo.example.com. port=53"),
            "001003666f6f076578616d706c6503636f6d00"
            "000300020035");
  EXPECT_EQ(hex_of(Type::SVCB, "1 foo.example.com. key667=\"hello\\210qoo\""),
            "000103666f6f076578616d706c6503636f6d00"
            "029b000968656c6c6fd2716f6f");
  EXPECT_EQ(hex_of(Type::SVCB, "1 foo.example.com. ipv6hint=\"2001:db8::1,2001:db8::53:1\""),
            "000103666f6f076578616d706c6503636f6d00"
            "00060020"
            "20010db800000000000000000000000120010db8000000000000000000530001");
  std::string sorted =
      "001003666f6f076578616d706c65036f726700"
      "0000000400010004"
      "00010009026832"
      "0568332d3139"
      "0004"
      "0004c0000201";
  EXPECT_EQ(
      hex_of(Type::SVCB, "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1"),
      sorted);
  for (const char* text : {"16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
                           "16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2"})
    EXPECT_EQ(hex_of(Type::SVCB, text),
              "001003666f6f076578616d706c65036f726700"
              "0001000c"
              "08665c6f6f2c626172"
              "026832");
}

TEST(Rdata, RefusesTheFailureCasesOfRfc9460) {
  for (const char* text : {"1 foo key123=abc key123=def",
                           "1 foo mandatory",
                           "1 foo alpn",
                           "1 foo port",
                           "1 foo ipv4hint",
                           "1 foo ipv6hint",
                           "1 foo no-default-alpn=abc alpn=h2",
                           "1 foo mandatory=key123",
                           "1 foo mandatory=mandatory",
                           "1 foo mandatory=key123,key123 key123=abc",
                           "1 foo no-default-alpn",
                           "1 foo alpn=h2,,h3",
                           "1 foo alpn=h2,",
                           "1 foo port=65536",
                           "1 foo port=1x",
                           "1 foo ipv4hint=::1",
                           "1 foo ipv6hint=1.2.3.4",
                           "1 foo ech=%",
                           "1 foo key65535=x",
                           "1 foo key01=x",
                           "1 foo KEY7=x",
                           "1 foo alpn=h2 key1=\\002h3",
                           "1 foo key3=x",
                           "1 foo colour=red",
                           "1 foo alpn=\"h2",
                           "65536 foo",
                           "1",
                           "1 foo alpn=a\\\\"})
    EXPECT_NE(why(Type::SVCB, text), "accepted") << text;
}

TEST(Rdata, RefusalsNameTheField) {
  EXPECT_EQ(why(Type::MX, "abc mx"), "MX preference 'abc' is not a number between 0 and 65535");
  EXPECT_EQ(why(Type::MX, "65536 mx"), "MX preference '65536' is not a number between 0 and 65535");
  EXPECT_EQ(why(Type::MX, "10"), "MX exchange is missing");
  EXPECT_EQ(why(Type::MX, "10 a b"), "MX has too many fields: 'b'");
  EXPECT_EQ(why(Type::MX, "10 a..b"), "MX exchange 'a..b' is not a name: label is empty");
  EXPECT_EQ(why(Type::A, "1.2.3"), "A address '1.2.3' is not an IPv4 address");
  EXPECT_EQ(why(Type::A, "::1"), "A address '::1' is not an IPv4 address");
  EXPECT_EQ(why(Type::AAAA, "1.2.3.4"), "AAAA address '1.2.3.4' is not an IPv6 address");
  EXPECT_EQ(why(Type::TXT, ""), "TXT string is missing");
  EXPECT_EQ(why(Type::TXT, std::string(256, 'x')), "TXT string is longer than 255 bytes");
  EXPECT_EQ(why(Type::TXT, std::string(255, 'x')), "accepted");
  EXPECT_EQ(why(Type::TXT, "\"a"), "quoted string does not end on its line");
  EXPECT_EQ(why(Type::TXT, "\"\\256\""), "TXT string escape is not \\ and three decimal digits up to 255");
  EXPECT_EQ(why(Type::CNAME, "\"a\""), "CNAME target 'a' is quoted, but is a name");
  EXPECT_EQ(why(Type::SOA, "a b 1 2 3 4 1h30"),
            "SOA minimum '1h30' is not a number of seconds between 0 and 4294967295");
  EXPECT_EQ(why(Type::CAA, "0 is-sue \"x\""), "CAA tag has a character that is neither letter nor digit");
  EXPECT_EQ(why(Type::DS, "1 8 2 aabb"), "DS SHA-256 digest is 2 bytes long, not 32");
  EXPECT_EQ(why(Type::DS, "1 8 2 aab"), "DS digest is not hexadecimal");
  EXPECT_EQ(why(Type::DS, "1 8 2"), "DS digest is missing");
  EXPECT_EQ(why(Type::SSHFP, "1 2 aabb"), "SSHFP SHA-256 fingerprint is 2 bytes long, not 32");
  EXPECT_EQ(why(Type::SVCB, "1 . alpn=h2 mandatory=port"), "SVCB parameters lack the mandatory port");
  EXPECT_EQ(why(Type::HTTPS, "1 . port=x"), "HTTPS parameters port 'x' is not a number between 0 and 65535");
  EXPECT_EQ(why(Type::LOC, "42 21 54 N"), "LOC is only read in the form \\# length bytes");
  EXPECT_EQ(why(Type::A, "\\# 3 010203"), "A address is cut short");
  EXPECT_EQ(why(Type::A, "\\# 5 0102030405"), "bytes follow the A RDATA");
  EXPECT_EQ(why(Type::A, "\\# 4 010203"), "\\# announces 4 bytes and has 3");
  EXPECT_EQ(why(Type::A, "\\# x"), "the length behind \\# is not a number between 0 and 65535");
  EXPECT_EQ(why(Type::A, "1.2.3.4\n5.6.7.8"), "text has more than one line");
  EXPECT_EQ(why(Type::RRSIG, "A 8 2 300 20260230000000 1 1 a AQPS"),
            "RRSIG expiration '20260230000000' is not a time as YYYYMMDDHHmmSS");
}

TEST(Rdata, KnowsTheEscapesOfRoute53) {
  std::string wire = parse_rdata(Type::TXT, "\"a\\344\\040\\\"b\"", Name(), Escapes::Octal).value();
  EXPECT_EQ(wire, "\5a\xe4 \"b"s);
  EXPECT_EQ(print_rdata(Type::TXT, wire, Escapes::Octal), "\"a\\344 \\\"b\"");
  EXPECT_EQ(print_rdata(Type::TXT, wire), "\"a\\228 \\\"b\"");
  EXPECT_EQ(print_rdata(Type::CNAME, name("*.a").wire(), Escapes::Octal), "\\052.a.");
  EXPECT_FALSE(parse_rdata(Type::TXT, "\"\\400\"", Name(), Escapes::Octal));
  // There "@" is a name like others.
  EXPECT_EQ(parse_rdata(Type::CNAME, "@", name("b"), Escapes::Octal), "\1@\1b\0"s);
}

TEST(Rdata, RefusesMalformedWireForms) {
  for (auto [type, wire] : {std::pair(Type::A, "abc"sv),
                            {Type::AAAA, "abcd"sv},
                            {Type::TXT, ""sv},
                            {Type::TXT, "\2a"sv},
                            {Type::NS, "\1a"sv},
                            {Type::NS, "\1a\0x"sv},
                            {Type::NS, "\xc0\x0c"sv},
                            {Type::NS, ""sv},
                            {Type::CAA, "\0\0x"sv},
                            {Type::CAA, "\0\2-a"sv},
                            {Type::NSEC, "\0\0\1\0"sv},
                            {Type::NSEC, "\0\1\1\x40\0\1\x40"sv},
                            {Type::NSEC, "\0\0\0"sv},
                            {Type::TLSA, "\1\1\1"sv},
                            {Type::SVCB, "\0\1\0\0\1\0\1\1"sv},
                            {Type::SVCB, "\0\1\0\0\3\0\2\0\1\0\1\0\3\2h2"sv},
                            {Type::SVCB, "\0\1\0\0\3\0\2\0\1\0\3\0\2\0\1"sv},
                            {Type::SVCB, "\0\1\0\0\0\0\4\0\4\0\1"sv}}) {
    EXPECT_FALSE(check_rdata(type, wire)) << to_string(type) << " " << to_hex(as_bytes(wire));
    EXPECT_FALSE(print_rdata(type, wire));
  }
  EXPECT_TRUE(check_rdata(static_cast<Type>(1000), "anything"));
  EXPECT_FALSE(check_rdata(static_cast<Type>(1000), std::string(65536, 'x')));
}

TEST(Rdata, FindsTheNames) {
  auto wire = parse_rdata(Type::SOA, "a. b. 1 2 3 4 5").value();
  auto names = names_in(Type::SOA, wire);
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names[1].offset, 3);
  EXPECT_EQ(names[1].size, 3);
  EXPECT_TRUE(names[1].compressible);
  EXPECT_FALSE(names[1].additional);
  auto first = [](Type type, std::string_view text) {
    return names_in(type, parse_rdata(type, text).value()).at(0);
  };
  EXPECT_EQ(first(Type::MX, "1 a.").offset, 2);
  EXPECT_TRUE(first(Type::MX, "1 a.").additional && first(Type::MX, "1 a.").compressible);
  EXPECT_EQ(first(Type::SRV, "1 2 3 a.").offset, 6);
  EXPECT_TRUE(first(Type::SRV, "1 2 3 a.").additional);
  EXPECT_FALSE(first(Type::SRV, "1 2 3 a.").compressible);
  EXPECT_EQ(first(Type::NAPTR, "1 2 s s \"\" a.").offset, 9);
  EXPECT_EQ(first(Type::HTTPS, "1 a. port=1").offset, 2);
  EXPECT_TRUE(names_in(Type::A, "abcd").empty());
  EXPECT_TRUE(names_in(Type::NS, "\1a").empty());
}

TEST(Fields, AreCutAtBlanksAndQuotes) {
  auto cut = [](std::string_view text) {
    std::string out;
    auto fields = split_fields(text);
    if (!fields) return "refused: " + fields.error().message;
    for (const Field& field : *fields) out += (field.quoted ? "Q" : "") + ("<" + field.value + ">");
    return out;
  };
  EXPECT_EQ(cut("  a\t b "), "<a><b>");
  EXPECT_EQ(cut("\"a b\" \"\"c\"d\""), "Q<a b>Q<><c>Q<d>");
  EXPECT_EQ(cut("a\\ b\\\"c \"d\\\"e\" \\065"), "<a b\"c>Q<d\"e><A>");
  EXPECT_EQ(cut("k=\"v w\"x"), "<k=\"v w\"><x>");
  EXPECT_EQ(cut(""), "");
  EXPECT_EQ(cut("\"a"), "refused: quoted string does not end on its line");
  EXPECT_EQ(cut("a\\"), "refused: escape is not \\ and three decimal digits up to 255");
  EXPECT_EQ(cut("a\nb"), "refused: text has more than one line");
}

TEST(Base32, HasTheVectorsOfRfc4648) {
  const char* const vectors[][2] = {{"", ""},
                                    {"f", "CO"},
                                    {"fo", "CPNG"},
                                    {"foo", "CPNMU"},
                                    {"foob", "CPNMUOG"},
                                    {"fooba", "CPNMUOJ1"},
                                    {"foobar", "CPNMUOJ1E8"}};
  for (auto [bytes, text] : vectors) {
    EXPECT_EQ(to_base32hex(bytes), text);
    EXPECT_EQ(from_base32hex(to_lower(text)), bytes);
  }
  for (const char* bad : {"C", "CPN", "CP", "W0", "CO======"}) EXPECT_FALSE(from_base32hex(bad)) << bad;
}

// Random bytes are seldom good RDATA, so good RDATA is damaged instead: what still passes must round-trip.
TEST(Rdata, WhatIsWellFormedRoundTrips) {
  SeededRandom random(11);
  std::size_t passed = 0;
  for (const Canonical& c : kCanonical) {
    std::string wire = parse_rdata(c.type, c.given, name("example.com")).value();
    for (int i = 0; i < 300 && !wire.empty(); ++i) {
      std::string damaged = wire;
      for (std::uint64_t changes = 1 + random.below(3); changes > 0; --changes)
        damaged[random.below(damaged.size())] = static_cast<char>(random.next());
      if (random.below(4) == 0) damaged.resize(random.below(damaged.size() + 1));
      auto printed = print_rdata(c.type, damaged);
      if (!printed) continue;
      ++passed;
      auto again = parse_rdata(c.type, *printed);
      ASSERT_TRUE(again) << to_string(c.type) << " " << *printed << ": " << again.error().message;
      ASSERT_EQ(to_hex(as_bytes(*again)), to_hex(as_bytes(damaged))) << to_string(c.type) << " " << *printed;
      auto octal = print_rdata(c.type, damaged, Escapes::Octal);
      ASSERT_EQ(parse_rdata(c.type, *octal, Name(), Escapes::Octal), damaged) << *octal;
    }
  }
  EXPECT_GT(passed, 2000u);
}

}  // namespace
}  // namespace meridian::dns

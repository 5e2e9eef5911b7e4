#include "formats/dns/zone_file.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "formats/dns/generate.h"
#include "formats/dns/rdata.h"

namespace meridian::dns {
namespace {

Name name(std::string_view text) {
  return Name::parse(text).value();
}

ZoneFileOptions options(std::string_view origin, std::optional<std::uint32_t> ttl) {
  ZoneFileOptions made;
  made.origin = name(origin);
  made.default_ttl = ttl;
  return made;
}

// Records as "line: owner ttl type rdata", refusals as "line! message".
std::vector<std::string> read(std::string_view text,
                              const ZoneFileOptions& how = options("example.com", 60)) {
  std::vector<std::string> out;
  parse_zone_file(
      text, how,
      [&out](const Record& r, std::size_t line) {
        EXPECT_EQ(r.klass, Class::IN);
        out.push_back(std::to_string(line) + ": " + r.owner.to_string() + " " + std::to_string(r.ttl) + " " +
                      to_string(r.type) + " " + print_rdata(r.type, r.rdata).value());
      },
      [&out](const ZoneFileError& e) { out.push_back(std::to_string(e.line) + "! " + e.message); });
  return out;
}
using Lines = std::vector<std::string>;

TEST(ZoneFile, ReadsTheExampleOfRfc1035Section5Point3) {
  EXPECT_EQ(read(R"(
@   IN  SOA     VENERA      Action\.domains (
                                 20     ; SERIAL
                                 7200   ; REFRESH
                                 600    ; RETRY
                                 3600000; EXPIRE
                                 60)    ; MINIMUM

        NS      A.ISI.EDU.
        MX      10      VENERA
A       A       26.3.0.103
VENERA  A       10.1.0.52
        A       128.9.0.32
)",
                 options("ISI.EDU", 60)),
            (Lines{"2: ISI.EDU. 60 SOA VENERA.ISI.EDU. Action\\.domains.ISI.EDU. 20 7200 600 3600000 60",
                   "9: ISI.EDU. 60 NS A.ISI.EDU.", "10: ISI.EDU. 60 MX 10 VENERA.ISI.EDU.",
                   "11: A.ISI.EDU. 60 A 26.3.0.103", "12: VENERA.ISI.EDU. 60 A 10.1.0.52",
                   "13: VENERA.ISI.EDU. 60 A 128.9.0.32"}));
}

TEST(ZoneFile, TakesTtlAndClassInEitherOrder) {
  EXPECT_EQ(
      read("a 1h30m IN A 192.0.2.1\na in 90 A 192.0.2.2\na A 192.0.2.3\na 5 A 192.0.2.4\na IN A 192.0.2.5\n"
           "in 7 a 192.0.2.6\n300 a 192.0.2.7\na CLASS1 1W TYPE1 \\# 4 C0000208"),
      (Lines{"1: a.example.com. 5400 A 192.0.2.1", "2: a.example.com. 90 A 192.0.2.2",
             "3: a.example.com. 60 A 192.0.2.3", "4: a.example.com. 5 A 192.0.2.4",
             "5: a.example.com. 60 A 192.0.2.5", "6: in.example.com. 7 A 192.0.2.6",
             "7: 300.example.com. 60 A 192.0.2.7", "8: a.example.com. 604800 A 192.0.2.8"}));
}

TEST(ZoneFile, FollowsOriginAndTtl) {
  EXPECT_EQ(
      read("$TTL 2h\na A 192.0.2.1\n$ORIGIN sub\nb CNAME c\n@ NS @\n$origin other.\n$ttl 5\nb A 192.0.2.2\n"),
      (Lines{"2: a.example.com. 7200 A 192.0.2.1", "4: b.sub.example.com. 7200 CNAME c.sub.example.com.",
             "5: sub.example.com. 7200 NS sub.example.com.", "8: b.other. 5 A 192.0.2.2"}));
}

TEST(ZoneFile, WithoutTtlDirectiveTakesTheLastStatedOrTheSoaMinimum) {
  EXPECT_EQ(read("a A 192.0.2.1\nb 9 A 192.0.2.2\nc A 192.0.2.3\n@ SOA a b 1 2 3 4 44\nd A 192.0.2.4\n",
                 options("e", std::nullopt)),
            (Lines{"1! there is no TTL, here or by $TTL or in an entry before", "2: b.e. 9 A 192.0.2.2",
                   "3: c.e. 9 A 192.0.2.3", "4: e. 44 SOA a.e. b.e. 1 2 3 4 44", "5: d.e. 44 A 192.0.2.4"}));
}

TEST(ZoneFile, UnderstandsQuotesEscapesAndComments) {
  EXPECT_EQ(
      read("a TXT \"x;y (\" z\\;\\( ; comment \" (\n"
           "*.b\\.c TXT (\"1\" ; one )\n  \"2\"\n)\n"
           "; only \"a comment\n\n   \n\t; again\r\n"
           "d HTTPS 1 . alpn=\"h2,h3\" port=53 ; x\r\n"
           "e TXT \"\""),
      (Lines{"1: a.example.com. 60 TXT \"x;y (\" \"z;(\"", "2: *.b\\.c.example.com. 60 TXT \"1\" \"2\"",
             "9: d.example.com. 60 HTTPS 1 . alpn=\"h2,h3\" port=53", "10: e.example.com. 60 TXT \"\""}));
}

TEST(ZoneFile, RefusalsNameTheLineAndHideNothingElse) {
  EXPECT_EQ(read("a A 1.2.3\n"
                 "b A 192.0.2.1\n"
                 "c TXT \"open\n"
                 "d A 192.0.2.2\n"
                 "e A 192.0.2.3 )\n"
                 "f MX (\n 10\n mail ) extra\n"
                 "g CH A 192.0.2.4\n"
                 "h FOO x\n"
                 "i ANY x\n"
                 "j 3000000000 A 192.0.2.5\n"
                 "k 1x A 192.0.2.5\n"
                 "l\n"
                 "m 5 IN\n"
                 "$INCLUDE x\n"
                 "$FOO\n"
                 "$TTL\n"
                 "\"n\" A 192.0.2.6\n"
                 "o A 192.0.2.7\n"),
            (Lines{"1! A address '1.2.3' is not an IPv4 address", "2: b.example.com. 60 A 192.0.2.1",
                   "3! quoted string does not end on its line", "4: d.example.com. 60 A 192.0.2.2",
                   "5! ')' without '('", "6! MX has too many fields: 'extra'", "9! class 'CH' is not IN",
                   "10! 'FOO' is not a type", "11! type ANY does not stand in zones",
                   "12! TTL '3000000000' is not between 0 and 2147483647 seconds",
                   "13! TTL '1x' is not between 0 and 2147483647 seconds", "14! the type is missing",
                   "15! the type is missing", "16! $INCLUDE is not supported: the text must be whole",
                   "17! unknown directive '$FOO'", "18! $TTL takes one value", "19! name 'n' is quoted",
                   "20: o.example.com. 60 A 192.0.2.7"}));
}

TEST(ZoneFile, AnUnclosedParenthesisCostsItsOwnLineOnly) {
  EXPECT_EQ(read("a MX ( 10\nb A 192.0.2.1\n"),
            (Lines{"1! '(' without ')'", "2: b.example.com. 60 A 192.0.2.1"}));
  std::string many;
  for (int i = 0; i < 100000; ++i) many += "(\n";
  Lines refused = read(many);
  EXPECT_EQ(refused.size(), 16u);
  EXPECT_EQ(refused.back(), "16! '(' without ')', once too often: the rest is not read");
}

TEST(ZoneFile, WhatHangsOnARefusedEntryIsRefused) {
  EXPECT_EQ(read(" A 192.0.2.1\na..b A 192.0.2.1\n A 192.0.2.2\nc A 192.0.2.3\n A 192.0.2.4\n"
                 "$ORIGIN a..b\nd A 192.0.2.5\n$ORIGIN e.\nd A 192.0.2.6\n"),
            (Lines{"1! the owner is left out and that of the entry before is unknown",
                   "2! 'a..b' is not a name: label is empty",
                   "3! the owner is left out and that of the entry before is unknown",
                   "4: c.example.com. 60 A 192.0.2.3", "5: c.example.com. 60 A 192.0.2.4",
                   "6! 'a..b' is not a name: label is empty",
                   "7! the origin is unknown: its $ORIGIN was refused", "9: d.e. 60 A 192.0.2.6"}));
}

TEST(ZoneFile, AnEntryKeepsItsOwnerWhenItsDataIsRefused) {
  EXPECT_EQ(read("a A x\n A 192.0.2.1\n"),
            (Lines{"1! A address 'x' is not an IPv4 address", "2: a.example.com. 60 A 192.0.2.1"}));
}

TEST(ZoneFile, Generates) {
  EXPECT_EQ(read("$GENERATE 1-5/2 h$ 30 IN A 192.0.2.${10}\n$GENERATE 9-10 ${0,3} CNAME \\$$$-$.x.\n"
                 "$GENERATE 0-0 t TXT \"a ${-0} $\"\n"),
            (Lines{"1: h1.example.com. 30 A 192.0.2.11", "1: h3.example.com. 30 A 192.0.2.13",
                   "1: h5.example.com. 30 A 192.0.2.15", "2: 009.example.com. 60 CNAME \\$\\$-9.x.",
                   "2: 010.example.com. 60 CNAME \\$\\$-10.x.", "3: t.example.com. 60 TXT \"a 0 0\""}));
}

TEST(ZoneFile, RefusesWhatGeneratesBadly) {
  EXPECT_EQ(read("$GENERATE 254-257 h$ A 192.0.2.$\n$GENERATE 5-1 h$ A 192.0.2.1\n$GENERATE 1-2 a\n"
                 "$GENERATE 1-2 ${x} A 192.0.2.1\n$GENERATE 1-2 ${-5} A 192.0.2.1\n$GENERATE 0-200000 h$ A "
                 "192.0.2.1\n"),
            (Lines{"1: h254.example.com. 60 A 192.0.2.254", "1: h255.example.com. 60 A 192.0.2.255",
                   "1! $GENERATE at 256: A address '192.0.2.256' is not an IPv4 address",
                   "2! $GENERATE range '5-1' is not start-stop/step",
                   "3! $GENERATE takes a range, an owner, a type and data",
                   "4! $GENERATE modifier is not ${offset,width,base}",
                   "5! $GENERATE makes a number below zero", "6! $GENERATE makes too many records"}));
  ZoneFileOptions limited = options("e", 1);
  limited.generate_max = 4;
  EXPECT_EQ(read("$GENERATE 1-3 a$ A 192.0.2.1\n$GENERATE 1-2 b$ A 192.0.2.1\n", limited).back(),
            "2! $GENERATE makes too many records");
}

TEST(Generate, KnowsItsBases) {
  auto expand = [](std::string_view text, std::uint32_t value) {
    std::string out;
    auto done = expand_generate(text, value, out);
    return done ? out : done.error().message;
  };
  EXPECT_EQ(expand("${0,4,x}${0,4,X}-${0,4,o}-${1,0,d}", 171), "00ab00AB-0253-172");
  EXPECT_EQ(expand("${0,0,n}", 0x1a), "a.1");
  EXPECT_EQ(expand("${0,5,N}", 0x1a), "A.1.0");
  EXPECT_EQ(expand("$.$$.\\$", 7), "7.$.\\$");
  EXPECT_EQ(expand("${0,256}", 7), "$GENERATE modifier is not ${offset,width,base}");
  EXPECT_EQ(expand("${0,1,q}", 7), "$GENERATE modifier is not ${offset,width,base}");
  EXPECT_EQ(expand("${0", 7), "$GENERATE modifier is not ${offset,width,base}");
  EXPECT_EQ(expand(std::string(4097, 'a'), 7), "$GENERATE makes a field longer than 4096 bytes");
  for (const char* bad : {"", "1", "1-", "-1", "1-2/0", "1-2/", "1/2-3", "1-2147483648", "1 -2"})
    EXPECT_FALSE(parse_generate_range(bad)) << bad;
  EXPECT_EQ(parse_generate_range("1-10/4")->count(), 3u);
  EXPECT_EQ(parse_generate_range("0-2147483647")->count(), 2147483648u);
}

TEST(ZoneFile, PrintedRecordsReadBackTheSame) {
  std::string text;
  std::vector<Record> records;
  auto keep = [&](const Record& record, std::size_t) {
    records.push_back(record);
    text += print_record(record) + "\n";
  };
  auto fail = [](const ZoneFileError& error) { ADD_FAILURE() << error.line << ": " << error.message; };
  parse_zone_file(
      "$ORIGIN e.\n$TTL 5\n\\$x\\;\\(\\\"\\@\\032. A 192.0.2.1\n\\@ TXT \"a\\\"b\" \\000\\255\nb TYPE999 \\# "
      "0\n"
      "c SVCB 1 . key99=\"; \\\"( \\\\\"\nd CNAME \\@\n",
      {}, keep, fail);
  ASSERT_EQ(records.size(), 5u);
  std::vector<Record> first = std::move(records);
  records.clear();
  parse_zone_file(std::string(text), {}, keep, fail);
  ASSERT_EQ(records.size(), first.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(records[i].owner.wire(), first[i].owner.wire());
    EXPECT_EQ(records[i].ttl, first[i].ttl);
    EXPECT_EQ(records[i].type, first[i].type);
    EXPECT_EQ(records[i].rdata, first[i].rdata);
  }
}

}  // namespace
}  // namespace meridian::dns

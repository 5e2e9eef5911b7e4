#include "formats/dns/message.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "formats/dns/rdata.h"

namespace meridian::dns {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using Section = MessageWriter::Section;

Name name(std::string_view text) {
  return Name::parse(text).value();
}

constexpr std::string_view kHeader = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"sv;
constexpr std::string_view kQuestion = "\3wWw\7example\3com\0\0\1\0\1"sv;

std::string plain_query() {
  return std::string(kHeader) + std::string(kQuestion);
}
// A query with OPT: 1232 bytes, version 0, DO, and these options.
std::string edns_query(std::string_view options, std::string_view version_and_flags = "\0\0\x80\0"sv) {
  std::string query = plain_query() + "\0\0\x29\x04\xd0"s + std::string(version_and_flags);
  append_u16(query, static_cast<std::uint16_t>(options.size()));
  query += options;
  query[11] = 1;
  return query;
}

// How a query is refused: "" when it is not.
std::string refusal(std::string_view bytes) {
  auto query = parse_query(as_bytes(bytes));
  if (query) return "";
  switch (query.error().refusal) {
    case Refusal::Drop:
      return "drop";
    case Refusal::FormErr:
      return "formerr";
    case Refusal::NotImp:
      return "notimp";
  }
  return "?";
}

TEST(ParseQuery, ReadsAPlainQuery) {
  std::string bytes = plain_query();
  auto query = parse_query(as_bytes(bytes));
  ASSERT_TRUE(query);
  EXPECT_EQ(query->id, 0x1234);
  EXPECT_TRUE(query->flags & kRecursionDesired);
  EXPECT_EQ(query->question.name.to_string(), "wWw.example.com.");
  EXPECT_EQ(query->question.type, Type::A);
  EXPECT_EQ(query->question.klass, Class::IN);
  EXPECT_FALSE(query->edns);
}

TEST(ParseQuery, ReadsEdns) {
  std::string bytes = edns_query(
      "\0\3\0\0\0\x0a\0\x08"
      "12345678"
      "\0\x08\0\7\0\1\x14\0\xc0\0\x20\xff\xff\0\2hi"sv);
  auto query = parse_query(as_bytes(bytes));
  ASSERT_TRUE(query) << query.error().why;
  ASSERT_TRUE(query->edns);
  EXPECT_EQ(query->edns->udp_payload_size, 1232);
  EXPECT_TRUE(query->edns->dnssec_ok);
  EXPECT_TRUE(query->edns->nsid);
  EXPECT_EQ(query->edns->cookie, "12345678");
  ASSERT_TRUE(query->edns->client_subnet);
  EXPECT_EQ(query->edns->client_subnet->source_bits, 20);
  EXPECT_EQ(query->edns->client_subnet->address[2], 0x20);
}

TEST(ParseQuery, RaisesSmallPayloadSizesTo512) {
  std::string bytes = edns_query("");
  bytes[plain_query().size() + 3] = 0;
  EXPECT_EQ(parse_query(as_bytes(bytes))->edns->udp_payload_size, 512);
}

TEST(ParseQuery, LeavesOptionsOfAnotherVersionAlone) {
  std::string bytes = edns_query("\xff", "\0\1\0\0"sv);
  auto query = parse_query(as_bytes(bytes));
  ASSERT_TRUE(query);
  EXPECT_EQ(query->edns->version, 1);
}

TEST(ParseQuery, RefusesMalformedOptions) {
  EXPECT_EQ(refusal(edns_query("\0\x0a\0\7"
                               "1234567"sv)),
            "formerr");  // RFC 7873 §5.2.2
  EXPECT_EQ(refusal(edns_query("\0\x0a\0\x09"
                               "123456789"sv)),
            "formerr");
  EXPECT_EQ(refusal(edns_query("\0\x0a\0\x29"s + std::string(41, 'c'))), "formerr");
  EXPECT_EQ(refusal(edns_query("\0\x0a\0\x28"s + std::string(40, 'c'))), "");
  EXPECT_EQ(refusal(edns_query("\0\x08\0\7\0\1\x14\0\xc0\0\x28"sv)), "formerr");  // bits beyond the prefix
  EXPECT_EQ(refusal(edns_query("\0\x08\0\x08\0\1\x14\0\xc0\0\x20\0"sv)), "formerr");  // a byte too many
  EXPECT_EQ(refusal(edns_query("\0\x08\0\6\0\1\x14\0\xc0\0"sv)), "formerr");          // a byte too few
  EXPECT_EQ(refusal(edns_query("\0\x08\0\x09\0\1\x21\0\1\2\3\4\0"sv)), "formerr");  // more bits than IPv4 has
  EXPECT_EQ(refusal(edns_query("\0\x08\0\5\0\1\x08\1\x0a"sv)), "formerr");          // a scope in a query
  EXPECT_EQ(refusal(edns_query("\0\x08\0\5\0\3\x08\0\x0a"sv)), "formerr");          // an unknown family
  EXPECT_EQ(refusal(edns_query("\0\x08\0\4\0\1\0\0"sv)), "");  // RFC 7871 §7.1.2: opting out
  EXPECT_EQ(refusal(edns_query("\0\x08\0\3\0\1\0"sv)), "formerr");
  EXPECT_EQ(refusal(edns_query("\0\3\0\1"sv)), "formerr");
}

TEST(ParseQuery, NeverRepliesWhereThatIsUnsafe) {
  EXPECT_EQ(refusal(""), "drop");
  EXPECT_EQ(refusal(kHeader.substr(0, 11)), "drop");
  std::string response = plain_query();
  response[2] |= '\x80';
  EXPECT_EQ(refusal(response), "drop");
}

TEST(ParseQuery, RefusesOtherOpcodes) {
  for (char opcode : {'\x10', '\x20', '\x28', '\x78'}) {
    std::string bytes = plain_query();
    bytes[2] = opcode;
    EXPECT_EQ(refusal(bytes), "notimp");
  }
}

TEST(ParseQuery, RefusesOtherShapes) {
  std::string bytes = plain_query();
  for (std::size_t size = kHeaderSize; size < bytes.size(); ++size)
    EXPECT_EQ(refusal(bytes.substr(0, size)), "formerr");
  EXPECT_EQ(refusal(bytes + "x"), "formerr");
  for (auto [at, value] : {std::pair(5, 0), {5, 2}, {7, 1}, {9, 1}, {11, 1}}) {
    std::string other = bytes;
    other[static_cast<std::size_t>(at)] = static_cast<char>(value);
    EXPECT_EQ(refusal(other), "formerr") << at;
  }
  // The root asked for by a pointer to a zero byte of the header.
  EXPECT_EQ(refusal(std::string(kHeader) + "\xc0\x0a\0\1\0\1"s), "formerr");
}

TEST(ParseQuery, AcceptsOneOptWithTheRootAsOwner) {
  std::string opt = edns_query("").substr(plain_query().size());
  std::string two = edns_query("") + opt;
  two[11] = 2;
  EXPECT_EQ(refusal(two), "formerr");
  std::string owned = plain_query() + "\1a" + opt;
  owned[11] = 1;
  EXPECT_EQ(refusal(owned), "formerr");
  std::string other = plain_query() + "\xc0\x0c\0\1\0\1\0\0\0\0\0\4abcd"s + opt;
  other[11] = 2;
  EXPECT_EQ(refusal(other), "");
}

struct Written {
  std::array<std::uint8_t, 4096> buffer;
  MessageWriter writer;
  explicit Written(std::size_t limit = 4096) : writer(buffer, limit) {}
  bool add(Section section, std::string_view owner, Type type, std::string_view rdata) {
    return writer.add_record(section, name(owner).wire(), type, Class::IN, 300,
                             parse_rdata(type, rdata).value());
  }
  Message message() { return parse_message({buffer.data(), writer.finish()}).value(); }
};

std::vector<std::string> texts(const std::vector<Record>& records) {
  std::vector<std::string> out;
  for (const Record& record : records)
    out.push_back(record.owner.to_string() + " " + to_string(record.type) + " " +
                  print_rdata(record.type, record.rdata).value());
  return out;
}

TEST(MessageWriter, WritesWhatIsReadAgain) {
  Written w;
  w.writer.set_header({.id = 77, .qr = true, .aa = true, .rd = true, .rcode = 3});
  ASSERT_TRUE(w.writer.add_question(name("WWW.example.com").wire(), Type::MX, Class::IN));
  ASSERT_TRUE(w.add(Section::Answer, "www.example.com", Type::CNAME, "mail.example.com."));
  ASSERT_TRUE(w.add(Section::Answer, "mail.example.com", Type::MX, "10 mx.mail.example.com."));
  ASSERT_TRUE(
      w.add(Section::Authority, "example.com", Type::SOA, "ns.example.com. host.ns.example.com. 1 2 3 4 5"));
  ASSERT_TRUE(w.add(Section::Additional, "mx.mail.example.com", Type::A, "192.0.2.1"));
  Message message = w.message();
  EXPECT_EQ(message.header.id, 77);
  EXPECT_TRUE(message.header.qr && message.header.aa && message.header.rd);
  EXPECT_FALSE(message.header.tc || message.header.ra || message.header.ad || message.header.cd);
  EXPECT_EQ(message.header.rcode, 3);
  ASSERT_EQ(message.questions.size(), 1u);
  EXPECT_EQ(message.questions[0].name.to_string(), "WWW.example.com.");
  // The owner is a pointer to the question and so in its case.
  EXPECT_EQ(texts(message.answers),
            (std::vector<std::string>{"WWW.example.com. CNAME mail.example.com.",
                                      "mail.example.com. MX 10 mx.mail.example.com."}));
  EXPECT_EQ(texts(message.authorities),
            (std::vector<std::string>{"example.com. SOA ns.example.com. host.ns.example.com. 1 2 3 4 5"}));
  EXPECT_EQ(texts(message.additionals), (std::vector<std::string>{"mx.mail.example.com. A 192.0.2.1"}));
}

TEST(MessageWriter, CompressesOnlyWhatRfc3597Allows) {
  Written w;
  auto grows_by = [&w](Type type, std::string_view rdata) {
    std::size_t before = w.writer.size();
    EXPECT_TRUE(w.add(Section::Answer, "example.com", type, rdata));
    return w.writer.size() - before - 12;  // the owner's pointer and the fixed part
  };
  ASSERT_TRUE(w.writer.add_question(name("example.com").wire(), Type::ANY, Class::IN));
  EXPECT_EQ(w.writer.size(), kHeaderSize + 13 + 4);
  EXPECT_EQ(grows_by(Type::NS, "ns.example.com."), 5u);
  EXPECT_EQ(grows_by(Type::PTR, "NS.EXAMPLE.com."), 2u);
  EXPECT_EQ(grows_by(Type::MX, "1 a.ns.example.com."), 6u);
  EXPECT_EQ(grows_by(Type::SOA, "ns.example.com. a.ns.example.com. 1 2 3 4 5"), 24u);
  EXPECT_EQ(grows_by(Type::SRV, "1 2 3 ns.example.com."), 22u);
  EXPECT_EQ(grows_by(Type::HTTPS, "1 ns.example.com."), 18u);
  EXPECT_EQ(grows_by(Type::DNAME, "ns.example.com."), 16u);
}

TEST(MessageWriter, AnAdditionThatDoesNotFitLeavesNothing) {
  for (std::size_t limit = kHeaderSize; limit < 110; ++limit) {
    Written w(limit);
    bool question = w.writer.add_question(name("www.example.com").wire(), Type::NS, Class::IN);
    EXPECT_EQ(question, limit >= 33);
    std::size_t before = w.writer.size();
    bool answer = question && w.add(Section::Answer, "www.example.com", Type::NS, "ns.example.net.");
    EXPECT_EQ(answer, limit >= 33 + 12 + 16) << limit;
    if (!answer) {
      EXPECT_EQ(w.writer.size(), before);
    }
    // What was remembered for compression has gone as well: this name shares "net" with the one refused.
    bool second = question && w.add(Section::Additional, "a.net", Type::A, "192.0.2.1");
    if (question && !answer) {
      EXPECT_EQ(second, limit >= 33 + 7 + 14) << limit;
    }
    Message message = w.message();
    EXPECT_EQ(message.questions.size(), question);
    EXPECT_EQ(message.answers.size(), answer);
    EXPECT_EQ(message.additionals.size(), second);
  }
}

TEST(MessageWriter, CompressesAgainstNamesOfMoreLabelsThanItRemembers) {
  Written w;
  std::string deep;
  for (std::size_t n = 0; n < MessageWriter::kTargetsMax + 40; ++n) deep += "a.";
  deep += "example.com.";
  ASSERT_TRUE(w.writer.add_question(name(deep).wire(), Type::A, Class::IN));
  auto grows_by = [&w](std::string_view owner) {
    std::size_t before = w.writer.size();
    EXPECT_TRUE(w.add(Section::Authority, owner, Type::A, "192.0.2.1"));
    return w.writer.size() - before - 14;
  };
  EXPECT_EQ(grows_by(deep), 2u);
  EXPECT_EQ(grows_by(std::string_view(deep).substr(4)), 2u);  // two labels above
  EXPECT_EQ(grows_by("example.com"), 2u);
  EXPECT_EQ(grows_by("ns.example.com"), 5u);
}

TEST(MessageWriter, WritesRdataThatIsNotOfItsTypeAsItCame) {
  Written w;
  std::string pointer = "\xc0\x19" + std::string(191, 'a') + '\0', overlong(300, '\1');
  for (const std::string& rdata : {std::string(), "\1a"s, "\1a\0\1b\0"s, pointer, overlong}) {
    std::size_t before = w.writer.size();
    ASSERT_TRUE(w.writer.add_record(Section::Answer, name(".").wire(), Type::SOA, Class::CH, 0, rdata));
    EXPECT_EQ(w.writer.size() - before, 11 + rdata.size());
  }
  ASSERT_TRUE(w.add(Section::Additional, "a.b", Type::A, "192.0.2.1"));
  Message message = w.message();
  EXPECT_EQ(message.answers[3].rdata, pointer);
  EXPECT_EQ(message.answers[4].rdata, overlong);
  EXPECT_EQ(message.additionals[0].owner, name("a.b"));
}

TEST(MessageWriter, RollsBackToAMark) {
  Written w;
  ASSERT_TRUE(w.writer.add_question(name("a.example").wire(), Type::A, Class::IN));
  auto mark = w.writer.mark();
  std::size_t size = w.writer.size();
  ASSERT_TRUE(w.add(Section::Answer, "b.test", Type::A, "192.0.2.1"));
  w.writer.rollback(mark);
  EXPECT_EQ(w.writer.size(), size);
  ASSERT_TRUE(w.add(Section::Answer, "c.test", Type::A, "192.0.2.2"));
  EXPECT_EQ(texts(w.message().answers), std::vector<std::string>{"c.test. A 192.0.2.2"});
}

TEST(MessageWriter, KeepsReservedRoom) {
  Written w(33 + 11);
  ASSERT_TRUE(w.writer.reserve(11));
  EXPECT_FALSE(w.writer.reserve(33));
  ASSERT_TRUE(w.writer.add_question(name("www.example.com").wire(), Type::A, Class::IN));
  EXPECT_FALSE(w.writer.add_record(Section::Additional, name(".").wire(), Type::OPT, Class::IN, 0, ""));
  w.writer.release_reserved();
  EXPECT_TRUE(
      w.writer.add_record(Section::Additional, name(".").wire(), Type::OPT, static_cast<Class>(1232), 0, ""));
  EXPECT_EQ(w.writer.size(), 33u + 11u);
}

TEST(MessageWriter, ManyNamesBeyondThePointersReachStayReadable) {
  SeededRandom random(5);
  std::vector<std::uint8_t> buffer(65535);
  MessageWriter writer(buffer, buffer.size());
  std::vector<std::string> expected;
  for (;;) {
    std::string owner =
        random.text(1 + random.below(3), "abAB") + "." + random.text(1, "xyz") + ".Example.com.";
    std::string target = random.text(1 + random.below(30), "abc") + "." + owner;
    std::string rdata = parse_rdata(Type::NS, target).value();
    if (!writer.add_record(Section::Answer, name(owner).wire(), Type::NS, Class::IN, 1, rdata)) break;
    expected.push_back(to_lower(owner + " NS " + target));
  }
  auto message = parse_message({buffer.data(), writer.finish()});
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_GT(expected.size(), 1000u);
  std::vector<std::string> got = texts(message->answers);
  for (std::string& text : got) text = to_lower(text);
  EXPECT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    ASSERT_EQ(got[i].substr(got[i].find(' ')), " ns" + expected[i].substr(expected[i].find(" ns") + 3));
}

TEST(ParseMessage, DecompressesNamesInRdata) {
  std::string bytes = "\0\1\x80\0\0\1\0\2\0\0\0\0"s + "\3com\0\0\1\0\1"s;
  bytes += "\xc0\x0c\0\x21\0\1\0\0\0\1\0\x0a\0\1\0\2\0\3\1a\xc0\x0c"s;  // SRV as old senders may write it
  bytes += "\xc0\x0c\0\x02\0\1\0\0\0\1\0\2\xc0\x0c"s;
  auto message = parse_message(as_bytes(bytes));
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(texts(message->answers), (std::vector<std::string>{"com. SRV 1 2 3 a.com.", "com. NS com."}));
}

TEST(ParseMessage, RefusesWhatDoesNotFit) {
  std::string head = "\0\1\x80\0\0\0\0\1\0\0\0\0"s;
  auto parses = [&head](std::string_view record) {
    return parse_message(as_bytes(head + std::string(record))).has_value();
  };
  EXPECT_TRUE(parses("\0\0\1\0\1\0\0\0\0\0\4abcd"sv));
  EXPECT_FALSE(parses("\0\0\1\0\1\0\0\0\0\0\4abc"sv));
  EXPECT_FALSE(parses("\0\0\1\0\1\0\0\0\0\0\4abcde"sv));
  EXPECT_FALSE(parses("\0\0\1\0\1\0\0\0\0\0\5abcde"sv));       // not an IPv4 address
  EXPECT_FALSE(parses("\0\0\2\0\1\0\0\0\0\0\4\1a\0x"sv));      // a byte behind the name
  EXPECT_FALSE(parses("\0\0\2\0\1\0\0\0\0\0\2\1a\0"sv));       // a name that leaves the RDATA
  EXPECT_FALSE(parses("\0\0\x27\0\1\0\0\0\0\0\2\xc0\x0c"sv));  // DNAME is not compressed
  EXPECT_FALSE(parses("\0\0\1\0\1\0\0\0\0\0\0"sv));
  EXPECT_TRUE(parses("\0\0\1\0\xff\0\0\0\0\0\0"sv));  // RFC 2136 §2.4.1
  EXPECT_FALSE(parse_message(as_bytes(kHeader)));
}

TEST(ParseMessage, PrintsInTheMannerOfDig) {
  Written w;
  w.writer.set_header({.id = 9, .qr = true, .aa = true});
  ASSERT_TRUE(w.writer.add_question(name("a.example").wire(), Type::A, Class::IN));
  ASSERT_TRUE(w.add(Section::Answer, "a.example", Type::A, "192.0.2.1"));
  ASSERT_TRUE(w.writer.add_record(Section::Additional, name(".").wire(), Type::OPT, static_cast<Class>(1232),
                                  0x01008000,
                                  "\0\x0a\0\2ab\0\x08\0\7\0\1\x14\x10\xc0\0\x20\0\x0f\0\2\0\x12"sv));
  EXPECT_EQ(to_string(w.message()),
            ";; ->>HEADER<<- opcode: QUERY, status: BADVERS, id: 9\n"
            ";; flags: qr aa; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\n"
            "\n"
            ";; OPT PSEUDOSECTION:\n"
            "; EDNS: version: 0, flags: do; udp: 1232\n"
            "; COOKIE: 6162\n"
            "; CLIENT-SUBNET: 192.0.32.0/20/16\n"
            "; EDE: 18\n"
            "\n"
            ";; QUESTION SECTION:\n"
            ";a.example.\t\tIN\tA\n"
            "\n"
            ";; ANSWER SECTION:\n"
            "a.example.\t300\tIN\tA\t192.0.2.1\n");
}

TEST(ParseMessage, SurvivesEveryDamagedByte) {
  Written w;
  ASSERT_TRUE(w.writer.add_question(name("www.example.com").wire(), Type::MX, Class::IN));
  ASSERT_TRUE(w.add(Section::Answer, "www.example.com", Type::MX, "10 mail.example.com."));
  ASSERT_TRUE(w.add(Section::Additional, "mail.example.com", Type::AAAA, "2001:db8::1"));
  std::vector<std::uint8_t> bytes(w.buffer.begin(),
                                  w.buffer.begin() + static_cast<std::ptrdiff_t>(w.writer.finish()));
  std::size_t parsed = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (unsigned value = 0; value < 256; ++value) {
      auto damaged = bytes;
      damaged[at] = static_cast<std::uint8_t>(value);
      if (auto message = parse_message(damaged)) parsed += !to_string(*message).empty();
    }
  EXPECT_GT(parsed, bytes.size());
}

}  // namespace
}  // namespace meridian::dns

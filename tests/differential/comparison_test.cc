// The comparison must see what it claims to see, and the justified rules must excuse nothing else.
#include "comparison.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "formats/dns/rdata.h"

namespace meridian::differential {
namespace {

using dns::Class;
using dns::MessageWriter;
using dns::Name;
using dns::Type;
using Section = MessageWriter::Section;

Name name(std::string_view text) {
  return *Name::parse(text);
}

struct Line {
  Section section;
  std::string owner;
  std::uint32_t ttl;
  Type type;
  std::string rdata;
};

dns::Record record(const std::string& owner, std::uint32_t ttl, Type type, const std::string& rdata) {
  return {.owner = name(owner),
          .type = type,
          .klass = Class::IN,
          .ttl = ttl,
          .rdata = *dns::parse_rdata(type, rdata)};
}

class ComparisonTest : public testing::Test {
 protected:
  ComparisonTest()
      : zones_{ZoneData{
                   name("zone."),
                   {record("zone.", 60, Type::SOA, "ns.zone. h.zone. 1 2 3 4 5"),
                    record("zone.", 60, Type::NS, "ns.zone."), record("ns.zone.", 60, Type::A, "192.0.2.1"),
                    record("cut.zone.", 60, Type::NS, "ns.cut.zone."),
                    record("ns.cut.zone.", 60, Type::A, "192.0.2.2"),
                    record("child.zone.", 60, Type::NS, "ns.zone."),
                    record("a.b.child.zone.", 60, Type::TXT, "hidden")}},
               ZoneData{name("child.zone."), {record("child.zone.", 60, Type::NS, "ns.zone.")}}},
        truth_(zones_) {}

  std::string reply(const std::vector<Line>& lines, dns::Header header = {}) const {
    std::array<std::uint8_t, 4096> buffer;
    MessageWriter writer(buffer, buffer.size());
    header.qr = true;
    writer.set_header(header);
    EXPECT_TRUE(writer.add_question(asked_.name, asked_.type, asked_.klass));
    for (const Line& line : lines)
      EXPECT_TRUE(writer.add_record(line.section, name(line.owner).wire(), line.type, Class::IN, line.ttl,
                                    *dns::parse_rdata(line.type, line.rdata)));
    return std::string(as_text(Bytes(buffer).first(writer.finish())));
  }

  // The differences as "facet:peer", and with '!' in front those that a rule excuses.
  std::vector<std::string> compare(const std::string& ours, const std::string& knot, const std::string& nsd,
                                   bool tcp = false) {
    Comparison comparison{.asked = &asked_, .truth = &truth_, .tcp = tcp, .answers = {}};
    comparison.answers = {read_answer(ours, truth_), read_answer(knot, truth_), read_answer(nsd, truth_)};
    std::vector<std::string> out;
    for (const auto& [facet, peer] : differences(comparison)) {
      const bool excused = std::ranges::any_of(
          justifications(), [&](const Justification& j) { return j.applies(comparison, facet, peer); });
      out.push_back(std::string(excused ? "!" : "") + to_string(facet) + ":" + kServers[peer]);
    }
    return out;
  }
  std::vector<std::string> compare(const std::vector<Line>& ours, const std::vector<Line>& peers) {
    return compare(reply(ours), reply(peers), reply(peers));
  }
  void ask(std::string_view what, Type type, Class klass = Class::IN) {
    asked_.name = std::string(name(what).wire());
    asked_.type = type;
    asked_.klass = klass;
  }

  using Found = std::vector<std::string>;
  std::vector<ZoneData> zones_;
  Truth truth_;
  Asked asked_{.name = std::string(name("ns.zone.").wire()), .type = Type::A};
};

TEST_F(ComparisonTest, OrderAndCaseAndOptionalRecordsDoNotMatter) {
  const Line a{Section::Answer, "ns.zone.", 60, Type::MX, "1 a.zone."},
      b{Section::Answer, "ns.zone.", 60, Type::MX, "2 b.zone."};
  const Line lower{Section::Answer, "NS.zone.", 60, Type::MX, "1 A.Zone."};
  const Line apex{Section::Authority, "zone.", 60, Type::NS, "ns.zone."};
  const Line address{Section::Additional, "ns.zone.", 60, Type::A, "192.0.2.1"};
  EXPECT_EQ(compare({a, b, apex, address}, {b, lower}), Found{});
}

TEST_F(ComparisonTest, SeesValueTtlAndDuplicates) {
  const Line right{Section::Answer, "ns.zone.", 60, Type::A, "192.0.2.1"};
  Line other = right;
  other.rdata = "192.0.2.9";
  EXPECT_EQ(compare({other}, {right}), (Found{"answer:knot", "answer:nsd"}));
  other = right;
  other.ttl = 61;
  EXPECT_EQ(compare({other}, {right}), (Found{"answer:knot", "answer:nsd"}));
  EXPECT_EQ(compare({right, right}, {right}), (Found{"answer:knot", "answer:nsd"}));
  EXPECT_EQ(compare({}, {right}), (Found{"answer:knot", "answer:nsd"}));
}

TEST_F(ComparisonTest, SeesCodeAndFlagsAndSilence) {
  dns::Header nx, aa;
  nx.rcode = 3;
  aa.aa = true;
  EXPECT_EQ(compare(reply({}, nx), reply({}), reply({}, nx)), Found{"rcode:knot"});
  EXPECT_EQ(compare(reply({}), reply({}), reply({}, aa)), Found{"flags:nsd"});
  EXPECT_EQ(compare("", reply({}), reply({})), (Found{"reply:ours", "reply:knot", "reply:nsd"}));
  EXPECT_EQ(compare(reply({}).substr(0, 20), "", ""), (Found{"reply:ours", "reply:knot", "reply:nsd"}));
}

TEST_F(ComparisonTest, SeesReferralGlueAndSoa) {
  const Line ns{Section::Authority, "cut.zone.", 60, Type::NS, "ns.cut.zone."};
  const Line glue{Section::Additional, "ns.cut.zone.", 60, Type::A, "192.0.2.2"};
  const Line soa{Section::Authority, "zone.", 5, Type::SOA, "ns.zone. h.zone. 1 2 3 4 5"};
  EXPECT_EQ(compare({ns}, {ns, glue}), (Found{"glue:knot", "glue:nsd"}));
  EXPECT_EQ(compare({}, {ns}), (Found{"referral:knot", "referral:nsd"}));
  Line wrong = soa;
  wrong.ttl = 60;
  EXPECT_EQ(compare({wrong}, {soa}), (Found{"soa:knot", "soa:nsd"}));
}

TEST_F(ComparisonTest, SeesInventedRecordsOfOurs) {
  EXPECT_EQ(compare({{Section::Additional, "ns.zone.", 60, Type::A, "192.0.2.66"}}, {}),
            Found{"unfounded:ours"});
  EXPECT_EQ(compare({}, {{Section::Additional, "ns.zone.", 60, Type::A, "192.0.2.66"}}), Found{});
}

TEST_F(ComparisonTest, TruncatedSectionsAreLeftToTcp) {
  dns::Header tc;
  tc.tc = true;
  const Line a{Section::Answer, "ns.zone.", 60, Type::A, "192.0.2.1"};
  EXPECT_EQ(compare(reply({}, tc), reply({a}, tc), reply({a}, tc)), Found{});
  EXPECT_EQ(compare(reply({}, tc), reply({a}), reply({a})), (Found{"truncated:knot", "truncated:nsd"}));
}

TEST_F(ComparisonTest, GlueWithoutTcIsExcusedForReferralsOfNsdOnly) {
  dns::Header tc;
  tc.tc = true;
  const Line ns{Section::Authority, "cut.zone.", 60, Type::NS, "ns.cut.zone."};
  EXPECT_EQ(compare(reply({ns}, tc), reply({ns}, tc), reply({ns})), Found{"!truncated:nsd"});
  EXPECT_EQ(compare(reply({ns}, tc), reply({ns}), reply({ns}, tc)), Found{"truncated:knot"});
  EXPECT_EQ(compare(reply({ns}, tc), reply({ns}, tc), reply({ns}), true), Found{"truncated:nsd"});
}

TEST_F(ComparisonTest, ChainRulesExcuseStoppingNotStraying) {
  const auto chain = [&](int links, const std::string& first = "l0.zone.") {
    std::vector<Line> lines;
    for (int n = 0; n < links; ++n)
      lines.push_back({Section::Answer, n ? "l" + std::to_string(n) + ".zone." : first, 60, Type::CNAME,
                       "l" + std::to_string(n + 1) + ".zone."});
    return reply(lines);
  };
  EXPECT_EQ(compare(chain(7), chain(5), chain(7)), Found{"!answer:knot"});
  EXPECT_EQ(compare(chain(7), chain(4), chain(7)), Found{"answer:knot"});
  EXPECT_EQ(compare(chain(7), chain(5, "other.zone."), chain(7)), Found{"answer:knot"});
  EXPECT_EQ(compare(chain(16), chain(16), chain(20)), Found{"!answer:nsd"});
  EXPECT_EQ(compare(chain(15), chain(15), chain(20)), Found{"answer:nsd"});
}

TEST_F(ComparisonTest, OtherZoneIsExcusedWhereTheChainLeavesItsZone) {
  ask("alias.zone.", Type::A);
  const Line in{Section::Answer, "alias.zone.", 60, Type::CNAME, "ns.zone."};
  const Line out{Section::Answer, "alias.zone.", 60, Type::CNAME, "www.child.zone."};
  const Line end{Section::Answer, "ns.zone.", 60, Type::A, "192.0.2.1"};
  const Line far{Section::Answer, "www.child.zone.", 60, Type::A, "192.0.2.1"};
  EXPECT_EQ(compare(reply({out, far}), reply({out}), reply({out, far})), Found{"!answer:knot"});
  EXPECT_EQ(compare(reply({in, end}), reply({in}), reply({in, end})), Found{"answer:knot"});
}

TEST_F(ComparisonTest, RulesOfClassTypeAndHiddenNamesAreNarrow) {
  dns::Header refused, nx, not_implemented;
  refused.rcode = 5, nx.rcode = 3, not_implemented.rcode = 4;
  EXPECT_EQ(compare(reply({}, refused), reply({}), reply({})), (Found{"rcode:knot", "rcode:nsd"}));
  ask("ns.zone.", Type::A, Class::ANY);
  EXPECT_EQ(compare(reply({}, refused), reply({}), reply({})), (Found{"!rcode:knot", "!rcode:nsd"}));
  ask("ns.zone.", Type{0});
  EXPECT_EQ(compare(reply({}), reply({}, not_implemented), reply({})), Found{"!rcode:knot"});
  EXPECT_EQ(compare(reply({}), reply({}), reply({}, not_implemented)), Found{"rcode:nsd"});
  ask("b.child.zone.", Type::A);
  EXPECT_EQ(compare(reply({}, nx), reply({}, nx), reply({})), Found{"!rcode:nsd"});
  ask("c.child.zone.", Type::A);
  EXPECT_EQ(compare(reply({}, nx), reply({}, nx), reply({})), Found{"rcode:nsd"});
}

TEST_F(ComparisonTest, EveryNameIsAskedForEveryTypeItHas) {
  const auto questions = questions_for_every_name(zones_);
  const auto is_asked = [&](std::string_view what, Type type) {
    return std::ranges::any_of(questions,
                               [&](const Asked& q) { return q.name == name(what).wire() && q.type == type; });
  };
  for (const ZoneData& zone : zones_)
    for (const dns::Record& each : zone.records) EXPECT_TRUE(is_asked(each.owner.to_string(), each.type));
  EXPECT_TRUE(
      std::ranges::any_of(questions, [](const Asked& q) { return q.name == name("b.child.zone.").wire(); }));
  EXPECT_TRUE(is_asked("www.cut.zone.", Type::A));
}

TEST_F(ComparisonTest, NearMissesAreValidNamesAndRepeatable) {
  NearMisses first(zones_, 7), second(zones_, 7), other(zones_, 8);
  int different = 0;
  for (int n = 0; n < 2000; ++n) {
    const Asked a = first.next(), b = second.next();
    EXPECT_TRUE(Name::from_wire(a.name).has_value());
    EXPECT_EQ(encode_query(a, 1), encode_query(b, 1));
    different += a.name != other.next().name;
  }
  EXPECT_GT(different, 1000);
}

}  // namespace
}  // namespace meridian::differential

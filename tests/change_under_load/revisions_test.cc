// That the judge sees a mixture: without this, a run that finds nothing says nothing.
#include "revisions.h"

#include <gtest/gtest.h>

#include "formats/dns/message.h"
#include "formats/dns/rdata.h"

namespace meridian::change_under_load {
namespace {

using dns::MessageWriter;
using dns::Name;
using dns::Type;
using Section = MessageWriter::Section;

struct Line {
  Section section;
  const char* owner;
  Type type;
  const char* value;
};

Verdict judged(const Probe& probe, const std::vector<Line>& lines, std::uint8_t rcode = 0) {
  std::array<std::uint8_t, 1232> buffer;
  MessageWriter writer(buffer, buffer.size());
  writer.set_header({.qr = true, .rcode = rcode});
  for (const Line& line : lines)
    writer.add_record(line.section, Name::parse(line.owner)->wire(), line.type, dns::Class::IN, 60,
                      dns::parse_rdata(line.type, line.value).value());
  return judge(probe, std::string_view(reinterpret_cast<const char*>(buffer.data()), writer.finish()));
}

constexpr Section kAnswer = Section::Answer, kAuthority = Section::Authority,
                  kAdditional = Section::Additional;

TEST(Revisions, AddressesOfOneChange) {
  const Probe probe{Kind::Addresses, 3};
  const std::vector<Line> together = {{kAnswer, "many-g3.z.", Type::A, "100.0.1.3"},
                                      {kAnswer, "many-g3.z.", Type::A, "101.0.1.3"},
                                      {kAnswer, "many-g3.z.", Type::A, "102.0.1.3"},
                                      {kAnswer, "many-g3.z.", Type::A, "103.0.1.3"}};
  const Verdict verdict = judged(probe, together);
  EXPECT_EQ(verdict.wrong, nullptr);
  EXPECT_EQ(verdict.revisions.first, 259u);
  EXPECT_EQ(verdict.revisions.last, 259u + kGroups - 1) << "until the group's next change";

  auto mixed = together;
  mixed[2].value = "102.0.1.67";
  EXPECT_NE(judged(probe, mixed).wrong, nullptr);
  auto incomplete = together;
  incomplete.pop_back();
  EXPECT_NE(judged(probe, incomplete).wrong, nullptr);
  EXPECT_NE(judged({Kind::Addresses, 4}, together).wrong, nullptr)
      << "of a group that this change did not touch";
  EXPECT_NE(judged(probe, together, 2).wrong, nullptr);
}

TEST(Revisions, MailAndItsAddress) {
  const Probe probe{Kind::Mail, 3};
  const Line mx{kAnswer, "mx-g3.z.", Type::MX, "259 mail-g3.z."};
  EXPECT_EQ(judged(probe, {mx, {kAdditional, "mail-g3.z.", Type::A, "100.0.1.3"}}).wrong, nullptr);
  EXPECT_TRUE(judged(probe, {mx, {kAdditional, "mail-g3.z.", Type::A, "100.0.1.3"}}).has_additional_data);
  EXPECT_NE(judged(probe, {mx, {kAdditional, "mail-g3.z.", Type::A, "100.0.1.67"}}).wrong, nullptr);
  EXPECT_FALSE(judged(probe, {mx}).has_additional_data);
}

TEST(Revisions, ReferralAndItsGlue) {
  const Probe probe{Kind::Referral, 3};
  const Line ns{kAuthority, "cut-g3.z.", Type::NS, "n259.cut-g3.z."};
  EXPECT_EQ(judged(probe, {ns, {kAdditional, "n259.cut-g3.z.", Type::A, "100.0.1.3"}}).wrong, nullptr);
  EXPECT_NE(judged(probe, {ns, {kAdditional, "n259.cut-g3.z.", Type::A, "100.0.1.67"}}).wrong, nullptr);
  EXPECT_NE(judged(probe, {ns}).wrong, nullptr)
      << "the glue of the change before is gone, this one's not there";
}

TEST(Revisions, LinkAcrossZones) {
  const Probe probe{Kind::Link, 3};
  const Line cname{kAnswer, "link-g3.z.", Type::CNAME, "t259-g3.pool."};
  EXPECT_EQ(judged(probe, {cname, {kAnswer, "t259-g3.pool.", Type::A, "100.0.1.3"}}).wrong, nullptr);
  EXPECT_NE(judged(probe, {cname, {kAnswer, "t259-g3.pool.", Type::A, "100.0.1.67"}}).wrong, nullptr);
  EXPECT_NE(judged(probe, {cname}).wrong, nullptr);
}

TEST(Revisions, TextAndDenial) {
  const Line text{kAnswer, "text-g3.z.", Type::TXT, "\"259 0\""};
  EXPECT_EQ(judged({Kind::Text, 3}, {text, text, text, text}).wrong, nullptr);
  Line later = text;
  later.value = "\"323 0\"";
  EXPECT_NE(judged({Kind::Text, 3}, {text, text, later, text}).wrong, nullptr);

  const Verdict denial = judged({Kind::Missing, 3}, {{kAuthority, "z.", Type::SOA, "ns. h. 259 1 1 1 1"}}, 3);
  EXPECT_EQ(denial.wrong, nullptr);
  EXPECT_EQ(denial.revisions.first, 259u);
  EXPECT_EQ(denial.revisions.last, 259u) << "the serial tells the snapshot exactly";
  EXPECT_NE(judged({Kind::Missing, 3}, {}, 3).wrong, nullptr);
}

}  // namespace
}  // namespace meridian::change_under_load

#include "snapshots/dns/delta.h"

#include <gtest/gtest.h>

#include "snapshots/dns/test_zone.h"

namespace meridian::snapshots::dns {
namespace {

using Kind = ZoneChange::Kind;

Delta sample() {
  return {7,
          9,
          {{Kind::Edit,
            "Z1",
            wire("example.com."),
            {address("a.example.com."), alias("b.example.com.", Type::A, "a.example.com."),
             record_set("t.example.com.", Type::TXT, 60, {"\1x", "\1y"})},
            {{wire("old.example.com."), Type::AAAA, "blue"}}},
           {Kind::Remove, "Z2", wire("gone.example."), {}, {}}}};
}

// The sample with one thing changed must be refused, with a message that names it.
template <typename Spoil>
std::string refusal(Spoil spoil) {
  Delta delta = sample();
  spoil(delta.zones[0].puts[0], delta);
  const Result<Delta> got = decode(encode(delta));
  return got ? "accepted" : got.error().message;
}

TEST(Delta, SurvivesEncoding) {
  const std::string bytes = encode(sample());
  const Result<Delta> back = decode(bytes);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(encode(*back), bytes);
  EXPECT_EQ(back->from, 7u);
  EXPECT_EQ(back->to, 9u);
  EXPECT_EQ(back->zones[0].puts[1].alias_target, wire("a.example.com."));
  EXPECT_EQ(back->zones[0].puts[2].rdata, (std::vector<std::string>{"\1x", "\1y"}));
  EXPECT_EQ(back->zones[0].removes[0].set_identifier, "blue");
  EXPECT_EQ(back->zones[1].kind, Kind::Remove);
}

TEST(Delta, EveryShorterOrLongerFormIsRefused) {
  const std::string bytes = encode(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode(bytes.substr(0, size))) << size;
  EXPECT_FALSE(decode(bytes + '\0'));
}

TEST(Delta, RefusesNamesOutOfShapeOrOutOfTheirZone) {
  EXPECT_EQ(refusal([](RecordSet& set, Delta&) { set.owner = wire("a.example.org."); }),
            "DNS delta, zone Z1: owner a.example.org. is outside the zone example.com.");
  EXPECT_EQ(refusal([](RecordSet& set, Delta&) { set.owner = wire("A.example.com."); }),
            "DNS delta, zone Z1: owner A.example.com. is not in lower case");
  EXPECT_NE(refusal([](RecordSet& set, Delta&) { set.owner = "\3ab"; }), "accepted");
  EXPECT_NE(refusal([](RecordSet& set, Delta&) { set.owner = wire("aexample.com."); }), "accepted");
  EXPECT_EQ(refusal([](RecordSet&, Delta& delta) { delta.zones[0].puts[1].alias_target = wire("x.org."); }),
            "accepted")
      << "a name of another zone";
  EXPECT_NE(refusal([](RecordSet&, Delta& delta) {
              delta.zones[0].puts[1].alias_target = wire("x.org.");
              delta.zones[0].puts[1].target_is_hidden = true;
            }),
            "accepted");
}

TEST(Delta, RefusesValuesThatDoNotFit) {
  EXPECT_NE(refusal([](RecordSet& set, Delta&) { set.rdata[0].pop_back(); }), "accepted");
  EXPECT_EQ(refusal([](RecordSet& set, Delta&) { set.rdata.clear(); }),
            "DNS delta, zone Z1: a.example.com. A: it has neither values nor an alias target");
  EXPECT_NE(refusal([](RecordSet& set, Delta&) { set.alias_target = wire("x.example.com."); }), "accepted");
  EXPECT_NE(refusal([](RecordSet& set, Delta&) { set.ttl = kTtlMax + 1; }), "accepted");
  EXPECT_NE(refusal([](RecordSet& set, Delta&) { set.rdata.assign(kValuesMax + 1, set.rdata[0]); }),
            "accepted");
  EXPECT_EQ(refusal([](RecordSet& set, Delta&) {
              set.type = Type::TXT;
              set.rdata.assign(300, std::string(1, '\xff') + std::string(255, 'x'));
            }),
            "DNS delta, zone Z1: a.example.com. TXT: its values take more than 65535 bytes");
}

TEST(Delta, RefusesTypesThatCannotBeServed) {
  for (const Type type : {Type{0}, Type::OPT, Type::TSIG, Type::AXFR, Type::ANY, Type::DNAME})
    EXPECT_NE(refusal([type](RecordSet& set, Delta&) { set.type = type; }), "accepted") << to_string(type);
  EXPECT_EQ(refusal([](RecordSet& set, Delta&) { set = soa("a.example.com."); }),
            "DNS delta, zone Z1: a.example.com. SOA: SOA belongs at the apex");
  EXPECT_NE(
      refusal([](RecordSet& set, Delta&) { set = alias("a.example.com.", Type::NS, "b.example.com."); }),
      "accepted");
}

TEST(Delta, RefusesListsThatDoNotBelongToTheKindOfChange) {
  EXPECT_NE(refusal([](RecordSet&, Delta& delta) { delta.zones[0].kind = Kind::Replace; }), "accepted");
  EXPECT_NE(refusal([](RecordSet& set, Delta& delta) { delta.zones[1].puts.push_back(set); }), "accepted");
  EXPECT_NE(refusal([](RecordSet&, Delta& delta) { delta.from = 0; }), "accepted");
  EXPECT_NE(refusal([](RecordSet&, Delta& delta) { delta.to = 7; }), "accepted");
  EXPECT_NE(refusal([](RecordSet&, Delta& delta) { delta.zones[0].zone_id.clear(); }), "accepted");
}

}  // namespace
}  // namespace meridian::snapshots::dns

// Referrals composed in advance say what a reply finds for itself: an explained answer is never composed, so
// the two are compared, while names, NS sets and addresses of a zone come and go at random.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engines/dns/test_server.h"
#include "formats/dns/rdata.h"
#include "snapshots/dns/test_zone.h"

namespace meridian::engines::dns {
namespace {

using meridian::dns::Message;
using meridian::dns::Type;
using snapshots::dns::Delta;
using snapshots::dns::RecordSet;
using snapshots::dns::wire;
using snapshots::dns::ZoneChange;

constexpr std::string_view kApex = "example.";

class ComposedReferrals : public ::testing::Test {
 protected:
  std::string owner(std::string_view label) {
    return label == "@" ? std::string(kApex) : fmt::format("{}.{}", label, kApex);
  }
  void edit(std::vector<RecordSet> puts, std::vector<snapshots::dns::RecordSetKey> removes) {
    const std::uint64_t from = server.snapshot->revision();
    const Delta delta{
        from, from + 1, {{ZoneChange::Kind::Edit, "Z1", wire(kApex), std::move(puts), std::move(removes)}}};
    ASSERT_TRUE(snapshots::dns::check(delta));
    server.snapshot = std::move(*snapshots::dns::apply(*server.snapshot, delta));
  }
  void put(std::string_view label, Type type, const std::vector<std::string>& values) {
    RecordSet set{wire(owner(label)), type, "", 60, {}, ""};
    for (const std::string& value : values)
      set.rdata.push_back(meridian::dns::parse_rdata(type, value).value());
    edit({set}, {});
  }
  void remove(std::string_view label, Type type) { edit({}, {{wire(owner(label)), type, ""}}); }

  Message ask(const Ask& question, bool explained) {
    Trace trace;
    server.trace = explained ? &trace : nullptr;
    auto reply = server.ask(question);
    server.trace = nullptr;
    EXPECT_TRUE(reply);
    return reply.value_or(Message());
  }
  void expect_same(const std::string& name, std::optional<std::uint16_t> edns_size) {
    const Ask question{.name = name, .type = "A", .edns_size = edns_size};
    const Message composed = ask(question, false), found = ask(question, true);
    EXPECT_EQ(lines_of(composed.answers), lines_of(found.answers)) << name;
    EXPECT_EQ(lines_of(composed.authorities), lines_of(found.authorities)) << name;
    EXPECT_EQ(lines_of(composed.additionals), lines_of(found.additionals)) << name;
    EXPECT_EQ(composed.header.tc, found.header.tc) << name;
    EXPECT_EQ(composed.header.aa, found.header.aa) << name;
  }
  std::vector<std::string> additionals(const std::string& name) {
    return lines_of(ask({.name = name, .edns_size = 1232}, false).additionals);
  }

  TestServer server;
};

TEST_F(ComposedReferrals, SayWhatAReplyFindsForItselfWhateverChanges) {
  server.add_zone(kApex, "@ 60 NS ns1");
  const std::vector<std::string> labels{"@",     "a",     "b",    "c",   "d.a", "ns1",  "ns2",
                                        "ns1.a", "ns2.a", "ns.b", "x.y", "*.w", "ns.w", "a.c"};
  const std::vector<std::string> targets{
      "ns1.example.", "NS2.example.", "ns1.a.example.", "ns2.a.Example.", "ns.b.example.", "gone.example.",
      "ns1.test.",    "ns2.test.",    "deep.ns2.test.", "a.example.",     "x.w.example.",  "example."};
  SeededRandom random(11);
  const auto any = [&](const auto& list) { return list[random.below(list.size())]; };
  for (int step = 0; step < 1500; ++step) {
    const std::string label = any(labels);
    const Type type = any(std::vector{Type::NS, Type::NS, Type::A, Type::AAAA, Type::TXT});
    if (random.below(3) == 0) {
      if (label != "@" || type != Type::NS) remove(label, type);
    } else {
      std::vector<std::string> values;
      for (std::uint64_t count = 1 + random.below(5); count > 0; --count) {
        std::string value = type == Type::NS     ? any(targets)
                            : type == Type::A    ? fmt::format("192.0.2.{}", random.below(200))
                            : type == Type::AAAA ? fmt::format("2001:db8::{:x}", random.below(60000))
                                                 : fmt::format("\"{}\"", random.below(100));
        if (std::ranges::find(values, value) == values.end()) values.push_back(value);
      }
      put(label, type, values);
    }
    for (const std::string& asked : labels)
      for (const std::string& prefix : {std::string(), std::string("Www.")})
        for (const std::optional<std::uint16_t> size :
             {std::optional<std::uint16_t>(), std::optional<std::uint16_t>(1232)})
          expect_same(prefix + owner(asked), size);
    if (HasFailure())
      FAIL() << "after step " << step << ": " << label << " " << meridian::dns::to_string(type);
  }
}

TEST_F(ComposedReferrals, FollowTheAddressesOfServersNamedByManyZones) {
  std::string lines = "@ 60 NS ns1\nns 60 A 192.0.2.1\n";
  for (int i = 0; i < 400; ++i) lines += fmt::format("child{} 60 NS ns\n", i);  // more than one list holds
  server.add_zone(kApex, lines);
  EXPECT_EQ(additionals("www.child7.example."), (std::vector<std::string>{"ns.example. 60 A 192.0.2.1"}));
  put("ns", Type::A, {"192.0.2.2"});
  EXPECT_EQ(additionals("www.child7.example."), (std::vector<std::string>{"ns.example. 60 A 192.0.2.2"}));
  EXPECT_EQ(additionals("www.child399.example."), (std::vector<std::string>{"ns.example. 60 A 192.0.2.2"}));
  remove("ns", Type::A);
  EXPECT_TRUE(additionals("www.child0.example.").empty());
}

TEST_F(ComposedReferrals, AServerOfManyZonesIsForgottenWithTheLastOfThem) {
  server.add_zone(kApex, "@ 60 NS ns1\nns 60 A 192.0.2.1\n");
  const std::size_t before = server.snapshot->bytes_in_use();
  std::vector<RecordSet> puts;
  std::vector<snapshots::dns::RecordSetKey> removes;
  for (int i = 0; i < 400; ++i) {
    const std::string child = wire(owner(fmt::format("child{}", i)));
    puts.push_back({child, Type::NS, "", 60, {wire("ns.example."), wire("NS.example.")}, ""});
    removes.push_back({child, Type::NS, ""});
  }
  edit(puts, {});
  EXPECT_EQ(additionals("www.child7.example."), (std::vector<std::string>{"ns.example. 60 A 192.0.2.1"}));
  edit(puts, {});
  edit({}, removes);
  EXPECT_EQ(server.snapshot->bytes_in_use(), before);
}

}  // namespace
}  // namespace meridian::engines::dns

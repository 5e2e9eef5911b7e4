#include "engines/dns/test_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "formats/dns/rdata.h"

namespace meridian::engines::dns {
namespace {

using meridian::dns::Name;
using meridian::dns::Record;
using meridian::dns::Type;
using snapshots::dns::Delta;
using snapshots::dns::RecordSet;
using snapshots::dns::ZoneChange;

Type type_of(const std::string& text) {
  const auto type = meridian::dns::parse_type(text);
  EXPECT_TRUE(type) << text;
  return type.value_or(Type::A);
}

Name name_of(const std::string& text, const Name& origin) {
  if (text == "@") return origin;
  const Result<Name> name = Name::parse(text, origin);
  EXPECT_TRUE(name) << text << ": " << (name ? "" : name.error().message);
  return name.value_or(origin);
}

struct Line {
  Name owner;
  std::uint32_t ttl = 0;
  Type type = Type::A;
  std::string rdata;         // wire
  std::string alias_target;  // wire
};

Line parse_line(std::string_view text, const Name& origin) {
  std::istringstream in{std::string(text)};
  std::string owner, ttl, type, rest;
  in >> owner >> ttl >> type;
  Line line{name_of(owner, origin), static_cast<std::uint32_t>(std::stoul(ttl)), Type::A, "", ""};
  if (type == "ALIAS") {
    in >> type >> rest;
    line.type = type_of(type);
    line.alias_target = name_of(rest, origin).lower().wire();
    return line;
  }
  line.type = type_of(type);
  std::getline(in >> std::ws, rest);
  const Result<std::string> rdata = meridian::dns::parse_rdata(line.type, rest, origin);
  EXPECT_TRUE(rdata) << text << ": " << (rdata ? "" : rdata.error().message);
  line.rdata = rdata.value_or("");
  return line;
}

std::string print(const Name& owner, std::uint32_t ttl, Type type, std::string_view rdata) {
  const Result<std::string> printed = meridian::dns::print_rdata(type, rdata);
  EXPECT_TRUE(printed);
  return fmt::format("{} {} {} {}", owner.to_string(), ttl, meridian::dns::to_string(type),
                     printed.value_or("?"));
}

std::vector<RecordSet> parse_zone(std::string_view lines, const Name& origin) {
  std::map<std::pair<std::string, Type>, RecordSet> sets;
  std::istringstream in{std::string(lines)};
  for (std::string text; std::getline(in, text);) {
    if (text.find_first_not_of(" \t") == std::string::npos) continue;
    const Line line = parse_line(text, origin);
    const std::string owner(line.owner.lower().wire());
    RecordSet& set = sets[{owner, line.type}];
    set.owner = owner;
    set.type = line.type;
    set.ttl = line.ttl;
    set.alias_target = line.alias_target;
    if (line.alias_target.empty()) set.rdata.push_back(line.rdata);
  }
  if (!sets.contains({std::string(origin.lower().wire()), Type::SOA}))
    return parse_zone(std::string(lines) + "\n@ 900 SOA ns hostmaster 1 7200 900 1209600 300", origin);
  std::vector<RecordSet> all;
  for (auto& [key, set] : sets) all.push_back(std::move(set));
  return all;
}

}  // namespace

std::string make_query(const Ask& ask) {
  const Name name = name_of(ask.name, Name());
  std::string query;
  append_u16(query, 0x1234);
  append_u16(query,
             static_cast<std::uint16_t>(ask.opcode << 11 | (ask.rd ? 0x100 : 0) | (ask.cd ? 0x10 : 0)));
  for (const std::uint16_t count : {1, 0, 0, ask.edns_size ? 1 : 0}) append_u16(query, count);
  query += name.wire();
  append_u16(query, static_cast<std::uint16_t>(type_of(ask.type)));
  append_u16(query, ask.klass);
  if (!ask.edns_size) return query;
  append_u8(query, 0);
  append_u16(query, static_cast<std::uint16_t>(Type::OPT));
  append_u16(query, *ask.edns_size);
  append_u32(query, static_cast<std::uint32_t>(ask.edns_version) << 16 | (ask.dnssec_ok ? 0x8000u : 0u));
  append_u16(query, static_cast<std::uint16_t>(ask.options.size()));
  return query + ask.options;
}

std::string client_subnet(std::string_view block) {
  const auto cidr = net::Cidr::parse(block);
  EXPECT_TRUE(cidr) << block;
  const std::string_view address = cidr->base.bytes().substr(0, (cidr->bits + 7u) / 8);
  std::string out;
  append_u16(out, static_cast<std::uint16_t>(meridian::dns::OptionCode::ClientSubnet));
  append_u16(out, static_cast<std::uint16_t>(4 + address.size()));
  append_u16(out, cidr->base.is_v4() ? 1 : 2);
  append_u8(out, cidr->bits);
  append_u8(out, 0);
  return out + std::string(address);
}

RecordSet candidate(std::string_view owner, std::string set_identifier, snapshots::dns::Policy policy,
                    std::string_view address, std::string health_check_id) {
  RecordSet set;
  set.owner = name_of(std::string(owner), Name()).wire();
  set.set_identifier = std::move(set_identifier);
  set.ttl = 60;
  set.rdata = {std::string(net::IpAddress::parse(address)->bytes())};
  set.policy = std::move(policy);
  set.health_check_id = std::move(health_check_id);
  return set;
}

RecordSet alias_candidate(std::string_view owner, std::string set_identifier, snapshots::dns::Policy policy,
                          std::string_view target, bool evaluate_target_health, std::string health_check_id) {
  RecordSet set =
      candidate(owner, std::move(set_identifier), std::move(policy), "0.0.0.0", std::move(health_check_id));
  set.ttl = 0;
  set.rdata.clear();
  set.alias_target = name_of(std::string(target), Name()).wire();
  set.evaluate_target_health = evaluate_target_health;
  return set;
}

TestServer::TestServer() : snapshot(snapshots::dns::DnsSnapshot::empty(random, health)) {}

void TestServer::add_zone(std::string_view apex, std::string_view lines, std::string zone_id) {
  const Name origin = name_of(std::string(apex), Name());
  if (zone_id.empty()) zone_id = fmt::format("Z{}", ++zones_);
  zone_id_ = zone_id;
  apex_ = origin.lower().wire();
  apply({.zones = {{ZoneChange::Kind::Replace, zone_id_, apex_, parse_zone(lines, origin), {}}}});
}

void TestServer::put(std::vector<RecordSet> sets) {
  apply({.zones = {{ZoneChange::Kind::Edit, zone_id_, apex_, std::move(sets), {}}}});
}

void TestServer::put(const snapshots::dns::CidrCollection& collection) {
  Delta delta;
  delta.collection_puts.push_back(collection);
  apply(std::move(delta));
}

void TestServer::apply(Delta delta) {
  delta.from = snapshot->revision();
  delta.to = delta.from + 1;
  const Result<void> good = snapshots::dns::check(delta);
  ASSERT_TRUE(good) << good.error().message;
  auto next = snapshots::dns::apply(*snapshot, delta);
  ASSERT_TRUE(next) << next.error().message;
  snapshot = std::move(*next);
}

std::string TestServer::ask_bytes(std::string_view query, Transport transport) {
  std::string out(transport == Transport::Udp ? 4096 : kTcpSizeMax, '\xee');
  const AnswerContext context{client, transport, *draws, identity, now, locations};
  result = answer(as_bytes(query), *snapshot, context,
                  {reinterpret_cast<std::uint8_t*>(out.data()), out.size()}, trace);
  out.resize(result.size);
  return out;
}

std::optional<meridian::dns::Message> TestServer::ask(const Ask& ask) {
  const std::string reply = ask_bytes(make_query(ask), ask.transport);
  if (reply.empty()) return std::nullopt;
  const Result<meridian::dns::Message> message = meridian::dns::parse_message(as_bytes(reply));
  EXPECT_TRUE(message) << ask.name << ": " << (message ? "" : message.error().message);
  if (!message) return std::nullopt;
  return *message;
}

std::vector<std::string> lines_of(const std::vector<Record>& records) {
  std::vector<std::string> lines;
  for (const Record& record : records)
    if (record.type != Type::OPT) lines.push_back(print(record.owner, record.ttl, record.type, record.rdata));
  std::ranges::sort(lines);
  return lines;
}

std::string canonical_line(std::string_view text, std::string_view apex) {
  const Line line = parse_line(text, name_of(std::string(apex), Name()));
  return print(line.owner, line.ttl, line.type, line.rdata);
}

}  // namespace meridian::engines::dns

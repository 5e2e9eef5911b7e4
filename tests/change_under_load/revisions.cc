#include "revisions.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/check.h"
#include "formats/dns/message.h"
#include "formats/dns/rdata.h"

namespace meridian::change_under_load {
namespace {

using dns::Message;
using dns::Name;
using dns::Record;
using dns::Type;
using snapshots::dns::Delta;
using snapshots::dns::RecordSet;
using snapshots::dns::ZoneChange;

constexpr std::uint64_t kValues = 4;  // of the address and text sets
constexpr std::uint32_t kTtl = 60;
constexpr const char* kZoneId = "Zchanging";
constexpr const char* kPoolId = "Zpool";

std::string wire(const std::string& name) {
  return std::string(Name::parse(name)->wire());
}

// Different for each `n`, and the last three bytes are the revision.
std::string address(std::uint64_t n, std::uint64_t revision) {
  return fmt::format("{}.{}.{}.{}", 100 + n, revision >> 16 & 255, revision >> 8 & 255, revision & 255);
}

RecordSet set_of(const std::string& owner, Type type, const std::vector<std::string>& values) {
  RecordSet set{
      .owner = wire(owner), .type = type, .set_identifier = "", .ttl = kTtl, .rdata = {}, .alias_target = ""};
  for (const std::string& value : values) set.rdata.push_back(dns::parse_rdata(type, value).value());
  return set;
}

RecordSet soa(const std::string& zone, std::uint64_t revision) {
  return set_of(zone, Type::SOA, {fmt::format("ns.test. hostmaster.test. {} 7200 900 1209600 60", revision)});
}

// The set of names whose own label carries the revision: a change makes one and unmakes the one before.
std::string glue_name(const Origins& origins, std::uint64_t group, std::uint64_t revision) {
  return fmt::format("n{}.cut-g{}.{}", revision, group, origins.zone);
}
std::string link_target(const Origins& origins, std::uint64_t group, std::uint64_t revision) {
  return fmt::format("t{}-g{}.{}", revision, group, origins.links_lead_to);
}

std::vector<RecordSet> group_in_zone(const Origins& origins, std::uint64_t group, std::uint64_t revision) {
  const auto name = [&](const char* what) { return fmt::format("{}-g{}.{}", what, group, origins.zone); };
  std::vector<std::string> addresses, texts;
  for (std::uint64_t n = 0; n < kValues; ++n) {
    addresses.push_back(address(n, revision));
    texts.push_back(fmt::format("\"{} {}\"", revision, n));
  }
  return {set_of(name("many"), Type::A, addresses),
          set_of(name("text"), Type::TXT, texts),
          set_of(name("mx"), Type::MX, {fmt::format("{} {}", revision & 0xffff, name("mail"))}),
          set_of(name("mail"), Type::A, {address(0, revision)}),
          set_of(name("cut"), Type::NS, {glue_name(origins, group, revision)}),
          set_of(glue_name(origins, group, revision), Type::A, {address(0, revision)}),
          set_of(name("link"), Type::CNAME, {link_target(origins, group, revision)})};
}

std::uint64_t group_of(std::uint64_t revision) {
  return revision % kGroups;
}

std::optional<std::uint64_t> number_at(std::string_view text, std::size_t at) {
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data() + std::min(at, text.size()), text.data() + text.size(), number);
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

std::uint64_t revision_of_address(const Record& record) {
  if (record.type != Type::A || record.rdata.size() != 4) return 0;
  const std::uint8_t* bytes = as_bytes(record.rdata).data();
  return std::uint64_t{bytes[1]} << 16 | std::uint64_t{bytes[2]} << 8 | bytes[3];
}

// "n123.cut…" and "t123-g4.…" as RDATA: the digits stand behind the length and the letter.
std::uint64_t revision_of_name(std::string_view name_wire) {
  return number_at(name_wire, 2).value_or(0);
}

// 0 unless there are `count` values of one revision.
template <typename Read>
std::uint64_t one_revision(const std::vector<Record>& records, std::size_t count, Read&& read) {
  if (records.size() != count) return 0;
  const std::uint64_t revision = read(records.front());
  for (const Record& record : records)
    if (read(record) != revision) return 0;
  return revision;
}

std::uint64_t revision_of_link(const std::vector<Record>& answers) {
  if (answers.size() != 2 || answers[0].type != Type::CNAME || answers[1].type != Type::A) return 0;
  const std::uint64_t revision = revision_of_name(answers[0].rdata);
  return revision_of_name(answers[1].owner.wire()) == revision && revision_of_address(answers[1]) == revision
             ? revision
             : 0;
}

std::uint64_t revision_of_referral(const Message& message) {
  if (!message.answers.empty() || message.authorities.size() != 1 || message.authorities[0].type != Type::NS)
    return 0;
  const std::uint64_t revision = revision_of_name(message.authorities[0].rdata);
  bool has_glue = false;
  for (const Record& record : message.additionals) {
    if (record.type != Type::A) continue;
    if (revision_of_address(record) != revision || record.owner.wire() != message.authorities[0].rdata)
      return 0;
    has_glue = true;
  }
  return has_glue ? revision : 0;
}

// The whole revision is the address's; the MX carries its low bits.
bool mail_belongs_together(const Message& message, std::optional<std::uint64_t>& revision) {
  if (message.answers.size() != 1 || message.answers[0].type != Type::MX) return false;
  for (const Record& record : message.additionals) {
    if (record.type != Type::A || record.owner.wire().substr(1, 4) != "mail") continue;
    revision = revision_of_address(record);
    if ((*revision & 0xffff) != load_u16(as_bytes(message.answers[0].rdata).data())) return false;
  }
  return true;
}

Verdict wrong(const char* why) {
  return {.revisions = {}, .wrong = why};
}

Verdict written_at(const Probe& probe, std::uint64_t revision, const char* why_not,
                   bool has_additional_data = false) {
  if (revision == 0) return wrong(why_not);
  if (group_of(revision) != probe.group) return wrong("values of another group");
  return {.revisions = {revision, revision + kGroups - 1},
          .wrong = nullptr,
          .has_additional_data = has_additional_data};
}

Verdict judge_denial(const Message& message) {
  for (const Record& record : message.authorities) {
    if (record.type != Type::SOA) continue;
    const std::uint8_t* numbers = as_bytes(record.rdata).data() + record.rdata.size() - 20;
    const std::uint64_t serial = std::uint64_t{load_u16(numbers)} << 16 | load_u16(numbers + 2);
    return {.revisions = {serial, serial}};
  }
  return wrong("a denial without SOA");
}

}  // namespace

Delta first_image(const Origins& origins, std::size_t records) {
  Delta delta{.from = 0, .to = kFirstRevision, .zones = {}};
  for (const auto& [id, zone] : {std::pair(kZoneId, origins.zone), std::pair(kPoolId, origins.links_lead_to)})
    delta.zones.push_back({.kind = ZoneChange::Kind::Replace,
                           .zone_id = id,
                           .apex = wire(zone),
                           .puts = {soa(zone, kFirstRevision), set_of(zone, Type::NS, {"ns.test."})},
                           .removes = {}});
  for (std::uint64_t revision = 1; revision <= kFirstRevision; ++revision) {
    const std::uint64_t group = group_of(revision);
    for (RecordSet& set : group_in_zone(origins, group, revision))
      delta.zones[0].puts.push_back(std::move(set));
    delta.zones[1].puts.push_back(
        set_of(link_target(origins, group, revision), Type::A, {address(0, revision)}));
  }
  for (std::size_t n = 0; n < records; ++n)
    delta.zones[0].puts.push_back(
        set_of(fmt::format("host{}.{}", n, origins.zone), Type::A, {address(0, n)}));
  return delta;
}

Delta change(const Origins& origins, std::uint64_t revision) {
  const std::uint64_t group = group_of(revision), before = revision - kGroups;
  std::vector<RecordSet> sets = group_in_zone(origins, group, revision);
  sets.push_back(soa(origins.zone, revision));
  Delta delta{.from = revision - 1, .to = revision, .zones = {}};
  delta.zones.push_back({.kind = ZoneChange::Kind::Edit,
                         .zone_id = kZoneId,
                         .apex = wire(origins.zone),
                         .puts = std::move(sets),
                         .removes = {{wire(glue_name(origins, group, before)), Type::A, ""}}});
  delta.zones.push_back(
      {.kind = ZoneChange::Kind::Edit,
       .zone_id = kPoolId,
       .apex = wire(origins.links_lead_to),
       .puts = {set_of(link_target(origins, group, revision), Type::A, {address(0, revision)})},
       .removes = {{wire(link_target(origins, group, before)), Type::A, ""}}});
  return delta;
}

std::string encode_probe(const Origins& origins, const Probe& probe, std::uint16_t id) {
  struct Asked {
    const char* name;
    Type type;
  };
  static constexpr std::array<Asked, kKinds> kAsked = {{{"many", Type::A},
                                                        {"mx", Type::MX},
                                                        {"text", Type::TXT},
                                                        {"www.cut", Type::A},
                                                        {"link", Type::A},
                                                        {"missing", Type::A}}};
  const Asked& asked = kAsked[static_cast<std::size_t>(probe.kind)];
  std::array<std::uint8_t, 512> buffer;
  dns::MessageWriter writer(buffer, buffer.size());
  writer.set_header({.id = id});
  CHECK(writer.add_question(wire(fmt::format("{}-g{}.{}", asked.name, probe.group, origins.zone)), asked.type,
                            dns::Class::IN));
  return std::string(reinterpret_cast<const char*>(buffer.data()), writer.finish());
}

Verdict judge(const Probe& probe, std::string_view reply) {
  const auto message = dns::parse_message(as_bytes(reply));
  if (!message) return wrong("unreadable");
  if (message->header.tc) return wrong("truncated");
  if (message->header.rcode != (probe.kind == Kind::Missing ? 3 : 0)) return wrong("another response code");
  switch (probe.kind) {
    case Kind::Addresses:
      return written_at(probe, one_revision(message->answers, kValues, revision_of_address),
                        "addresses of several revisions");
    case Kind::Text:
      return written_at(
          probe,
          one_revision(message->answers, kValues,
                       [](const Record& record) { return number_at(record.rdata, 1).value_or(0); }),
          "texts of several revisions");
    case Kind::Mail: {
      std::optional<std::uint64_t> revision;
      if (!mail_belongs_together(*message, revision)) return wrong("MX and its address of several revisions");
      if (!revision) return {};
      return written_at(probe, *revision, "no address of the MX", true);
    }
    case Kind::Referral:
      return written_at(probe, revision_of_referral(*message), "NS and glue of several revisions", true);
    case Kind::Link:
      return written_at(probe, revision_of_link(message->answers), "CNAME and target of several revisions");
    case Kind::Missing:
      return judge_denial(*message);
  }
  return wrong("unknown probe");
}

}  // namespace meridian::change_under_load

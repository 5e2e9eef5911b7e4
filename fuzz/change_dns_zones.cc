// Zones that change, and questions to every version of them that is still held. The bytes are orders: put,
// remove, replace, fail half-way, ask. Whatever they are, a reply says what a slow reading of plain record
// sets says, once composed in advance and once explained; and a version that is held never changes.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "engines/dns/answer.h"
#include "formats/dns/message.h"
#include "snapshots/dns/snapshot.h"

namespace {

using namespace meridian;
using namespace meridian::engines::dns;
using namespace meridian::snapshots::dns;
using meridian::dns::Rcode;

constexpr std::size_t kOrdersMax = 600, kVersionsMax = 4, kZonesMax = 6, kHopsMax = 16;

class Orders {
 public:
  Orders(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool more() const { return at_ < size_; }
  std::size_t next() { return at_ < size_ ? data_[at_++] : 0; }
  std::size_t below(std::size_t bound) { return next() % bound; }
  template <typename List>
  const auto& any(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
};

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return text;
}

// From the name itself to the root.
std::vector<std::string> suffixes(std::string name) {
  std::vector<std::string> all{name};
  while (name.size() > 1) all.push_back(name = name.substr(1u + static_cast<std::uint8_t>(name[0])));
  return all;
}
bool is_under(const std::string& name, const std::string& suffix) {
  const std::vector<std::string> all = suffixes(lower(name));
  return std::ranges::find(all, lower(suffix)) != all.end();
}

// What the compiler of zones would hold: the record sets, and the names that exist because of them.
struct Zone {
  std::string id, apex;
  std::map<std::pair<std::string, Type>, RecordSet> sets;
  std::set<std::string> names;

  void find_names() {
    names = {apex};
    for (const auto& [key, set] : sets)
      for (const std::string& name : suffixes(key.first)) {
        if (name.size() <= apex.size()) break;
        names.insert(name);
      }
  }
  const RecordSet* find(const std::string& owner, Type type) const {
    const auto at = sets.find({owner, type});
    return at == sets.end() ? nullptr : &at->second;
  }
  const RecordSet* resolve(const std::string& owner, Type type) const {
    const RecordSet* set = find(owner, type);
    for (std::size_t hops = 0; set && !set->alias_target.empty(); ++hops)
      set = hops == kHopsMax ? nullptr : find(set->alias_target, type);
    return set;
  }
};
using World = std::vector<Zone>;  // in the order of arrival

std::string line(const std::string& owner, Type type, std::uint32_t ttl, const std::string& rdata) {
  const bool holds_names = type != Type::A && type != Type::AAAA && type != Type::TXT && type != Type::DS;
  return fmt::format("{} {} {} {}", lower(owner), static_cast<int>(type), ttl,
                     holds_names ? lower(rdata) : rdata);
}

struct Expected {
  Rcode rcode = Rcode::NoError;
  bool authoritative = true;
  std::vector<std::string> answer, authority;
  bool authority_is_optional = false;
  std::vector<std::string> glue, addresses;
  std::size_t bytes = 12;  // uncompressed, more than any reply
};

class Reading {
 public:
  Reading(const World& world, const std::string& asked, Type type) : world_(world), type_(type) {
    result_.bytes += asked.size() + 4;
    read(asked);
  }
  Expected result() { return std::move(result_); }

 private:
  void read(const std::string& asked) {
    std::string name = lower(asked), before;
    std::vector<std::string> chain;
    const Zone* zone = nullptr;
    for (;;) {
      const Zone* next_zone = zone_of(name);
      if (!next_zone && chain.empty()) {
        result_.rcode = Rcode::Refused;
        result_.authoritative = false;
        return;
      }
      if (!next_zone) return end_positive(*zone, false);
      zone = next_zone;
      const auto [node, is_cut] = find(*zone, name);
      if (is_cut) return refer(*zone, node, !chain.empty());
      if (node.empty()) return end_negative(*zone, Rcode::NXDomain);
      if (const RecordSet* set = asked_set(*zone, node)) {
        add(result_.answer, name, *set);
        add_addresses(*zone, *set, "");
        return end_positive(*zone, node == zone->apex && set->type == Type::NS);
      }
      const RecordSet* cname = zone->resolve(node, Type::CNAME);
      if (!cname) return end_negative(*zone, Rcode::NoError);
      add(result_.answer, name, *cname);
      chain.push_back(name);
      name = lower(cname->rdata[0]);
      if (chain.size() == kHopsMax || std::ranges::find(chain, name) != chain.end())
        return end_positive(*zone, false);
    }
  }
  const Zone* longest(const std::string& name, bool or_equal) const {
    for (const std::string& suffix : suffixes(name)) {
      if (!or_equal && suffix == name) continue;
      for (const Zone& zone : world_)
        if (zone.apex == suffix) return &zone;
    }
    return nullptr;
  }
  const Zone* zone_of(const std::string& name) const {
    const Zone* zone = longest(name, true);
    if (!zone || type_ != Type::DS || zone->apex != name) return zone;
    const Zone* parent = longest(name, false);
    return parent ? parent : zone;
  }
  std::pair<std::string, bool> find(const Zone& zone, const std::string& name) const {
    std::vector<std::string> path = suffixes(name);
    std::string encloser = zone.apex;
    for (const std::string& at : std::vector(path.rbegin(), path.rend())) {
      if (at.size() <= zone.apex.size()) continue;
      const std::string wildcard = "\1*" + encloser;
      if (!zone.names.contains(at)) return {zone.names.contains(wildcard) ? wildcard : "", false};
      if (zone.find(at, Type::NS) && !(at == name && type_ == Type::DS)) return {at, true};
      encloser = at;
    }
    return {name, false};
  }
  const RecordSet* asked_set(const Zone& zone, const std::string& node) const {
    if (type_ != Type::ANY) return zone.resolve(node, type_);
    for (const auto& [key, set] : zone.sets)
      if (const RecordSet* found = key.first == node ? zone.resolve(node, key.second) : nullptr) return found;
    return nullptr;
  }
  void add(std::vector<std::string>& section, const std::string& owner, const RecordSet& set) {
    for (const std::string& value : set.rdata) {
      section.push_back(line(owner, set.type, set.ttl, value));
      result_.bytes += owner.size() + 10 + value.size();
    }
  }
  void add_addresses(const Zone& zone, const RecordSet& set, const std::string& cut) {
    std::size_t offset = 0;
    if (set.type == Type::MX || set.type == Type::HTTPS) offset = 2;
    if (set.type == Type::SRV) offset = 6;
    if (offset == 0 && set.type != Type::NS) return;
    std::set<std::string> done;
    for (const std::string& value : set.rdata) {
      const std::string rest = lower(value.substr(offset));
      const std::string target = rest.substr(0, meridian::dns::wire_name_size(rest));
      if (target.size() == 1 || !is_under(target, zone.apex) || !done.insert(target).second) continue;
      for (const Type type : {Type::A, Type::AAAA})
        if (const RecordSet* found = zone.resolve(target, type))
          add(!cut.empty() && is_under(target, cut) ? result_.glue : result_.addresses, target, *found);
    }
  }
  void refer(const Zone& zone, const std::string& cut, bool authoritative) {
    result_.authoritative = authoritative;
    const RecordSet& ns = *zone.find(cut, Type::NS);
    add(result_.authority, cut, ns);
    add_addresses(zone, ns, cut);
  }
  void end_positive(const Zone& zone, bool has_ns) {
    const RecordSet* ns = has_ns ? nullptr : zone.find(zone.apex, Type::NS);
    if (!ns) return;
    add(result_.authority, zone.apex, *ns);
    result_.authority_is_optional = true;
  }
  void end_negative(const Zone& zone, Rcode rcode) {
    result_.rcode = rcode;
    RecordSet soa = *zone.find(zone.apex, Type::SOA);
    const std::string& rdata = soa.rdata[0];
    soa.ttl = std::min(soa.ttl, load_u32(as_bytes(rdata).data() + rdata.size() - 4));
    add(result_.authority, zone.apex, soa);
  }

  const World& world_;
  const Type type_;
  Expected result_;
};

struct Version {
  std::unique_ptr<const DnsSnapshot> snapshot;
  World world;
};

class Session {
 public:
  explicit Session(Orders orders) : orders_(orders) { current_.snapshot = DnsSnapshot::empty(random_); }

  void run() {
    for (std::size_t step = 0; orders_.more() && step < kOrdersMax; ++step) {
      const std::size_t order = orders_.below(16);
      if (order < 4)
        edit(1 + orders_.below(6));
      else if (order < 5)
        replace();
      else if (order < 6)
        remove_zone();
      else if (order < 7)
        fail_half_way();
      else if (order < 8)
        keep_or_drop();
      else if (order < 9)
        crowd();
      else if (order < 10)
        reload();
      else
        ask();
    }
    check_memory();
  }

 private:
  static constexpr std::string_view kLabels[] = {"\1a", "\1b", "\2ns", "\1*", "\1w", "\3n01"};

  std::string label() {
    const std::size_t which = orders_.below(20);
    if (which == 19) return "\x3f" + std::string(63, 'l');
    if (which == 18) return "\x3d" + std::string(61, 'm');
    return std::string(kLabels[which % std::size(kLabels)]);
  }
  // At most as long as a name may be.
  std::string below(std::string apex) {
    for (std::size_t count = orders_.below(5); count > 0; --count) {
      const std::string first = label();
      if (first.size() + apex.size() <= meridian::dns::kNameSizeMax) apex.insert(0, first);
    }
    return apex;
  }
  std::string apex() {
    static const std::vector<std::string> all{
        std::string(1, '\0'),        std::string("\1a\0", 3),
        std::string("\1b\1a\0", 5),  std::string("\1b\0", 3),
        std::string("\2ns\1a\0", 6), "\x3f" + std::string(63, 'l') + "\x3f" + std::string(63, 'l') + '\0'};
    return orders_.any(all);
  }
  std::string some_name(const std::string& home) {
    std::string name = below(orders_.below(4) == 0 ? apex() : home);
    if (orders_.below(4) == 0)
      for (char& c : name)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c & ~0x20);
    return name;
  }
  std::string value(Type type, const std::string& home, std::size_t number) {
    const auto low = static_cast<char>(number), high = static_cast<char>(number >> 8);
    switch (type) {
      case Type::A:
        return {10, 0, high, low};
      case Type::AAAA:
        return std::string(14, '\x20') + high + low;
      case Type::TXT:
        return std::string("\3t") + high + low;
      case Type::DS:
        return std::string("\0\1\1\2", 4) + std::string(32, low);
      case Type::SOA:
        return some_name(home) + some_name(home) + std::string(16, '\1') + std::string(2, '\0') + '\1' + low;
      case Type::MX:
        return std::string(1, '\0') + low + some_name(home);
      case Type::SRV:
        return std::string(5, '\0') + low + some_name(home);
      case Type::HTTPS:
        return std::string("\0\1", 2) + lower(some_name(home));
      default:
        return some_name(home);
    }
  }
  RecordSet record_set(const std::string& home) {
    static constexpr Type kTypes[] = {Type::NS,   Type::NS,    Type::NS, Type::A,    Type::A,
                                      Type::AAAA, Type::CNAME, Type::MX, Type::MX,   Type::PTR,
                                      Type::SRV,  Type::TXT,   Type::DS, Type::HTTPS};
    RecordSet set{below(home), orders_.any(kTypes), "", 60, {}, ""};
    if (orders_.below(24) == 0) {
      set.owner = home;
      set.type = Type::SOA;
    }
    if (set.type != Type::NS && set.type != Type::SOA && orders_.below(8) == 0) {
      set.alias_target = below(home);
      return set;
    }
    const bool single = set.type == Type::CNAME || set.type == Type::SOA;
    std::size_t count = single ? 1 : 1 + orders_.below(6);
    const std::size_t many = orders_.next();
    if (many >= 254 && set.type == Type::A) count = kValuesMax;
    if (many >= 248 && set.type == Type::MX) count = 64;
    set.ttl = static_cast<std::uint32_t>(many);
    for (std::size_t i = 0; i < count; ++i)
      set.rdata.push_back(value(set.type, home, count > 6 ? i : many + i));
    return set;
  }

  Zone* some_zone() {
    return current_.world.empty() ? nullptr : &current_.world[orders_.below(current_.world.size())];
  }
  Delta delta() const { return {current_.snapshot->revision(), current_.snapshot->revision() + 1, {}}; }
  bool apply_to_current(const Delta& delta) {
    CHECK(check(delta));
    auto next = apply(*current_.snapshot, delta);
    if (!next) return false;
    current_.snapshot = std::move(*next);
    return true;
  }

  ZoneChange changes(const Zone& zone, std::size_t count) {
    ZoneChange change{ZoneChange::Kind::Edit, zone.id, zone.apex, {}, {}};
    for (; count > 0; --count) {
      if (orders_.below(3) > 0) {
        change.puts.push_back(record_set(zone.apex));
        hide(change);
      } else if (!zone.sets.empty() && orders_.below(4) > 0) {
        auto at = zone.sets.begin();
        std::advance(at, orders_.below(zone.sets.size()));
        if (at->first.second != Type::SOA) change.removes.push_back({at->first.first, at->first.second, ""});
      } else {
        change.removes.push_back({below(zone.apex), Type::A, ""});
      }
    }
    return change;
  }
  // Now and then the last one is a hidden record set, or one that leaves: nothing asked may show of it.
  void hide(ZoneChange& change) {
    RecordSet& set = change.puts.back();
    if (set.type == Type::NS || set.type == Type::SOA || set.type == Type::DS || orders_.below(6) > 0) return;
    set.hidden = true;
    if (orders_.below(3) > 0) return;
    change.removes.push_back({set.owner, set.type, "", true});
    change.puts.pop_back();
  }
  static void record(Zone& zone, const ZoneChange& change) {
    for (const RecordSetKey& key : change.removes)
      if (!key.hidden) zone.sets.erase({key.owner, key.type});
    for (const RecordSet& set : change.puts)
      if (!set.hidden) zone.sets[{set.owner, set.type}] = set;
    zone.find_names();
  }
  void edit(std::size_t count) {
    Zone* zone = some_zone();
    if (!zone) return replace();
    Delta edits = delta();
    edits.zones.push_back(changes(*zone, count));
    CHECK(apply_to_current(edits));
    record(*zone, edits.zones[0]);
  }
  void replace() {
    Zone zone;
    const Zone* there = orders_.below(2) == 0 ? some_zone() : nullptr;
    if (!there && current_.world.size() == kZonesMax) return;
    zone.id = there ? there->id : fmt::format("Z{}", ++ids_);
    zone.apex = there ? there->apex : apex();
    ZoneChange change{ZoneChange::Kind::Replace, zone.id, zone.apex, {}, {}};
    change.puts.push_back({zone.apex, Type::SOA, "", 90, {value(Type::SOA, zone.apex, orders_.next())}, ""});
    for (std::size_t count = orders_.below(12); count > 0; --count)
      change.puts.push_back(record_set(zone.apex));
    Delta whole = delta();
    whole.zones.push_back(change);
    CHECK(apply_to_current(whole));
    record(zone, change);
    const auto at = std::ranges::find(current_.world, zone.id, &Zone::id);
    if (at == current_.world.end())
      current_.world.push_back(std::move(zone));
    else
      *at = std::move(zone);
  }
  void remove_zone() {
    Zone* zone = some_zone();
    if (!zone) return;
    Delta removal = delta();
    removal.zones.push_back({ZoneChange::Kind::Remove, zone->id, zone->apex, {}, {}});
    CHECK(apply_to_current(removal));
    current_.world.erase(current_.world.begin() + (zone - current_.world.data()));
  }
  void fail_half_way() {
    const Zone* zone = some_zone();
    if (!zone) return;
    Delta bad = delta();
    bad.zones.push_back(changes(*zone, 4));
    ZoneChange last = changes(*zone, 2);
    std::erase_if(last.puts, [](const RecordSet& set) { return set.type == Type::SOA; });
    if (orders_.below(2) == 0)
      last.removes.push_back({zone->apex, Type::SOA, ""});
    else
      last.zone_id = "unknown";
    bad.zones.push_back(last);
    const std::size_t before = current_.snapshot->bytes_in_use();
    CHECK(!apply_to_current(bad) && current_.snapshot->bytes_in_use() == before);
  }
  void keep_or_drop() {
    if (versions_.size() == kVersionsMax || (!versions_.empty() && orders_.below(3) == 0)) {
      versions_.erase(versions_.begin() + static_cast<long>(orders_.below(versions_.size())));
      return;
    }
    versions_.push_back({current_.snapshot->retain(), current_.world});
  }
  // As many delegations to one server as its list holds, and more; or they go again.
  void crowd() {
    Zone* zone = some_zone();
    if (!zone) return;
    const std::string target = below(zone->apex);
    const std::size_t count = 250 + orders_.below(12);
    const bool put = orders_.below(3) > 0;
    Delta edits = delta();
    ZoneChange change{ZoneChange::Kind::Edit, zone->id, zone->apex, {}, {}};
    for (std::size_t i = 0; i < count; ++i) {
      const std::string owner = fmt::format("\4d{:03}", i) + zone->apex;
      if (owner.size() > meridian::dns::kNameSizeMax) return;
      if (put)
        change.puts.push_back({owner, Type::NS, "", 7, {target}, ""});
      else
        change.removes.push_back({owner, Type::NS, ""});
    }
    edits.zones.push_back(std::move(change));
    CHECK(apply_to_current(edits));
    record(*zone, edits.zones[0]);
  }
  // An image makes the same again, whatever the order of its changes was.
  void reload() {
    auto image = decode(encode_image(*current_.snapshot));
    CHECK(image);
    image->from = 0;
    auto again = apply(*current_.snapshot, *image);
    CHECK(again && (*again)->zone_count() == current_.world.size());
    current_.snapshot = std::move(*again);
  }

  std::string make_query(const std::string& name, Type type, std::uint16_t edns_size, std::size_t options) {
    std::string query("\1\2\0\0\0\1\0\0\0\0\0", 11);
    query += edns_size ? '\1' : '\0';
    query += name;
    append_u16(query, static_cast<std::uint16_t>(type));
    append_u16(query, 1);
    if (!edns_size) return query;
    std::string list;
    if (options & 1) list += std::string("\0\3\0\0", 4);
    if (options & 2) list += std::string("\0\12\0\10", 4) + "12345678";
    if (options & 4) list += std::string("\0\10\0\24\0\2\200\0", 8) + std::string(16, '\x20');
    if (options & 8) list += std::string("\0\14\0\0", 4);
    append_u8(query, 0);
    append_u16(query, static_cast<std::uint16_t>(Type::OPT));
    append_u16(query, edns_size);
    append_u32(query, 0);
    append_u16(query, static_cast<std::uint16_t>(list.size()));
    return query + list;
  }

  static std::vector<std::string> lines(const std::vector<meridian::dns::Record>& records) {
    std::vector<std::string> all;
    for (const auto& record : records)
      if (record.type != Type::OPT)
        all.push_back(line(std::string(record.owner.wire()), record.type, record.ttl, record.rdata));
    std::ranges::sort(all);
    return all;
  }
  static bool has_all(const std::vector<std::string>& these, std::vector<std::string> those) {
    std::ranges::sort(those);
    return std::ranges::includes(these, those);
  }
  static bool are(const std::vector<std::string>& these, std::vector<std::string> those) {
    std::ranges::sort(those);
    return these == those;
  }

  struct Got {
    meridian::dns::Message message;
    std::vector<std::string> answer, authority, additional;
    std::size_t size;
  };
  // `room` on the heap, no byte more, so that a write behind it shows.
  Got answer_of(const DnsSnapshot& snapshot, const std::string& query, Transport transport, std::size_t room,
                Trace* trace) {
    const std::unique_ptr<std::uint8_t[]> out(new std::uint8_t[room]);
    const AnswerContext context{client_, transport, random_, identity_, SystemTime()};
    const AnswerResult result = answer(as_bytes(query), snapshot, context, {out.get(), room}, trace);
    CHECK(result.size > 0 && result.size <= room);
    auto message = meridian::dns::parse_message({out.get(), result.size});
    CHECK(message);
    Got got{std::move(*message), {}, {}, {}, result.size};
    got.answer = lines(got.message.answers);
    got.authority = lines(got.message.authorities);
    got.additional = lines(got.message.additionals);
    return got;
  }

  void ask() {
    static constexpr Type kTypes[] = {Type::A,     Type::A,   Type::AAAA, Type::NS,  Type::MX,
                                      Type::CNAME, Type::DS,  Type::TXT,  Type::SRV, Type::PTR,
                                      Type::HTTPS, Type::ANY, Type::SOA};
    const std::size_t which = orders_.below(versions_.size() + 1);
    const Version& version = which == 0 ? current_ : versions_[which - 1];
    const std::string home =
        version.world.empty() ? apex() : version.world[orders_.below(version.world.size())].apex;
    std::string name = some_name(home);
    if (orders_.below(8) == 0 && name.size() + 5 <= meridian::dns::kNameSizeMax)
      name = fmt::format("\4d{:03}", orders_.next()) + name;
    const Type type = orders_.any(kTypes);
    const Transport transport =
        orders_.any(std::vector{Transport::Udp, Transport::Udp, Transport::Tcp, Transport::Tls});
    const std::size_t flags = orders_.next();
    const auto edns_size = static_cast<std::uint16_t>(flags < 64 ? 0 : flags < 128 ? 512 : 4 * flags + 300);
    const std::string query = make_query(name, type, edns_size, orders_.next());
    const std::size_t room = transport == Transport::Udp ? (flags & 1 ? 512 : 1232) : kTcpSizeMax;
    compare(version, query, name, type, transport, room);
  }

  void compare(const Version& version, const std::string& query, const std::string& name, Type type,
               Transport transport, std::size_t room) {
    const Expected expected = Reading(version.world, name, type).result();
    Trace trace;
    const Got got = answer_of(*version.snapshot, query, transport, room, nullptr);
    const Got found = answer_of(*version.snapshot, query, transport, room, &trace);
    CHECK(got.answer == found.answer && got.authority == found.authority &&
          got.additional == found.additional);
    CHECK(got.size == found.size && got.message.header.tc == found.message.header.tc);

    const auto& header = got.message.header;
    CHECK(header.rcode == static_cast<std::uint8_t>(expected.rcode) && header.aa == expected.authoritative);
    CHECK(got.message.questions.size() == 1 && got.message.questions[0].name.wire() == name);
    const bool all_fits =
        expected.bytes + 700 < room && (transport != Transport::Udp || expected.bytes < 300);
    if (header.tc) {
      CHECK(!all_fits && has_all(sorted(expected.answer), got.answer));
      return;
    }
    CHECK(are(got.answer, expected.answer));
    CHECK(are(got.authority, expected.authority) ||
          (!all_fits && expected.authority_is_optional && got.authority.empty()));
    std::vector<std::string> all = expected.glue;
    all.insert(all.end(), expected.addresses.begin(), expected.addresses.end());
    CHECK(has_all(got.additional, expected.glue) && has_all(sorted(all), got.additional));
    CHECK(!all_fits || are(got.additional, all));
  }
  static std::vector<std::string> sorted(std::vector<std::string> list) {
    std::ranges::sort(list);
    return list;
  }

  // Versions may go in any order; what remains is what an image of the last would take.
  void check_memory() {
    while (!versions_.empty())
      versions_.erase(versions_.begin() + static_cast<long>(orders_.below(versions_.size())));
    Delta nothing = delta();
    for (const Zone& zone : current_.world)
      nothing.zones.push_back({ZoneChange::Kind::Remove, zone.id, zone.apex, {}, {}});
    CHECK(apply_to_current(nothing));
    CHECK(current_.snapshot->zone_count() == 0 && current_.snapshot->bytes_in_use() == 0);
  }

  Orders orders_;
  SeededRandom random_{5};
  const ServerIdentity identity_{.nsid = std::string(128, 'n')};
  const net::Address client_{net::IpAddress::v4({192, 0, 2, 1}), 53};
  Version current_;
  std::vector<Version> versions_;
  int ids_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Session(Orders(data, size)).run();
  return 0;
}

// What a zone of 100,000 records costs in the DNS engine's snapshot: bytes, time to load, time to change one
// record, and the time of one answer of the pure core (no sockets).
#include <fmt/format.h>
#include <malloc.h>

#include <ctime>
#include <utility>

#include "base/check.h"
#include "engines/dns/answer.h"
#include "formats/dns/message.h"
#include "formats/dns/rdata.h"
#include "snapshots/dns/snapshot.h"

namespace {

using namespace meridian;
using namespace meridian::snapshots::dns;
using meridian::dns::Name;

std::string wire(const std::string& name) {
  return std::string(Name::parse(name)->wire());
}

RecordSet set_of(const std::string& owner, Type type, const std::vector<std::string>& values) {
  RecordSet set{wire(owner), type, "", 3600, {}, ""};
  for (const std::string& value : values) set.rdata.push_back(*meridian::dns::parse_rdata(type, value));
  return set;
}

// Delegations like a top-level domain's: two servers each, every fourth with two addresses of glue, every
// eighth with a DS.
Delta tld(std::size_t records) {
  Delta delta{0, 1, {{ZoneChange::Kind::Replace, "Z1", wire("tld."), {}, {}}}};
  std::vector<RecordSet>& sets = delta.zones[0].puts;
  sets.push_back(set_of("tld.", Type::SOA, {"ns.tld. h.tld. 1 7200 900 1209600 900"}));
  sets.push_back(set_of("tld.", Type::NS, {"ns1.tld.", "ns2.tld."}));
  std::size_t made = 3;
  for (std::size_t i = 0; made < records; ++i) {
    const std::string name = fmt::format("domain-{:x}.tld.", i * 7919);
    const bool glue = i % 4 == 0;
    sets.push_back(set_of(name, Type::NS,
                          glue ? std::vector{"ns1." + name, "ns2." + name}
                               : std::vector{fmt::format("ns1.hoster{}.net.", i % 97),
                                             fmt::format("ns2.hoster{}.net.", i % 97)}));
    made += 2;
    if (glue) {
      sets.push_back(set_of("ns1." + name, Type::A, {"192.0.2.1"}));
      sets.push_back(set_of("ns2." + name, Type::A, {"192.0.2.2"}));
      made += 2;
    }
    if (i % 8 == 1) {
      sets.push_back(set_of(name, Type::DS, {"12345 13 2 " + std::string(64, 'A')}));
      ++made;
    }
  }
  return delta;
}

std::size_t heap_bytes() {
  return mallinfo2().uordblks + mallinfo2().hblkhd;
}

// CPU time of this thread: other work on the machine does not count.
template <typename Work>
double seconds(Work work) {
  const auto now = [] {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  };
  const double start = now();
  work();
  return now() - start;
}

void measure_load(const std::string& image, std::unique_ptr<const DnsSnapshot>& snapshot) {
  SeededRandom random(1);
  Result<Delta> delta = invalid("");
  const double decoding = seconds([&] { delta = decode(image); });
  CHECK(delta);
  const auto empty = DnsSnapshot::empty(random);
  const std::size_t before = heap_bytes();
  const double applying = seconds([&] { snapshot = *apply(*empty, *delta); });
  fmt::print("image         {:8.1f} MB\n", static_cast<double>(image.size()) / 1e6);
  fmt::print("decode        {:8.1f} ms\napply         {:8.1f} ms\n", decoding * 1e3, applying * 1e3);
  fmt::print("snapshot      {:8.1f} MB\n",
             static_cast<double>(heap_bytes() - before + snapshot->bytes_in_use()) / 1e6);
  fmt::print("write image   {:8.1f} ms\n",
             seconds([&] { CHECK(encode_image(*snapshot).size() == image.size()); }) * 1e3);
}

void measure_change(std::unique_ptr<const DnsSnapshot>& snapshot) {
  constexpr int kChanges = 20000;
  std::vector<Delta> deltas;
  for (int i = 0; i < kChanges; ++i)
    deltas.push_back({1,
                      1,
                      {{ZoneChange::Kind::Edit,
                        "Z1",
                        wire("tld."),
                        {set_of(fmt::format("domain-{:x}.tld.", i * 7919), Type::TXT, {"\"x\""})},
                        {}}}});
  const std::size_t before = heap_bytes() + snapshot->bytes_in_use();
  std::vector<std::unique_ptr<const DnsSnapshot>>
      versions;  // kept, so that the heap shows what each one copied
  const double all = seconds([&] {
    for (Delta& delta : deltas) {
      delta.from = snapshot->revision();
      delta.to = delta.from + 1;
      auto next = apply(*snapshot, delta);
      CHECK(next);
      versions.push_back(std::exchange(snapshot, std::move(*next)));
    }
  });
  fmt::print("one change    {:8.1f} us, copies {} bytes\n", all / kChanges * 1e6,
             (heap_bytes() + snapshot->bytes_in_use() - before) / kChanges);
}

void measure_answers(const DnsSnapshot& snapshot) {
  constexpr int kQueries = 20000, kRounds = 20;
  std::vector<std::string> queries;
  for (int i = 0; i < kQueries; ++i) {
    std::array<std::uint8_t, 512> bytes;
    meridian::dns::MessageWriter writer(bytes, bytes.size());
    writer.set_header({});
    writer.add_question(wire(fmt::format("www.domain-{:x}.tld.", i * 7919)), Type::A,
                        meridian::dns::Class::IN);
    queries.emplace_back(reinterpret_cast<char*>(bytes.data()), writer.finish());
  }
  SeededRandom random(1);
  const engines::dns::ServerIdentity identity;
  const net::Address client;
  const engines::dns::AnswerContext context{client, engines::dns::Transport::Udp, random, identity,
                                            SystemTime()};
  std::array<std::uint8_t, 4096> out;
  std::size_t bytes = 0;
  const double all = seconds([&] {
    for (int round = 0; round < kRounds; ++round)
      for (const std::string& query : queries) bytes += answer(as_bytes(query), snapshot, context, out).size;
  });
  fmt::print("one referral  {:8.0f} ns, {} bytes\n", all / (kQueries * kRounds) * 1e9,
             bytes / (kQueries * kRounds));
}

}  // namespace

int main() {
  std::unique_ptr<const DnsSnapshot> snapshot;
  measure_load(encode(tld(100000)), snapshot);
  measure_change(snapshot);
  measure_answers(*snapshot);
  return 0;
}

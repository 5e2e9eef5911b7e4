#include "engines/cdn/site.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/bytes.h"
#include "engines/cdn/request.h"
#include "engines/cdn/rules/error_page.h"

namespace meridian::engines::cdn {

Served::Served(snapshots::cdn::SharedDistribution its, std::shared_ptr<PurgeLog> log)
    : distribution(std::move(its)), match(distribution->behaviors), purges(std::move(log)) {
  for (const snapshots::cdn::Behavior& behavior : distribution->behaviors)
    keys.emplace_back(behavior.trusted_keys);
}

std::shared_ptr<const Served> ServedTable::find_host(std::string_view host) {
  const auto snapshot = reader_.current();
  if (snapshot->revision() == revision_ && host == last_host_) return last_;
  last_ = served(*snapshot, snapshot->find_host(host));
  last_host_ = last_ ? host : std::string_view();  // strangers' names may be long
  return last_;
}

std::shared_ptr<const Served> ServedTable::find_id(std::string_view id) {
  const auto snapshot = reader_.current();
  return served(*snapshot, snapshot->find_id(id));
}

std::shared_ptr<const Served> ServedTable::served(const snapshots::cdn::CdnSnapshot& snapshot,
                                                  const snapshots::cdn::SharedDistribution* found) {
  if (!found) return nullptr;
  if (std::exchange(revision_, snapshot.revision()) != snapshot.revision()) {
    last_host_.clear();
    last_.reset();
    ++changes_;
  }
  if (changes_ > served_.size() / kStaleShare) {
    changes_ = 0;
    std::erase_if(served_, [&](const auto& entry) {
      const auto* current = snapshot.find_id(entry.first->id);
      return !current || current->get() != entry.first;
    });
  }
  auto& served = served_[found->get()];
  if (!served) served = std::make_shared<const Served>(*found, purges_.of((*found)->id));
  return served;
}

std::string ServedTable::name_of(std::string_view host) {
  std::string name;
  (void)reader_.current()->find_host(host, &name);
  return name;
}

std::unique_ptr<Exchange> Site::begin(const ViewerRequest& request, ViewerStream& stream) {
  auto exchange = std::make_unique<Request>(*this, request, stream);
  exchange->run();
  if (!exchange->waits_for_turn_end()) exchange->goes_on_later();
  return exchange;
}

std::unique_ptr<Exchange> Site::explain(const ViewerRequest& request, ViewerStream& stream, Trace& trace) {
  auto exchange = std::make_unique<Request>(*this, request, stream, &trace);
  exchange->run();
  exchange->goes_on_later();
  return exchange;
}

std::string Site::refusal_page(int status, std::string_view reason) {
  std::string id;
  write_request_id(id);
  return rules::error_body(status, reason, id);
}

void Site::count_soon(const Answered& answered) {
  ++turn_.requests;
  ++turn_.results[static_cast<std::size_t>(answered.result)];
  ++turn_.responses[EngineCounters::class_of(answered.status)];
  turn_.received_bytes += answered.received_bytes;
  turn_.sent_bytes += answered.sent_bytes;
}

void Site::end_turn() {
  if (turn_.requests == 0) return;
  EngineCounters& counters = worker.counters;
  for (std::size_t i = 0; i < turn_.results.size(); ++i)
    if (turn_.results[i] != 0) counters.result(static_cast<rules::CacheResult>(i)).add(turn_.results[i]);
  for (std::size_t i = 0; i < turn_.responses.size(); ++i)
    if (turn_.responses[i] != 0) counters.responses(i).add(turn_.responses[i]);
  if (settings.requests) settings.requests->add(turn_.requests);
  counters.received_bytes.add(turn_.received_bytes);
  counters.sent_bytes.add(turn_.sent_bytes);
  turn_ = {};
}

// 56 characters of the URL's base64 alphabet with its padding, as CloudFront has them.
void Site::write_request_id(std::string& id) {
  static constexpr std::size_t kIdCharacters = 54;
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  // Two characters at a time, ten of one number.
  static constexpr auto kPairs = [] {
    std::array<std::array<char, 2>, 64 * 64> pairs{};
    for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {kAlphabet[i & 63], kAlphabet[i >> 6]};
    return pairs;
  }();
  static_assert(kIdCharacters % 2 == 0);
  id.resize(kIdCharacters + 2);
  char* at = id.data();
  for (std::size_t left = kIdCharacters; left > 0;) {
    std::uint64_t bits = worker.random.next();
    const std::size_t some = std::min<std::size_t>(left, 10);
    for (std::size_t i = 0; i < some; i += 2, bits >>= 12) std::memcpy(at + i, kPairs[bits & 4095].data(), 2);
    at += some;
    left -= some;
  }
  at[0] = at[1] = '=';
}

snapshots::location::Place Site::locate(const net::IpAddress& address) {
  const auto locations = locations_.current();
  return *locations->locate(address, address.is_v4() ? 32 : 128).place;
}

geo_db::Details Site::details(const net::IpAddress& address) {
  return locations_.current()->details(address);
}

}  // namespace meridian::engines::cdn

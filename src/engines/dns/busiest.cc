#include "engines/dns/busiest.h"

#include <algorithm>
#include <map>

#include "formats/dns/name.h"

namespace meridian::engines::dns {

Busiest::Frequent::Added Busiest::Frequent::add(std::uint64_t key) {
  std::size_t least = 0;
  for (std::size_t i = 0; i < kKept; ++i) {
    if (keys_[i] == key && counts_[i] != 0) {
      ++counts_[i];
      return {i, false};
    }
    if (counts_[i] < counts_[least]) least = i;
  }
  // The newcomer may have come as often as the one it replaces was counted: that much of its count is in
  // doubt.
  keys_[least] = key;
  errors_[least] = counts_[least]++;
  return {least, true};
}

void Busiest::sample(const net::IpAddress& client, const snapshots::dns::DnsZone* zone, SystemTime now) {
  if (now - started_ >= kWindow || now < started_) {
    last_ = now - started_ < 2 * kWindow ? window_ : Window{};
    window_ = Window{};
    started_ = now;
  }
  ++window_.samples;
  window_.prefixes.add(ClientPrefix::of(client).bits);
  if (!zone) return;
  const auto [at, is_new] = window_.zones.add(zone->apex_node().hash());
  if (!is_new) return;
  Apex& apex = window_.apexes[at];
  apex.size = static_cast<std::uint8_t>(zone->apex().size());
  std::ranges::copy(zone->apex(), apex.wire.begin());
}

Busiest::Window Busiest::last(SystemTime now) const {
  const Duration age = now - started_;
  if (age < kWindow) return last_;
  return age < 2 * kWindow ? window_ : Window{};
}

BusyReport Busiest::report(const std::vector<Window>& of_workers) {
  constexpr double kQueriesASample = kSampled / std::chrono::duration<double>(kWindow).count();
  BusyReport report;
  std::map<std::string, double> prefixes, zones;
  for (const Window& window : of_workers) {
    report.queries_per_second += window.samples * kQueriesASample;
    for (std::size_t i = 0; i < kKept; ++i) {
      if (const auto count = window.prefixes.at_least(i))
        prefixes[ClientPrefix{window.prefixes.key(i)}.cidr().to_string()] += count * kQueriesASample;
      if (const auto count = window.zones.at_least(i))
        zones[meridian::dns::Name::from_wire({window.apexes[i].wire.data(), window.apexes[i].size})
                  ->to_string()] += count * kQueriesASample;
    }
  }
  const auto busiest = [](const std::map<std::string, double>& all) {
    std::vector<BusyReport::Line> lines;
    for (const auto& [name, rate] : all) lines.push_back({name, rate});
    std::ranges::sort(lines, [](const BusyReport::Line& left, const BusyReport::Line& right) {
      return std::pair(-left.queries_per_second, left.name) <
             std::pair(-right.queries_per_second, right.name);
    });
    lines.resize(std::min(lines.size(), BusyReport::kLinesMax));
    return lines;
  };
  report.prefixes = busiest(prefixes);
  report.zones = busiest(zones);
  return report;
}

}  // namespace meridian::engines::dns

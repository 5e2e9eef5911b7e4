#include "formats/topology/latency_table.h"

#include <fmt/format.h>

#include <charconv>
#include <map>

namespace meridian::topology {
namespace {

constexpr std::string_view kNames = "cidr,region,milliseconds";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Up to the next comma, which is taken too.
std::string_view take_field(std::string_view& line) {
  const auto comma = line.find(',');
  const std::string_view field = line.substr(0, comma);
  line.remove_prefix(comma == std::string_view::npos ? line.size() : comma + 1);
  return trim(field);
}

struct Measured {
  net::Cidr block;
  regions::RegionIndex region = regions::kNoRegion;
  std::uint32_t us = 0;
};

Result<Measured> parse_line(std::string_view line) {
  if (std::ranges::count(line, ',') != 2) return invalid(fmt::format("a line is {}", kNames));
  Measured measured;
  measured.block = TRY(net::Cidr::parse(take_field(line)));
  const std::string_view region = take_field(line), time = take_field(line);
  measured.region = regions::find(region);
  if (measured.region == regions::kNoRegion)
    return invalid(fmt::format("'{}' is no AWS Region", region.substr(0, 64)));
  double ms = 0;
  const auto [end, error] =
      std::from_chars(time.data(), time.data() + time.size(), ms, std::chars_format::fixed);
  if (error != std::errc() || end != time.data() + time.size() || !(ms > 0 && ms <= kLatencyMsMax))
    return invalid(
        fmt::format("'{}' is no number of milliseconds up to {}", time.substr(0, 64), kLatencyMsMax));
  measured.us = std::max(1U, static_cast<std::uint32_t>(ms * 1000));
  return measured;
}

}  // namespace

Result<std::vector<LatencyRow>> parse_latency_table(std::string_view text) {
  if (text.size() > kLatencyFileBytesMax) return fail(ErrorCode::Limit, "a latency table has at most 1 GiB");
  std::vector<LatencyRow> rows;
  std::map<net::Cidr, std::size_t> row_of;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#' || (rows.empty() && line == kNames)) continue;
    const auto measured = parse_line(line);
    if (!measured) return invalid(fmt::format("line {}: {}", number, measured.error().message));
    const auto [entry, is_new] = row_of.try_emplace(measured->block, rows.size());
    if (is_new) {
      if (rows.size() == kLatencyRowsMax)
        return fail(ErrorCode::Limit, fmt::format("line {}: more than {} networks", number, kLatencyRowsMax));
      rows.push_back({measured->block, {}});
    }
    std::uint32_t& us = rows[entry->second].us[measured->region];
    if (us != 0) return invalid(fmt::format("line {}: this network and Region are there twice", number));
    us = measured->us;
  }
  return rows;
}

}  // namespace meridian::topology

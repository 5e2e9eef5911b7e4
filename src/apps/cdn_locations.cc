#include "apps/cdn_locations.h"

#include <fmt/format.h>

#include <algorithm>

#include "snapshots/feed/frame.h"

namespace meridian::apps {

Result<std::vector<CdnLocationOptions>> locations_of(const CdnOptions& options,
                                                     const std::vector<std::string>& published) {
  std::vector<CdnLocationOptions> out;
  using List = std::vector<std::string> CdnLocationOptions::*;
  const auto add = [&](const std::vector<std::string>& addresses, List list) {
    for (const std::string& text : addresses) {
      const std::size_t sign = text.find('=');
      const std::string code = sign == text.npos ? options.location : text.substr(0, sign);
      auto at = std::ranges::find(out, code, &CdnLocationOptions::code);
      if (at == out.end()) at = out.insert(out.end(), {.code = code});
      ((*at).*list).push_back(sign == text.npos ? text : text.substr(sign + 1));
    }
  };
  add(options.addresses, &CdnLocationOptions::http);
  add(options.tls_addresses, &CdnLocationOptions::https);
  add(published, &CdnLocationOptions::published);
  for (const CdnLocationOptions& location : out) {
    if (!snapshots::feed::is_location_code(location.code))
      return invalid(fmt::format("'{}' is not the code of an edge location", location.code));
    if (location.http.empty() && location.https.empty())
      return invalid(fmt::format("--cdn-address: nothing listens at {} (--cdn-listen {}=ADDR:PORT)",
                                 location.code, location.code));
  }
  if (out.size() > snapshots::feed::kLocationsMax)
    return invalid(fmt::format("a process has at most {} edge locations", snapshots::feed::kLocationsMax));
  return out;
}

CacheShares cache_shares(std::size_t bytes, std::size_t locations, std::size_t regions) {
  if (regions == 0) return {bytes / std::max<std::size_t>(1, locations), 0};
  return {bytes / 2 / std::max<std::size_t>(1, locations), bytes / 2 / regions};
}

}  // namespace meridian::apps

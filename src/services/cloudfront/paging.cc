#include "services/cloudfront/paging.h"

#include <charconv>

#include "services/cloudfront/refusals.h"

namespace meridian::services::cloudfront {

aws::Outcome<std::size_t> page_size(const std::optional<std::string>& max_items) {
  if (!max_items || max_items->empty()) return kPageMax;
  std::size_t size = 0;
  const char* end = max_items->data() + max_items->size();
  const auto [read, error] = std::from_chars(max_items->data(), end, size);
  if (error != std::errc() || read != end || size == 0)
    return invalid_argument("The parameter MaxItems is not valid.");
  return std::min(size, kPageMax);
}

aws::Failure unknown_marker() {
  return invalid_argument("The parameter Marker is not valid.");
}

}  // namespace meridian::services::cloudfront

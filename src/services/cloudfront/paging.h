// Pages of lists: Marker is the id after which a page begins, MaxItems its size.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "aws/error.h"

namespace meridian::services::cloudfront {

inline constexpr std::size_t kPageMax = 100;  // also when MaxItems is not given

template <typename Item>
struct Page {
  std::vector<Item> items;
  std::string marker;                      // as asked
  std::optional<std::string> next_marker;  // of the last item, when there are more
  std::int32_t max_items = 0;

  bool truncated() const { return next_marker.has_value(); }
  std::int32_t quantity() const { return static_cast<std::int32_t>(items.size()); }
};

// 1 to kPageMax; InvalidArgument for what is no such number.
aws::Outcome<std::size_t> page_size(const std::optional<std::string>& max_items);
aws::Failure unknown_marker();

template <typename Item, typename IdOf>
aws::Outcome<Page<Item>> cut_page(std::vector<Item> items, const std::optional<std::string>& marker,
                                  const std::optional<std::string>& max_items, IdOf id_of) {
  const std::size_t most = TRY(page_size(max_items));
  if (marker && !marker->empty()) {
    const auto last = std::ranges::find_if(items, [&](const Item& item) { return id_of(item) == *marker; });
    if (last == items.end()) return unknown_marker();
    items.erase(items.begin(), last + 1);
  }
  Page<Item> page;
  page.marker = marker.value_or("");
  page.max_items = static_cast<std::int32_t>(most);
  if (items.size() > most) {
    items.resize(most);
    page.next_marker = id_of(items.back());
  }
  page.items = std::move(items);
  return page;
}

}  // namespace meridian::services::cloudfront

#include "services/s3/listing.h"

#include <algorithm>

#include "aws/stored.h"
#include "base/percent.h"
#include "services/s3/errors.h"

namespace meridian::services::s3 {
namespace {

// The first key that does not begin with `prefix` but is greater; "" when there is none.
std::string after_all_of(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

// The roll-up that a name belongs to, if any.
std::optional<std::string> rolled_up(const ListQuery& query, std::string_view name) {
  if (query.delimiter.empty()) return std::nullopt;
  // Behind a null byte stands what is no part of the name.
  const std::size_t at = name.substr(0, name.find('\0')).find(query.delimiter, query.prefix.size());
  if (at == std::string_view::npos) return std::nullopt;
  return std::string(name.substr(0, at + query.delimiter.size()));
}

// Where reading begins: behind `after`, and behind all that is rolled up into it.
void place_start(const ListQuery& query, store::RangeOptions& options) {
  if (query.after.empty()) return;
  if (rolled_up(query, query.after) == query.after) {
    options.start_at = after_all_of(query.place + query.after);
  } else {
    options.start_after = query.place + query.after;
  }
}

}  // namespace

aws::Outcome<ListPage> list_page(store::Store& store, const ListQuery& query) {
  ListPage page;
  if (query.count_max == 0) return page;
  store::RangeOptions options;
  options.limit = query.count_max + 1;
  place_start(query, options);
  for (;;) {
    store::Range range = TRY(aws::or_failure(store.range(query.place + query.prefix, options)));
    bool jumped = false;
    for (store::KeyValue& item : range.items) {
      if (page.count() == query.count_max) {
        page.truncated = true;
        return page;
      }
      options.start_at.clear();
      options.start_after = item.key;
      item.key.erase(0, query.place.size());
      if (auto common = rolled_up(query, item.key)) {
        options.start_after.clear();
        options.start_at = after_all_of(query.place + *common);
        page.last = *common;
        page.common_prefixes.push_back(*std::move(common));
        jumped = true;
        break;
      }
      page.last = item.key;
      page.items.push_back(std::move(item));
    }
    if (!jumped && !range.more) return page;
  }
}

aws::Outcome<std::size_t> page_size(const std::optional<std::int32_t>& asked, const char* name) {
  if (!asked) return kPageMax;
  if (*asked < 0)
    return errors::invalid_argument("Argument must be an integer between 0 and 2147483647", name,
                                    std::to_string(*asked));
  return std::min(static_cast<std::size_t>(*asked), kPageMax);
}

std::string NameEncoding::operator()(std::string_view name) const {
  return url ? percent_encode(name, true) : std::string(name);
}

aws::Outcome<NameEncoding> encoding_of(const std::optional<std::string>& encoding_type) {
  if (encoding_type && *encoding_type != "url")
    return errors::invalid_argument("Invalid Encoding Method specified in Request", "encoding-type",
                                    *encoding_type);
  return NameEncoding{encoding_type.has_value()};
}

}  // namespace meridian::services::s3

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

// Names behind one, or from one on.
struct Start {
  std::string after, at;
};

// Behind `after`, and behind all that is rolled up into it.
Start start_of(const ListQuery& query) {
  if (!query.after.empty() && rolled_up(query, query.after) == query.after)
    return {{}, after_all_of(query.after)};
  return {query.after, {}};
}

// Keys become names.
aws::Outcome<store::Range> read_place(store::Store& store, const ListQuery& query, const std::string& place,
                                      const Start& start) {
  store::RangeOptions options;
  options.limit = query.count_max + 1;
  options.revision = query.revision;
  if (!start.after.empty()) options.start_after = place + start.after;
  if (!start.at.empty()) options.start_at = place + start.at;
  store::Range range = TRY(aws::or_failure(store.range(place + query.prefix, options)));
  for (store::KeyValue& item : range.items) item.key.erase(0, place.size());
  return range;
}

// Of one place as it lies there; of several as far as all of them were read.
aws::Outcome<store::Range> read_names(store::Store& store, const ListQuery& query, const Start& start) {
  store::Range all = TRY(read_place(store, query, query.place, start));
  if (query.other_places.empty()) return all;
  std::optional<std::string> read_to;
  const auto note_end = [&read_to](const store::Range& range) {
    if (range.more && (!read_to || range.items.back().key < *read_to)) read_to = range.items.back().key;
  };
  note_end(all);
  for (const std::string& place : query.other_places) {
    store::Range more = TRY(read_place(store, query, place, start));
    note_end(more);
    std::ranges::move(more.items, std::back_inserter(all.items));
  }
  std::ranges::sort(all.items, {}, &store::KeyValue::key);
  all.more = read_to.has_value();
  if (read_to)
    all.items.erase(std::ranges::upper_bound(all.items, *read_to, {}, &store::KeyValue::key),
                    all.items.end());
  return all;
}

}  // namespace

aws::Outcome<ListPage> list_page(store::Store& store, const ListQuery& query) {
  ListPage page;
  if (query.count_max == 0) return page;
  Start start = start_of(query);
  for (;;) {
    store::Range range = TRY(read_names(store, query, start));
    bool jumped = false;
    for (store::KeyValue& item : range.items) {
      if (page.count() == query.count_max) {
        page.truncated = true;
        return page;
      }
      start = {item.key, {}};
      if (auto common = rolled_up(query, item.key)) {
        start = {{}, after_all_of(*common)};
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

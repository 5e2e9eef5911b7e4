// One page of names in order, with those that share a delimiter after the prefix rolled up into one. Behind a
// null byte of a name stands what tells apart the things of that name: uploads, versions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aws/error.h"
#include "store/store.h"

namespace meridian::services::s3 {

inline constexpr std::size_t kPageMax = 1000;

struct ListQuery {
  // Prefix of all keys in the store; a name follows it.
  std::string place;
  std::string prefix, delimiter;
  // Names up to this one, and the roll-up of this name, come no more.
  std::string after;
  std::size_t count_max = kPageMax;
  // More of them, whose names go between those of `place`: all are read as of one revision.
  std::vector<std::string> other_places = {};
  store::Revision revision = 0;  // 0: as they are now; needed for several places
};

struct ListPage {
  std::vector<store::KeyValue> items;  // keys are names
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string last;  // of items and common prefixes: where the next page goes on
  std::size_t count() const { return items.size() + common_prefixes.size(); }
};

aws::Outcome<ListPage> list_page(store::Store& store, const ListQuery& query);

// What a caller may ask for: 1000 at most; the failure: less than nothing.
aws::Outcome<std::size_t> page_size(const std::optional<std::int32_t>& asked, const char* name);

// As encoding-type=url wants names to be.
struct NameEncoding {
  bool url = false;
  std::string operator()(std::string_view name) const;
};
aws::Outcome<NameEncoding> encoding_of(const std::optional<std::string>& encoding_type);

}  // namespace meridian::services::s3

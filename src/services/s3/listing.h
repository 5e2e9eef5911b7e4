// One page of names in order, with those that share a delimiter after the prefix rolled up into one.
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
  std::string place;  // prefix of all keys in the store; a name follows it
  std::string prefix, delimiter;
  // Names up to this one, and the roll-up of this name, come no more.
  std::string after;
  std::size_t count_max = kPageMax;
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

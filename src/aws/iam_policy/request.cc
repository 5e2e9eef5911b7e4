#include "aws/iam_policy/request.h"

#include <algorithm>

#include "base/bytes.h"

namespace meridian::aws::iam_policy {

void Context::set(std::string_view key, std::string value) {
  values_[to_lower(key)] = {std::move(value)};
}

void Context::add(std::string_view key, std::string value) {
  values_[to_lower(key)].push_back(std::move(value));
}

const std::vector<std::string>* Context::find(std::string_view lower_key) const {
  const auto found = values_.find(lower_key);
  return found == values_.end() ? nullptr : &found->second;
}

}  // namespace meridian::aws::iam_policy

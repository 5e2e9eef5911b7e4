#include "aws/iam_policy/request.h"

#include <algorithm>

namespace meridian::aws::iam_policy {
namespace {

std::string lower(std::string_view key) {
  std::string out(key);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

}  // namespace

void Context::set(std::string_view key, std::string value) {
  values_[lower(key)] = {std::move(value)};
}

void Context::add(std::string_view key, std::string value) {
  values_[lower(key)].push_back(std::move(value));
}

const std::vector<std::string>* Context::find(std::string_view lower_key) const {
  const auto found = values_.find(lower_key);
  return found == values_.end() ? nullptr : &found->second;
}

}  // namespace meridian::aws::iam_policy

// Header fields: found without case, kept in order.
#include "aws/http.h"

namespace meridian::aws {

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  return true;
}

const std::string* Headers::find(std::string_view name) const {
  for (const Field& field : fields_)
    if (equal_ignoring_case(field.first, name)) return &field.second;
  return nullptr;
}

std::string_view Headers::get(std::string_view name) const {
  const std::string* value = find(name);
  return value ? std::string_view(*value) : std::string_view();
}

void Headers::set(std::string_view name, std::string value) {
  std::erase_if(fields_, [&](const Field& field) { return equal_ignoring_case(field.first, name); });
  add(std::string(name), std::move(value));
}

}  // namespace meridian::aws

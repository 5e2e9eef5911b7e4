// Header fields as every rule reads and writes them: views in, a FieldList out.
// Rule: names compare without regard to case; a list never holds views into memory that it does not either
// own or was promised (add) to outlive it.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "formats/http1/message.h"

namespace meridian::engines::cdn::rules {

using Field = http1::Field;
using Fields = std::span<const Field>;

inline bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && http1::equal_ignoring_case(a, b);
}
bool starts_with_name(std::string_view name, std::string_view prefix);

inline const Field* find(Fields fields, std::string_view name) {
  for (const Field& field : fields)
    if (same_name(field.name, name)) return &field;
  return nullptr;
}
inline bool has(Fields fields, std::string_view name) {
  return find(fields, name) != nullptr;
}
inline std::string_view value_of(Fields fields, std::string_view name) {
  const Field* field = find(fields, name);
  return field ? field->value : std::string_view();
}

inline std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// Where the first of `stops` stands outside of quoted strings (RFC 9110 §5.6.4), or the end.
std::size_t find_unquoted(std::string_view text, char stop);

// Calls `each` with every member of a comma-separated list that is not empty (RFC 9110 §5.6.1.2).
template <typename Each>
void for_each_member(std::string_view list, Each each) {
  while (!list.empty()) {
    const std::size_t comma = find_unquoted(list, ',');
    const std::string_view member = trim(list.substr(0, comma));
    if (!member.empty()) each(member);
    if (comma >= list.size()) return;
    list.remove_prefix(comma + 1);
  }
}
// Of all lines of that name: they mean what one line with their members would (RFC 9110 §5.3).
template <typename Each>
void for_each_member(Fields fields, std::string_view name, Each each) {
  for (const Field& field : fields)
    if (same_name(field.name, name)) for_each_member(field.value, each);
}

class FieldList {
 public:
  FieldList() = default;
  FieldList(const FieldList&) = delete;  // its views would stay with the original
  FieldList& operator=(const FieldList&) = delete;
  FieldList(FieldList&&) noexcept = default;
  FieldList& operator=(FieldList&&) noexcept = default;

  // The bytes must outlive the list.
  void add(std::string_view name, std::string_view value) { fields_.push_back({name, value}); }
  void add_copy(std::string_view name, std::string_view value) { add(keep(name), keep(value)); }
  // In the place of the first of that name, if there is one.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  template <typename Condition>
  void remove_if(Condition condition) {
    std::erase_if(fields_, condition);
  }
  // A copy of the bytes that lives as long as the list is not cleared.
  std::string_view keep(std::string_view bytes);
  // Room for `size` bytes that are to be written by the caller.
  char* room(std::size_t size);

  Fields fields() const { return fields_; }
  operator Fields() const { return fields_; }
  // Keeps what it has allocated: a list is meant to serve one request after the other.
  void clear();

 private:
  static constexpr std::size_t kBlockBytes = 1008;  // what malloc keeps at hand for each thread

  std::vector<Field> fields_;
  std::vector<std::unique_ptr<char[]>> blocks_;  // the first of kBlockBytes stays
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace meridian::engines::cdn::rules

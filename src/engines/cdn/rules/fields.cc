// Lists of header fields: members of values, and the list that is written.
#include "engines/cdn/rules/fields.h"

#include <algorithm>
#include <cstring>

namespace meridian::engines::cdn::rules {

bool starts_with_name(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() && http1::equal_ignoring_case(name.substr(0, prefix.size()), prefix);
}

std::size_t find_unquoted(std::string_view text, char stop) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        quoted = false;
      }
    } else if (c == stop) {
      return i;
    } else if (c == '"') {
      quoted = true;
    }
  }
  return text.size();
}

void FieldList::set(std::string_view name, std::string_view value) {
  const auto found =
      std::ranges::find_if(fields_, [&](const Field& field) { return same_name(field.name, name); });
  if (found == fields_.end()) {
    add(name, value);
    return;
  }
  *found = {name, value};
  fields_.erase(std::remove_if(found + 1, fields_.end(),
                               [&](const Field& field) { return same_name(field.name, name); }),
                fields_.end());
}

void FieldList::remove(std::string_view name) {
  remove_if([&](const Field& field) { return same_name(field.name, name); });
}

char* FieldList::room(std::size_t size) {
  if (size > left_) {
    const std::size_t block = std::max(size, kBlockBytes);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block));
    next_ = blocks_.back().get();
    left_ = block;
  }
  char* at = next_;
  next_ += size;
  left_ -= size;
  return at;
}

std::string_view FieldList::keep(std::string_view bytes) {
  if (bytes.empty()) return {};
  char* at = room(bytes.size());
  std::memcpy(at, bytes.data(), bytes.size());
  return {at, bytes.size()};
}

void FieldList::clear() {
  fields_.clear();
  if (blocks_.empty()) return;
  // A first block may be greater than kBlockBytes; its first kBlockBytes are used again.
  blocks_.resize(1);
  next_ = blocks_.front().get();
  left_ = kBlockBytes;
}

}  // namespace meridian::engines::cdn::rules

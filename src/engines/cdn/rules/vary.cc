// Names of Vary.
#include "engines/cdn/rules/vary.h"

#include "engines/cdn/rules/selection.h"

namespace meridian::engines::cdn::rules {

std::string_view select_vary(Fields response, const snapshots::cdn::Behavior& behavior, std::string& buffer) {
  buffer.clear();
  std::size_t lines = 0, left_out = 0;
  std::string_view whole;
  for (const Field& field : response) {
    if (!same_name(field.name, "vary")) continue;
    ++lines;
    whole = field.value;
    for_each_member(field.value, [&](std::string_view name) {
      const bool passes = name == "*" || same_name(name, "accept-encoding") || same_name(name, "cookie") ||
                          selects_header(behavior.key.headers, name) ||
                          selects_header(behavior.forward.headers, name);
      if (!passes) {
        ++left_out;
        return;
      }
      if (!buffer.empty()) buffer += ", ";
      buffer += name;
    });
  }
  return lines == 1 && left_out == 0 ? whole : std::string_view(buffer);
}

void add_to_vary(std::string_view name, FieldList& response) {
  std::string_view last;
  bool there = false;
  for (const Field& field : response.fields()) {
    if (!same_name(field.name, "vary")) continue;
    last = field.value;
    for_each_member(field.value,
                    [&](std::string_view member) { there |= member == "*" || same_name(member, name); });
  }
  if (there) return;
  if (trim(last).empty()) {
    response.set("Vary", name);
    return;
  }
  response.add("Vary", name);
}

}  // namespace meridian::engines::cdn::rules

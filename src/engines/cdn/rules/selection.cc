// Selections of a request's parts.
#include "engines/cdn/rules/selection.h"

#include <algorithm>

#include "engines/cdn/rules/wildcard.h"

namespace meridian::engines::cdn::rules {
namespace {

template <typename Same>
bool selects(const Selection& selection, std::string_view name, Same same) {
  switch (selection.kind) {
    case Selection::Kind::None:
      return false;
    case Selection::Kind::All:
      return true;
    case Selection::Kind::Only:
      break;
    case Selection::Kind::AllExcept:
      break;
  }
  const bool named =
      std::ranges::any_of(selection.names, [&](const std::string& listed) { return same(listed, name); });
  return named == (selection.kind == Selection::Kind::Only);
}

bool nothing_of(const Selection& selection) {
  return selection.kind == Selection::Kind::None;
}
bool all_of(const Selection& selection) {
  return selection.kind == Selection::Kind::All;
}

}  // namespace

bool selects_header(const Selection& selection, std::string_view name) {
  return selects(selection, name, same_name);
}
bool selects_query_string(const Selection& selection, std::string_view name) {
  return selects(selection, name, [](std::string_view listed, std::string_view n) { return listed == n; });
}
bool selects_cookie(const Selection& selection, std::string_view name) {
  return selects(selection, name, matches_wildcard);
}

std::string_view select_query(std::string_view query, const Selection& one, const Selection& other,
                              std::string& buffer) {
  if (query.empty() || (nothing_of(one) && nothing_of(other))) return {};
  if (all_of(one) || all_of(other)) return query;
  buffer.clear();
  for_each_query_string(query, [&](std::string_view name, std::string_view part) {
    if (!selects_query_string(one, name) && !selects_query_string(other, name)) return;
    if (!buffer.empty()) buffer += '&';
    buffer += part;
  });
  return buffer;
}

std::string_view select_cookies(Fields fields, const Selection& one, const Selection& other,
                                std::string& buffer) {
  if (nothing_of(one) && nothing_of(other)) return {};
  const Field* first = find(fields, "cookie");
  if (!first) return {};
  if (all_of(one) || all_of(other)) {
    const auto is_cookie = [](const Field& field) { return same_name(field.name, "cookie"); };
    // HTTP/2 viewers send a line for each cookie (RFC 9113 §8.2.3).
    if (std::ranges::count_if(fields, is_cookie) == 1) return first->value;
  }
  buffer.clear();
  for_each_cookie(fields, [&](std::string_view name, std::string_view cookie) {
    if (!selects_cookie(one, name) && !selects_cookie(other, name)) return;
    if (!buffer.empty()) buffer += "; ";
    buffer += cookie;
  });
  return buffer;
}

}  // namespace meridian::engines::cdn::rules

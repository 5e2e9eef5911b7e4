// Which headers, cookies and query strings a rule is about (snapshots/cdn: Selection), and the parts of a
// request that two rules together leave.
#pragma once

#include <string>
#include <string_view>

#include "engines/cdn/rules/fields.h"
#include "snapshots/cdn/behavior.h"

namespace meridian::engines::cdn::rules {

using snapshots::cdn::Selection;

bool selects_header(const Selection& selection, std::string_view name);  // in any case
bool selects_query_string(const Selection& selection, std::string_view name);
bool selects_cookie(const Selection& selection, std::string_view name);  // names may hold `*` and `?`

// Calls `each(name, whole)` for each part of a query string, in its order: "a", "a=1".
template <typename Each>
void for_each_query_string(std::string_view query, Each each) {
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    if (!part.empty()) each(part.substr(0, part.find('=')), part);
  }
}

// Likewise for each cookie of all Cookie lines (RFC 6265 §4.2.1).
template <typename Each>
void for_each_cookie(Fields fields, Each each) {
  for (const Field& field : fields) {
    if (!same_name(field.name, "cookie")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view cookie = trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (!cookie.empty()) each(trim(cookie.substr(0, cookie.find('='))), cookie);
    }
  }
}

// What of a query either of two selections names. The query itself when that is all of it, else `buffer`.
std::string_view select_query(std::string_view query, const Selection& one, const Selection& other,
                              std::string& buffer);

// What of the cookies either names, as one Cookie line has it; "" for none. Of a single line that stays whole
// the line itself, else `buffer`.
std::string_view select_cookies(Fields fields, const Selection& one, const Selection& other,
                                std::string& buffer);

}  // namespace meridian::engines::cdn::rules

// Conditions, in the order in which they count.
#include "engines/cdn/rules/conditional.h"

namespace meridian::engines::cdn::rules {
namespace {

bool is_quoted(std::string_view tag) {
  return tag.size() >= 2 && tag.front() == '"' && tag.back() == '"';
}

std::string_view opaque(std::string_view tag) {
  return tag.starts_with("W/") && is_quoted(tag.substr(2)) ? tag.substr(2) : tag;
}

template <typename Same>
bool any_tag(Fields request, std::string_view name, std::string_view etag, Same same) {
  bool found = false;
  for_each_member(request, name, [&](std::string_view tag) { found |= tag == "*" || same(tag, etag); });
  return found;
}

// Dates that are none make their field one that was not sent (RFC 9110 §13.1.3, §13.1.4).
std::optional<Time> date_of(Fields request, std::string_view name, Time now) {
  const Field* field = find(request, name);
  return field ? parse_http_date(field->value, now) : std::nullopt;
}

}  // namespace

bool same_etag_weakly(std::string_view a, std::string_view b) {
  return !a.empty() && opaque(a) == opaque(b);
}
bool same_etag_strongly(std::string_view a, std::string_view b) {
  return is_quoted(a) && a == b;
}

bool has_conditions(Fields request) {
  for (const Field& field : request) {
    if (field.name.size() < 5) continue;
    const char first = field.name.front();
    if ((first == 'i' || first == 'I') && starts_with_name(field.name, "if-")) return true;
    if ((first == 'r' || first == 'R') && same_name(field.name, "range")) return true;
  }
  return false;
}

ConditionResult evaluate_conditions(std::string_view method, Fields request, const Validators& stored) {
  const std::optional<Time> modified = parse_http_date(stored.last_modified, stored.received);
  if (has(request, "if-match")) {
    if (!any_tag(request, "if-match", stored.etag, same_etag_strongly))
      return ConditionResult::PreconditionFailed;
  } else if (const auto since = date_of(request, "if-unmodified-since", stored.received); since && modified) {
    if (*modified > *since) return ConditionResult::PreconditionFailed;
  }
  const bool reads = method == "GET" || method == "HEAD";
  if (has(request, "if-none-match")) {
    if (!any_tag(request, "if-none-match", stored.etag, same_etag_weakly)) return ConditionResult::Proceed;
    return reads ? ConditionResult::NotModified : ConditionResult::PreconditionFailed;
  }
  if (!reads) return ConditionResult::Proceed;
  const auto since = date_of(request, "if-modified-since", stored.received);
  if (since && modified.value_or(stored.received) <= *since) return ConditionResult::NotModified;
  return ConditionResult::Proceed;
}

bool holds_if_range(Fields request, const Validators& stored) {
  const Field* field = find(request, "if-range");
  if (!field) return true;
  if (is_quoted(opaque(field->value))) return same_etag_strongly(field->value, stored.etag);
  const auto asked = parse_http_date(field->value, stored.received);
  return asked && asked == parse_http_date(stored.last_modified, stored.received);
}

bool belongs_to_not_modified(std::string_view name) {
  return !starts_with_name(name, "content-") || same_name(name, "content-location") ||
         same_name(name, "content-security-policy");
}

}  // namespace meridian::engines::cdn::rules

// Error pages.
#include "engines/cdn/rules/error_page.h"

#include <fmt/format.h>

#include <algorithm>

namespace meridian::engines::cdn::rules {
namespace {

const snapshots::cdn::ErrorPage* find_entry(const snapshots::cdn::Distribution& distribution, int status) {
  const auto found =
      std::ranges::find_if(distribution.error_pages,
                           [&](const snapshots::cdn::ErrorPage& page) { return page.error_code == status; });
  return found == distribution.error_pages.end() ? nullptr : &*found;
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
}

}  // namespace

const snapshots::cdn::ErrorPage* find_error_page(const snapshots::cdn::Distribution& distribution, int status,
                                                 std::optional<Refusal> refusal) {
  if (refusal == Refusal::Overloaded) return nullptr;
  const snapshots::cdn::ErrorPage* entry = find_entry(distribution, status);
  return entry && !entry->page_path.empty() ? entry : nullptr;
}

int shown_status(const snapshots::cdn::ErrorPage& page) {
  return page.response_code != 0 ? page.response_code : page.error_code;
}

Seconds error_minimum(const snapshots::cdn::Distribution& distribution, int status) {
  const snapshots::cdn::ErrorPage* entry = find_entry(distribution, status);
  return entry ? entry->caching_minimum : kErrorTtl;
}

std::string error_body(int status, std::string_view sentence, std::string_view request_id) {
  std::string body = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{0} "
      "{1}</title></head>\n<body>\n"
      "<h1>{0} {1}</h1>\n<h2>The request could not be satisfied</h2>\n<p>",
      status, http1::reason_phrase(status));
  append_escaped(body, sentence);
  body += "</p>\n<hr>\n<p>Served by Meridian, as CloudFront would. Request ID: <code>";
  append_escaped(body, request_id);
  body += "</code></p>\n</body>\n</html>\n";
  return body;
}

}  // namespace meridian::engines::cdn::rules

// How heads for viewers are written in HTTP/1.1. Rule: what an origin or a policy puts into a header must not
// end the line.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>

#include "formats/http1/message.h"

namespace meridian::engines::cdn {

inline bool has_no_body(int status) {
  return status < 200 || status == 204 || status == 304;
}

inline void append_status_line(std::string& out, int status) {
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", status, http1::reason_phrase(status));
}

inline void append_content_length(std::string& out, std::uint64_t length) {
  fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", length);
}

// One of ours.
inline void append_own_field(std::string& out, const http1::Field& field) {
  out += field.name;
  out += ": ";
  out += field.value;
  out += "\r\n";
}

inline void append_field(std::string& out, const http1::Field& field) {
  const std::size_t at = out.size() + field.name.size() + 2;
  append_own_field(out, field);
  for (char& c : std::span(out).subspan(at, field.value.size()))
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) c = ' ';
}

// RFC 9113 §8.2.2: HTTP/2 has no such fields.
inline bool is_of_http1(const http1::Field& field) {
  return http1::equal_ignoring_case(field.name, "connection") ||
         http1::equal_ignoring_case(field.name, "upgrade");
}

}  // namespace meridian::engines::cdn

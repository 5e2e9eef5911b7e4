// HTTP messages as codecs, signatures and the front door exchange them.
// Rule: path and query stay as they came over the wire, because a signature covers those bytes; whoever needs
// their meaning decodes them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meridian::aws {

// Header fields in the order they came; names compare without case (ASCII).
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  // The first field of that name, or null.
  const std::string* find(std::string_view name) const;
  // The value of the first field of that name, or "".
  std::string_view get(std::string_view name) const;
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);  // replaces all fields of that name

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }
  bool operator==(const Headers&) const = default;

 private:
  std::vector<Field> fields_;
};

struct HttpRequest {
  std::string method;
  std::string path;   // percent-encoded, begins with '/'
  std::string query;  // without '?'
  Headers headers;
  std::string body;
};

struct HttpResponse {
  int status = 200;
  Headers headers;  // without Content-Length and Date, which the server writes
  std::string body;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace meridian::aws

// HTTP messages as the server and the client of this room exchange them with their users.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/http1/message.h"
#include "net/address.h"

namespace meridian::http {

struct Header {
  std::string name, value;
};

// A whole request. The head's views point into bytes that the request owns and that never move.
struct Request {
  http1::RequestHead head;
  std::string body;
  net::Address peer, local;
  std::string server_name;  // TLS SNI
  bool tls = false;

  const http1::Field* field(std::string_view name) const { return http1::find_field(head.fields, name); }
  std::unique_ptr<char[]> head_bytes;
};

struct Response {
  int status = 200;
  std::vector<Header> headers;  // without Content-Length, Connection and Date, which the server writes
  std::string body;
};

inline const Header* find_header(const std::vector<Header>& headers, std::string_view name) {
  for (const Header& header : headers)
    if (http1::equal_ignoring_case(header.name, name)) return &header;
  return nullptr;
}

}  // namespace meridian::http

// HTTP messages as the server and the client of this room exchange them with their users.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/piece.h"
#include "base/result.h"
#include "formats/http1/message.h"
#include "net/address.h"

namespace meridian::http {

struct Header {
  std::string name, value;
};

// A request's body that arrives while the request is being handled. Only what is asked for is taken from the
// network, so that a slow reader slows the client down. May be used on any thread, one read at a time.
class IncomingBody {
 public:
  struct Piece {
    SharedBytes bytes;  // may be kept
    bool last = false;  // the body ends here
  };
  using OnPiece = std::function<void(Result<Piece>)>;

  virtual ~IncomingBody() = default;
  // What has arrived, at least a byte unless it is the last piece. `on_piece` is called on the loop's thread;
  // with a failure when the body ended early or took too long; not at all when the server is gone.
  virtual void read(OnPiece on_piece) = 0;
};

// A response's body that is read while it is being sent.
class OutgoingBody {
 public:
  using OnPiece = std::function<void(Result<Piece>)>;

  virtual ~OutgoingBody() = default;
  // Called on the loop's thread, one read at a time, whenever there is room; must not block. `on_piece` may
  // be called on any thread, also before this returns. A failure or an empty piece ends the connection, so
  // that what was sent cannot look whole.
  virtual void read(OnPiece on_piece) = 0;
};

// A whole request, or its head and a stream. The head's views point into bytes that the request owns and that
// never move.
struct Request {
  http1::RequestHead head;
  std::string body;
  std::shared_ptr<IncomingBody> stream;  // in place of `body`, when Handler::takes_stream() said so
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
  std::shared_ptr<OutgoingBody> stream = nullptr;  // in place of `body`
  std::optional<std::uint64_t> length =
      std::nullopt;        // of the stream, or of what GET would answer to this HEAD
  Piece begun = {};        // of the stream: what is there already; all of it when there is no stream
  std::string lines = {};  // further headers, made by append_header() (http/header_lines.h)
};

inline const Header* find_header(const std::vector<Header>& headers, std::string_view name) {
  for (const Header& header : headers)
    if (http1::equal_ignoring_case(header.name, name)) return &header;
  return nullptr;
}

}  // namespace meridian::http

// What a transport (HTTP/1.1, HTTP/2) and the engine are to each other: one exchange is a request and its
// response, both streamed. Transports know nothing of caching, the engine nothing of framing.
// Rule: everything of one connection happens on its loop's thread. finish() and abort() end the exchange,
// which may be destroyed inside them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/piece.h"
#include "engines/cdn/body.h"
#include "engines/cdn/prepared_head.h"
#include "engines/cdn/rules/cloudfront_headers.h"
#include "formats/http1/message.h"
#include "net/loop.h"

namespace meridian::engines::cdn {

using rules::HttpVersion;
std::string_view to_string(HttpVersion version);  // "HTTP/1.1"

struct ViewerConnection {
  net::Address peer, local;
  bool tls = false;
  std::string server_name;                   // SNI
  std::string_view tls_version, tls_cipher;  // "TLSv1.3", "TLS_AES_128_GCM_SHA256"; "" without TLS
  rules::TlsSession tls_session = rules::TlsSession::FullHandshake;  // of the request that is under way
  std::string client_name{};  // of the certificate that the client proved to have
};

// The views live as long as the exchange.
struct ViewerRequest {
  std::string_view method, host, target, path, query;
  bool has_query = false;
  HttpVersion version = HttpVersion::Http11;
  std::span<const http1::Field> fields;
  bool has_body = false;
  std::optional<std::uint64_t> body_length;
  bool wants_upgrade = false;    // Connection: upgrade
  std::uint64_t head_bytes = 0;  // as received
  // When it came, as the connection read the clock; {}: it did not.
  MonotonicTime came{};
  SystemTime came_at{};
};

// Content-Length, Transfer-Encoding, Connection and what else frames are the transport's to write.
struct ReplyHead {
  int status = 200;
  // What comes before `fields`, with `length`; then those are X-Amz-Cf-Id and Age. Null: nothing.
  const PreparedHead* prepared = nullptr;
  std::span<const http1::Field> fields = {};
  bool has_body = false;
  std::optional<std::uint64_t> length = std::nullopt;  // of the body, or of what GET would have said to HEAD
  bool close = false;                                  // no further request on this connection
};

// The transport's side.
class ViewerStream {
 public:
  virtual ~ViewerStream() = default;
  virtual const ViewerConnection& connection() const = 0;
  virtual net::Loop& loop() = 0;
  virtual void reply(const ReplyHead& head) = 0;
  // The same, and all of the body behind it; finish() is to be next.
  virtual void reply_whole(const ReplyHead& head, const Body::Bytes& body) {
    reply(head);
    send(body.piece());
  }
  virtual void send(Piece piece) = 0;      // of the body
  virtual std::size_t unsent() const = 0;  // see Exchange::on_room
  // Behind the body, before finish(). Where a transport cannot send them, they are left out (RFC 9110
  // §6.5.1).
  virtual void send_trailers(std::span<const std::pair<std::string, std::string>> /*fields*/) {}
  virtual void finish() = 0;
  virtual void abort() = 0;                      // what was sent must not look whole
  virtual void read_body() = 0;                  // one more piece of the request's body
  virtual std::uint64_t sent_bytes() const = 0;  // of this exchange, with its head
  // What is written here goes out at the end of the loop's turn, and nothing of this connection waits behind
  // it: so it may be answered then.
  virtual bool writes_at_turn_end() const { return false; }
};

// The engine's side. Destroyed when the exchange is over, or the viewer left.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual void on_body(std::string_view piece, bool last) = 0;  // after read_body()
  virtual void on_room() = 0;                                   // unsent() fell to zero
};

// Who answers. Thread by thread: each worker has its own.
class ViewerHandler {
 public:
  virtual ~ViewerHandler() = default;
  // May answer inside.
  virtual std::unique_ptr<Exchange> begin(const ViewerRequest& request, ViewerStream& stream) = 0;
  // Of a request that is refused before it is one; in HTML.
  virtual std::string refusal_page(int status, std::string_view reason) = 0;
  // Of what one connection had said, all was begun.
  virtual void end_turn() {}
};

// CF:RequestAndResponseBehaviorCustomOrigin: "Maximum length of a request and of a URL".
inline constexpr std::size_t kRequestHeadBytesMax = 20'480;
inline constexpr std::size_t kUrlBytesMax = 8'192;

}  // namespace meridian::engines::cdn

// HTTP/1.1 to origins over pooled connections, and HTTP/2 for what needs it: one call is one request and its
// response, both streamed. Of one loop's thread. Rule: a request is sent a second time only when nobody can
// have acted on the first: it was never sent; or it is safe and the connection, kept from before, closed
// without a byte of an answer (RFC 9112 §9.3.1); or the origin says so of its stream (RFC 9113 §8.7).
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "formats/http1/message.h"
#include "net/loop.h"
#include "net/tls.h"
#include "upstream/names.h"

namespace meridian::upstream {

inline constexpr std::size_t kConnectionsMax = 16'384;  // of one client, idle or not
inline constexpr std::size_t kIdlePerPeerMax = 256;
inline constexpr std::size_t kStreamsPerConnectionMax = 100;  // of HTTP/2; a peer may allow fewer
inline constexpr unsigned kSendsMax = 3;                      // of a request whose stream is refused
inline constexpr std::size_t kRepeatedBodyMax = 64 * 1024;    // what it may have sent of its body, then
inline constexpr unsigned kInterimHeadsMax = 16;              // 1xx, before the head of a response
// After 101, instead of CallTimes::read (CF: WebSocket connections may be idle for ten minutes).
inline constexpr Duration kTunnelIdleMax = std::chrono::minutes(10);
inline constexpr http1::Limits kResponseHeadLimits{
    .line_bytes_max = 20'480, .head_bytes_max = 32'768, .fields_max = 256};

// What the connections of one pool have in common.
struct Peer {
  std::string host;  // an address, or a name that is looked up
  std::uint16_t port = 80;
  bool tls = false;
  std::string server_name;  // SNI, and who the certificate must be for
  net::TlsVersion oldest = net::TlsVersion::Tls12;

  auto operator<=>(const Peer&) const = default;
};

struct CallTimes {
  unsigned attempts = 3;  // to connect
  Duration connect = std::chrono::seconds(10);
  Duration read = std::chrono::seconds(30);  // until the next bytes of the response
  Duration keep_alive = std::chrono::seconds(5);
};

// A request's head for HTTP/2 (RFC 9113 §8.3.1); names in lower case.
struct Http2Head {
  std::string authority, path;
  std::vector<std::pair<std::string, std::string>> fields;
};

struct CallRequest {
  Peer peer;
  std::string method;
  std::string head;                  // of HTTP/1.1, as on the wire, with its empty line
  std::optional<Http2Head> http2{};  // in its place: the call is a stream of HTTP/2
  enum class Body : std::uint8_t { None, Length, Chunked } body = Body::None;
  CallTimes times;
};

enum class Failure : std::uint8_t {
  Name,          // the host has no address
  Connect,       // refused, or no way there
  ConnectTime,   // nobody answered in any attempt
  Tls,           // no handshake, or a certificate that does not prove the peer
  Write,         // the connection broke while the request was sent
  ReadTime,      // no bytes for CallTimes::read
  Closed,        // before the whole head of a response came
  HeadTooLarge,  //
  Malformed,     // what came is no HTTP response
  BodyCut,       // the body ended before its length or its last chunk
  Limit,         // kConnectionsMax
};
std::string_view to_string(Failure failure);

struct CallFailure {
  Failure kind = Failure::Connect;
  std::string why;
  bool head_came = false;
};

// What a call tells. It may be destroyed inside any of these; nothing follows on_end() and on_failure(), and
// none is called from inside start().
class Reply {
 public:
  virtual ~Reply() = default;
  // Not of interim responses but 101, after which both sides send bytes as they are. The views are good for
  // the call only.
  virtual void on_head(const http1::ResponseHead& head, http1::BodyEnd body) = 0;
  virtual void on_data(std::string_view piece) = 0;
  virtual void on_trailers(std::span<const http1::Field> /*fields*/) {}  // of HTTP/2 alone
  virtual void on_end() = 0;
  virtual void on_failure(const CallFailure& failure) = 0;
  virtual void on_connected(bool /*reused*/) {}  // the request's head is on its way: a body may follow
  virtual void on_room() {}                      // what was sent of the body is with the kernel
};

class Call {
 public:
  virtual ~Call() = default;                 // gives up
  virtual void send(std::string piece) = 0;  // of the request's body, after on_connected()
  virtual void finish_sending() = 0;
  virtual std::size_t unsent() const = 0;
  virtual void pause() = 0;  // asks for no more of the response; a little may still come
  virtual void resume() = 0;
};

// Whom origins' certificates have to be signed by.
struct TlsTrust {
  struct Contexts {
    std::shared_ptr<net::TlsClientContext> tls12, tls13;  // both without a name of their own
  };
  Contexts http1, http2;
  static Result<TlsTrust> of(const std::string& ca_pem);
};

struct DialParts;

class OriginClient {
 public:
  OriginClient(net::Loop& loop, Names& names, TlsTrust trust, Metrics& metrics);
  ~OriginClient();

  [[nodiscard]] std::unique_ptr<Call> start(CallRequest request, Reply& reply);

  // Of connections from now on.
  void set_trust(TlsTrust trust) { trust_ = std::move(trust); }

  std::size_t connections() const { return connections_; }
  std::size_t idle() const;

 private:
  friend class OriginCall;
  friend class OriginConnection;
  friend class Http2Call;
  friend class Http2Connection;

  std::unique_ptr<class OriginConnection> take_idle(const Peer& peer);
  void put_idle(std::unique_ptr<class OriginConnection> connection, Duration keep_alive);
  void drop_idle(const class OriginConnection& connection);
  void bury(std::unique_ptr<class OriginConnection> connection);
  class Http2Connection* find_http2(const Peer& peer);  // null: none has room
  class Http2Connection& keep_http2(std::unique_ptr<class Http2Connection> connection);
  void drop_http2(class Http2Connection& connection);
  void bury_soon();
  DialParts dial_parts(const TlsTrust::Contexts& trust);
  void sweep();

  net::Loop& loop_;
  Names& names_;
  TlsTrust trust_;
  Counter &opened_, &reused_, &failed_, &repeated_;
  std::vector<Counter*> floods_;  // by http2::Flood
  std::size_t connections_ = 0;
  std::map<Peer, std::list<std::unique_ptr<class OriginConnection>>> idle_;  // the newest last
  std::vector<std::unique_ptr<class OriginConnection>> graves_;
  std::map<Peer, std::list<std::unique_ptr<class Http2Connection>>> http2_;
  std::vector<std::unique_ptr<class Http2Connection>> http2_graves_;
  std::unique_ptr<net::Timer> sweep_timer_, burial_;
};

}  // namespace meridian::upstream

// How a machine becomes an edge: the token that an operator carries to it, and the one exchange that turns
// the token into a certificate. Rule: a token is worth nothing but one enrolment; whom to trust is in it, so
// nothing else need be believed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/loop.h"
#include "snapshots/feed/frame.h"

namespace meridian::snapshots::feed {

// What the control's certificate is for, wherever it listens: edges dial addresses, which may change.
inline constexpr const char* kControlServerName = "control.meridian.internal";
inline constexpr std::size_t kFeedAddressSizeMax = 255 + 6;  // HOST:PORT

struct EdgeToken {
  std::string id;                // 16 random bytes
  SystemTime expires{};          // to the second
  std::string authority_sha256;  // 64 hexadecimal digits, of the certificate that signs the control's
  std::string feed_address;      // HOST:PORT
  std::string name;              // what the edge will be called
};

// The part that the control seals with its own key (HMAC-SHA-256), and the text of both.
std::string sealed_part(const EdgeToken& token);
std::string write_token(const EdgeToken& token, std::string_view seal);

struct ReadToken {
  EdgeToken token;
  std::string sealed_part, seal;
};
// Says nothing of the seal: only the control can judge it.
Result<ReadToken> read_token(std::string_view text);

// Asks for a certificate over a connection whose server is already known to be the token's control.
class EnrolClient final : private net::TcpHandler {
 public:
  // `done` is called once, and may destroy this object.
  EnrolClient(std::unique_ptr<net::TcpConnection> connection, const Enrol& enrol,
              std::function<void(Result<Certificate>)> done);

 private:
  void on_data(net::TcpConnection& connection, Bytes data) override;
  void on_closed(net::TcpConnection& connection, const Error* why) override;
  void finish(Result<Certificate> result);

  std::unique_ptr<net::TcpConnection> connection_;
  FrameReader reader_;
  std::function<void(Result<Certificate>)> done_;
};

}  // namespace meridian::snapshots::feed

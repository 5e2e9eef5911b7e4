#include "apps/edge/dial.h"

#include <netdb.h>

#include "net/socket.h"
#include "snapshots/feed/timing.h"

namespace meridian::apps {
namespace {

// An attempt that failed before it began.
class FailedConnect final : public net::TcpConnect {
 public:
  FailedConnect(net::Loop& loop, Error error, net::Loop::OnConnected done)
      : timer_(loop.after(Duration::zero(), [error = std::move(error), done = std::move(done)] {
          done(std::unexpected(error));
        })) {}

 private:
  std::unique_ptr<net::Timer> timer_;
};

}  // namespace

Result<net::Address> look_up(const std::string& host_and_port) {
  if (auto address = net::Address::parse(host_and_port)) return address;
  const std::size_t colon = host_and_port.rfind(':');
  if (colon == std::string::npos) return invalid("'" + host_and_port + "' is not HOST:PORT");
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(host_and_port.substr(0, colon).c_str(),
                                 host_and_port.substr(colon + 1).c_str(), &hints, &found);
  if (status != 0 || !found)
    return fail(ErrorCode::Unavailable, host_and_port + ": " + gai_strerror(status), ErrorSource::Peer);
  sockaddr_storage storage{};
  std::memcpy(&storage, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return net::from_socket_address(storage);
}

std::unique_ptr<net::TcpConnect> dial(net::Loop& loop, const std::string& host_and_port,
                                      Result<std::shared_ptr<net::TlsClientContext>> tls,
                                      net::Loop::OnConnected done) {
  if (!tls) return std::make_unique<FailedConnect>(loop, tls.error(), std::move(done));
  const auto address = look_up(host_and_port);
  if (!address) return std::make_unique<FailedConnect>(loop, address.error(), std::move(done));
  return loop.connect_tcp(*address, snapshots::feed::kConnectTime, *std::move(tls), std::move(done));
}

}  // namespace meridian::apps

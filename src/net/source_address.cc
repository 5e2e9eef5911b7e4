#include "net/source_address.h"

#include "net/socket.h"

namespace meridian::net {

std::optional<IpAddress> source_address(const IpAddress& peer) {
  const FileDescriptor socket(::socket(peer.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  SocketAddress to = to_socket_address({peer, 9});
  if (socket.get() < 0 || ::connect(socket.get(), to.get(), to.size) != 0) return std::nullopt;
  return local_address(socket.get()).ip;
}

}  // namespace meridian::net

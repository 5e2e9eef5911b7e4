// Descriptors and socket addresses.
#include "net/socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace meridian::net {
namespace {

Result<void> set_option(int descriptor, int level, int name, int value, std::string_view what) {
  if (setsockopt(descriptor, level, name, &value, sizeof value) == 0) return {};
  return std::unexpected(system_error(what, errno));
}

// What an operator does about a bind() that failed; whoever reads it has just installed this.
std::string what_to_do(int error_number, const Address& address) {
  switch (error_number) {
    case EACCES:
      return "; ports below 1024 need a right: start as root with --user NAME, or under systemd with "
             "AmbientCapabilities=CAP_NET_BIND_SERVICE, or after `setcap cap_net_bind_service=+ep` on the "
             "program";
    case EADDRINUSE:
      return fmt::format("; `ss -lntup 'sport = :{}'` shows which program has it", address.port);
    case EADDRNOTAVAIL:
      return "; no interface here has that address (`ip address` lists them; net.ipv4.ip_nonlocal_bind=1 "
             "allows "
             "one that comes later)";
    default:
      return "";
  }
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (value_ >= 0) ::close(value_);
}

SocketAddress to_socket_address(const Address& address) {
  SocketAddress result;
  if (address.ip.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(result.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, address.ip.bytes().data(), 4);
    result.size = sizeof v4;
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(result.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    std::memcpy(&v6.sin6_addr, address.ip.bytes().data(), 16);
    result.size = sizeof v6;
  }
  return result;
}

Address local_address(int descriptor) {
  SocketAddress address;
  address.size = sizeof address.storage;
  if (getsockname(descriptor, address.get(), &address.size) != 0) return {};
  return from_socket_address(address.storage);
}

Error system_error(std::string_view what, int error_number) {
  return Error{ErrorCode::Unavailable, fmt::format("{}: {}", what, std::strerror(error_number)),
               ErrorSource::Peer, true};
}

Result<FileDescriptor> open_bound(const Address& address, int type, const ListenOptions& options) {
  const int family = address.ip.is_v4() ? AF_INET : AF_INET6;
  FileDescriptor socket(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) {
    Error error = system_error(fmt::format("socket for {}", address.to_string()), errno);
    if (errno == EAFNOSUPPORT) error.message += "; this system has no IPv6, leave the address out";
    return std::unexpected(std::move(error));
  }
  // For UDP, SO_REUSEADDR would let a second process share the port by accident.
  if (type == SOCK_STREAM) TRY(set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"));
  if (options.reuse_port) TRY(set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT"));
  if (family == AF_INET6) TRY(set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY"));
  if (options.receive_buffer_bytes > 0)
    TRY(set_option(socket.get(), SOL_SOCKET, SO_RCVBUF, options.receive_buffer_bytes, "SO_RCVBUF"));
  if (options.send_buffer_bytes > 0)
    TRY(set_option(socket.get(), SOL_SOCKET, SO_SNDBUF, options.send_buffer_bytes, "SO_SNDBUF"));
  if (options.incoming_cpu >= 0)
    TRY(set_option(socket.get(), SOL_SOCKET, SO_INCOMING_CPU, options.incoming_cpu, "SO_INCOMING_CPU"));
  SocketAddress bound = to_socket_address(address);
  if (::bind(socket.get(), bound.get(), bound.size) != 0) {
    const int why = errno;
    Error error = system_error(fmt::format("bind {}", address.to_string()), why);
    error.message += what_to_do(why, address);
    return std::unexpected(std::move(error));
  }
  return socket;
}

}  // namespace meridian::net

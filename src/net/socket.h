// Descriptors and socket addresses: the few system calls that TCP and UDP share. Internal to net/.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <utility>

#include "base/result.h"
#include "net/loop.h"

namespace meridian::net {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int value) : value_(value) {}
  FileDescriptor(FileDescriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~FileDescriptor();
  int get() const { return value_; }

 private:
  int value_ = -1;
};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress to_socket_address(const Address& address);
inline Address from_socket_address(const sockaddr_storage& storage) {
  Address address;
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    address.ip = IpAddress::v4(bytes);
    address.port = ntohs(v4.sin_port);
  } else if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    address.ip = IpAddress::v6(bytes);
    address.port = ntohs(v6.sin6_port);
  }
  return address;
}
Address local_address(int descriptor);

Error system_error(std::string_view what, int error_number);

// A non-blocking socket of `type`, bound to `address` with the options set; IPv6 sockets never serve IPv4.
Result<FileDescriptor> open_bound(const Address& address, int type, const ListenOptions& options);

}  // namespace meridian::net

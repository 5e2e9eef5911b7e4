#include "net/unix_stream.h"

#include <poll.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace meridian::net {
namespace {

bool wait_for(int descriptor, short event, Duration time) {
  pollfd ready{descriptor, event, 0};
  return poll(&ready, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(time).count())) == 1;
}

}  // namespace

Result<std::unique_ptr<UnixStream>> UnixStream::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return invalid(path + ": too long for the path of a socket");
  std::memcpy(address.sun_path, path.data(), path.size());
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return std::unexpected(system_error("socket", errno));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return std::unexpected(system_error(path, errno));
  return std::make_unique<UnixStream>(std::move(socket));
}

Result<std::size_t> UnixStream::send(std::string_view bytes) {
  const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return 0;
  return std::unexpected(system_error("send", errno));
}

Result<std::string> UnixStream::receive() {
  char bytes[kReceiveMax];
  const ssize_t size = ::recv(socket_.get(), bytes, sizeof bytes, 0);
  if (size > 0) return std::string(bytes, static_cast<std::size_t>(size));
  if (size == 0) return fail(ErrorCode::Unavailable, "the peer closed the connection", ErrorSource::Peer);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return std::string();
  return std::unexpected(system_error("receive", errno));
}

bool UnixStream::wait_writable(Duration time) {
  return wait_for(socket_.get(), POLLOUT, time);
}
bool UnixStream::wait_readable(Duration time) {
  return wait_for(socket_.get(), POLLIN, time);
}

}  // namespace meridian::net

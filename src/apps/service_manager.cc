#include "apps/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace meridian::apps {
namespace {

std::optional<std::int64_t> positive(const char* text) {
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const char* end = text + std::strlen(text);
  auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc() || stop != end || value <= 0) return std::nullopt;
  return value;
}

}  // namespace

ServiceManager::Environment ServiceManager::environment() {
  return {std::getenv("NOTIFY_SOCKET"), std::getenv("WATCHDOG_USEC"), std::getenv("WATCHDOG_PID")};
}

ServiceManager::ServiceManager(const Environment& environment) {
  const std::string_view path = environment.notify_socket ? environment.notify_socket : "";
  if ((!path.starts_with('/') && !path.starts_with('@')) || path.size() < 2 ||
      path.size() >= sizeof(sockaddr_un::sun_path))
    return;
  address_ = path;
  if (address_[0] == '@') address_[0] = '\0';
  socket_ = net::FileDescriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // A variable inherited from another service's environment is not for us.
  const auto pid = positive(environment.watchdog_pid);
  const auto timeout = positive(environment.watchdog_usec);
  if (timeout && (!environment.watchdog_pid || pid == getpid()))
    watchdog_timeout_ = std::chrono::microseconds(*timeout);
}

void ServiceManager::status(std::string_view text) {
  if (text == status_) return;
  status_ = text;
  send("STATUS=" + status_);
}

void ServiceManager::send(std::string_view message) {
  if (socket_.get() < 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  (void)::sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL,
                 reinterpret_cast<sockaddr*>(&to), size);
}

}  // namespace meridian::apps

// A stream to a local server on a unix socket, for a thread without a loop: nothing waits but wait_*().
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "net/socket.h"

namespace meridian::net {

class UnixStream {
 public:
  static constexpr std::size_t kReceiveMax = 4096;

  static Result<std::unique_ptr<UnixStream>> connect(const std::string& path);
  explicit UnixStream(FileDescriptor socket) : socket_(std::move(socket)) {}

  Result<std::size_t> send(std::string_view bytes);  // how much was taken; 0: nothing fits now
  Result<std::string> receive();                     // what is there; an error when the peer has closed
  bool wait_writable(Duration time);
  bool wait_readable(Duration time);

 private:
  FileDescriptor socket_;
};

}  // namespace meridian::net

// Mapped memory to sockets without a copy: its pages go into a pipe and from there to the socket, up to 256
// of them in one go. sendfile finds each page of a file in memory anew, and 16 at a time. Rule: between two
// sends the pipe is empty, so that no peer ever gets what was meant for another.
#pragma once

#include <cstddef>
#include <string_view>

#include "net/socket.h"

namespace meridian::net {

// One a thread, for all its connections: a pipe for each would soon be more than the system allows a user.
class MemoryPipe {
 public:
  static constexpr std::size_t kBytes = 1024 * 1024;

  static MemoryPipe& of_this_thread();
  MemoryPipe();

  // No: the system has none, or forbids it.
  bool usable() const { return from_.get() >= 0; }
  // As send(2), but the kernel refers to the bytes until the peer has them; `more` follow at once. With EINTR
  // it may have become unusable.
  ssize_t send(int socket, std::string_view bytes, bool more);

 private:
  void open();
  bool drop(std::size_t size);

  FileDescriptor from_, into_, nowhere_;
};

}  // namespace meridian::net

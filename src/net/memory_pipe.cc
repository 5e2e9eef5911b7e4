#include "net/memory_pipe.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

namespace meridian::net {
namespace {

ssize_t refer_to(int pipe, std::string_view bytes) {
  const iovec memory{const_cast<char*>(bytes.data()), bytes.size()};
  return ::vmsplice(pipe, &memory, 1, SPLICE_F_NONBLOCK);
}

}  // namespace

MemoryPipe& MemoryPipe::of_this_thread() {
  thread_local MemoryPipe pipe;
  return pipe;
}

MemoryPipe::MemoryPipe() : nowhere_(::open("/dev/null", O_WRONLY | O_CLOEXEC)) {
  open();
  if (!usable()) return;
  static constexpr std::string_view kProbe = "x";
  if (refer_to(into_.get(), kProbe) != 1 || !drop(1)) from_ = {};
}

void MemoryPipe::open() {
  from_ = {};
  into_ = {};
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return;
  from_ = FileDescriptor(ends[0]);
  into_ = FileDescriptor(ends[1]);
  if (::fcntl(into_.get(), F_SETPIPE_SZ, kBytes) < 0) from_ = {};
}

bool MemoryPipe::drop(std::size_t size) {
  while (size > 0) {
    const ssize_t dropped = ::splice(from_.get(), nullptr, nowhere_.get(), nullptr, size, SPLICE_F_NONBLOCK);
    if (dropped <= 0) return false;
    size -= static_cast<std::size_t>(dropped);
  }
  return true;
}

ssize_t MemoryPipe::send(int socket, std::string_view bytes, bool more) {
  const ssize_t held = refer_to(into_.get(), bytes);
  if (held <= 0) {
    from_ = {};
    errno = EINTR;
    return -1;
  }
  more = more || static_cast<std::size_t>(held) < bytes.size();
  const ssize_t sent = ::splice(from_.get(), nullptr, socket, nullptr, static_cast<std::size_t>(held),
                                SPLICE_F_NONBLOCK | (more ? SPLICE_F_MORE : 0));
  const int error = errno;
  const std::size_t left = static_cast<std::size_t>(held - (sent > 0 ? sent : 0));
  // What the socket did not take now it is given again, from where it lies.
  if (left > 0 && !drop(left)) open();
  errno = error;
  return sent;
}

}  // namespace meridian::net

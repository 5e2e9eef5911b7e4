#include "engines/dns/query_log/pipe.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

namespace meridian::engines::dns::query_log {

// A pipe that polls as writable takes PIPE_BUF bytes without waiting; a file takes anything.
Pipe::Pipe(int descriptor) : descriptor_(descriptor), piece_max_(PIPE_BUF) {
  struct stat status;
  if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) piece_max_ = SSIZE_MAX;
}

Result<std::size_t> Pipe::write(std::string_view records, std::size_t taken, MonotonicTime) {
  while (taken < records.size() && wait({})) {
    const ssize_t wrote =
        ::write(descriptor_, records.data() + taken, std::min(records.size() - taken, piece_max_));
    if (wrote >= 0)
      taken += static_cast<std::size_t>(wrote);
    else if (errno == EAGAIN)
      break;
    else if (errno != EINTR)
      return fail(ErrorCode::Unavailable, fmt::format("query log: {}", std::strerror(errno)));
  }
  return taken;
}

bool Pipe::wait(Duration time) {
  pollfd ready{descriptor_, POLLOUT, 0};
  return poll(&ready, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(time).count())) == 1;
}

}  // namespace meridian::engines::dns::query_log

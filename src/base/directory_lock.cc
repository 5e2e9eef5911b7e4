#include "base/directory_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace meridian {
namespace {

std::unexpected<Error> os_failure(const std::string& what, const std::string& path) {
  return fail(ErrorCode::Unavailable, what + " " + path + ": " + std::strerror(errno), ErrorSource::Storage);
}

Result<void> make_private(const std::string& directory) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return os_failure("create", directory);
  struct stat status;
  if (stat(directory.c_str(), &status) != 0) return os_failure("open", directory);
  if ((status.st_mode & 0077) != 0 && chmod(directory.c_str(), 0700) != 0)
    return os_failure("close to others", directory);
  return {};
}

}  // namespace

Result<DirectoryLock> DirectoryLock::take(const std::string& directory) {
  TRY(make_private(directory));
  std::string path = directory + "/meridian.lock";
  DirectoryLock lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.descriptor_ < 0) return os_failure("open", path);
  if (flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    char owner[32] = {};
    if (errno != EWOULDBLOCK || read(lock.descriptor_, owner, sizeof owner - 1) < 0)
      return os_failure("lock", path);
    return fail(ErrorCode::Unavailable, fmt::format("{} is in use by process {}", directory, owner),
                ErrorSource::Storage);
  }
  std::string pid = std::to_string(getpid());
  if (ftruncate(lock.descriptor_, 0) != 0 || pwrite(lock.descriptor_, pid.data(), pid.size(), 0) < 0)
    return os_failure("write", path);
  return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace meridian

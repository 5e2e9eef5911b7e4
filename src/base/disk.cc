#include "base/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace meridian {
namespace {

std::unexpected<Error> os_failure(const std::string& what, const std::string& path) {
  ErrorCode code = errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Unavailable;
  return fail(code, what + " " + path + ": " + std::strerror(errno), ErrorSource::Storage);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<void> write_all(int fd, Bytes bytes, const std::string& path) {
  while (!bytes.empty()) {
    ssize_t wrote = write(fd, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return os_failure("write", path);
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<std::string> read_at(int fd, std::uint64_t offset, std::size_t size, const std::string& path) {
  std::string out(size, '\0');
  std::size_t filled = 0;
  while (filled < out.size()) {
    ssize_t got = pread(fd, out.data() + filled, out.size() - filled, static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_failure("read", path);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  out.resize(filled);
  return out;
}

Result<void> sync_directory_of(const std::string& path) {
  std::string directory = std::filesystem::path(path).parent_path();
  Descriptor fd(open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || fsync(fd.get()) != 0) return os_failure("sync", directory);
  return {};
}

class RealAppendFile final : public AppendFile {
 public:
  RealAppendFile(Descriptor fd, std::string path, std::uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}
  Result<void> append(Bytes bytes) override {
    TRY(write_all(fd_.get(), bytes, path_));
    size_ += bytes.size();
    return {};
  }
  Result<void> sync() override {
    if (fdatasync(fd_.get()) != 0) return os_failure("sync", path_);
    return {};
  }
  std::uint64_t size() const override { return size_; }

 private:
  Descriptor fd_;
  std::string path_;
  std::uint64_t size_;
};

class RealReadFile final : public ReadFile {
 public:
  RealReadFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Result<std::string> read_at(std::uint64_t offset, std::size_t size) override {
    std::string out(size, '\0');
    std::size_t filled = 0;
    while (filled < size) {
      const ssize_t got =
          pread(fd_.get(), out.data() + filled, size - filled, static_cast<off_t>(offset + filled));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return os_failure("read", path_);
      if (got == 0) return fail(ErrorCode::Corrupt, path_ + " is shorter than it was", ErrorSource::Storage);
      filled += static_cast<std::size_t>(got);
    }
    return out;
  }

 private:
  Descriptor fd_;
  std::string path_;
};

}  // namespace

Result<std::unique_ptr<ReadFile>> RealDisk::open(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return os_failure("open", path);
  return std::make_unique<RealReadFile>(std::move(fd), path);
}

Result<std::string> RealDisk::read(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status;
  if (fd.get() < 0 || fstat(fd.get(), &status) != 0) return os_failure("open", path);
  return read_at(fd.get(), 0, static_cast<std::size_t>(status.st_size), path);
}

Result<std::string> RealDisk::read_part(const std::string& path, std::uint64_t offset, std::size_t size) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return os_failure("open", path);
  return read_at(fd.get(), offset, size, path);
}

Result<std::unique_ptr<AppendFile>> RealDisk::append_to(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  struct stat status;
  if (fd.get() < 0 || fstat(fd.get(), &status) != 0) return os_failure("open", path);
  TRY(sync_directory_of(path));
  return std::make_unique<RealAppendFile>(std::move(fd), path, static_cast<std::uint64_t>(status.st_size));
}

Result<FileVersion> RealDisk::version(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return os_failure("find", path);
  return FileVersion{status.st_ino, static_cast<std::uint64_t>(status.st_size),
                     status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

Result<void> RealDisk::replace(const std::string& path, Bytes bytes) {
  std::string temporary = path + ".new";
  {
    Descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (fd.get() < 0) return os_failure("create", temporary);
    TRY(write_all(fd.get(), bytes, temporary));
    if (fsync(fd.get()) != 0) return os_failure("sync", temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return os_failure("rename", path);
  return sync_directory_of(path);
}

Result<void> RealDisk::truncate(const std::string& path, std::uint64_t size) {
  if (::truncate(path.c_str(), static_cast<off_t>(size)) != 0) return os_failure("truncate", path);
  return {};
}

Result<void> RealDisk::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return os_failure("rename", from);
  return {};
}

Result<void> RealDisk::remove(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return os_failure("remove", path);
  return {};
}

Result<void> RealDisk::make_directories(const std::string& path) {
  std::string prefix;
  for (const auto& part : std::filesystem::path(path)) {
    prefix = prefix.empty() ? part.string() : (std::filesystem::path(prefix) / part).string();
    if (prefix.empty() || prefix == "/") continue;
    if (mkdir(prefix.c_str(), 0700) == 0) continue;
    struct stat status;
    if (errno == EEXIST && stat(prefix.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) continue;
    return os_failure("create directory", prefix);
  }
  return {};
}

Result<std::vector<std::string>> RealDisk::list(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error))
    names.push_back(it->path().filename());
  if (error) return fail(ErrorCode::NotFound, directory + ": " + error.message(), ErrorSource::Storage);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace meridian

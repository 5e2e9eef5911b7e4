#include "base/direct_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace meridian {
namespace {

constexpr std::size_t kBlockBytes = 4096;  // multiples of any disk's own
constexpr std::size_t kWrittenAtOnce = 1024 * 1024;

std::unexpected<Error> failure(const char* what, const std::string& path) {
  return fail(ErrorCode::Unavailable, std::string(what) + " " + path + ": " + std::strerror(errno),
              ErrorSource::Storage);
}

struct Free {
  void operator()(std::uint8_t* memory) const { std::free(memory); }
};

class DirectFile final : public AppendFile {
 public:
  DirectFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~DirectFile() override { close(descriptor_); }

  Result<void> append(Bytes bytes) override {
    if (!room_) room_.reset(static_cast<std::uint8_t*>(std::aligned_alloc(kBlockBytes, kWrittenAtOnce)));
    while (!bytes.empty()) {
      const std::size_t part = std::min(bytes.size(), kWrittenAtOnce - held_);
      std::copy_n(bytes.data(), part, room_.get() + held_);
      held_ += part;
      bytes = bytes.subspan(part);
      if (held_ == kWrittenAtOnce) TRY(write_out(kWrittenAtOnce));
    }
    return {};
  }

  Result<void> sync() override {
    const std::uint64_t whole = size();
    if (held_ > 0) {
      const std::size_t filled = (held_ + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
      std::fill_n(room_.get() + held_, filled - held_, 0);
      TRY(write_out(filled));
      if (ftruncate(descriptor_, static_cast<off_t>(whole)) != 0) return failure("cut", path_);
      written_ = whole;
    }
    room_.reset();
    if (fdatasync(descriptor_) != 0) return failure("sync", path_);
    return {};
  }

  std::uint64_t size() const override { return written_ + held_; }

 private:
  Result<void> write_out(std::size_t size) {
    for (std::size_t done = 0; done < size;) {
      const ssize_t wrote =
          pwrite(descriptor_, room_.get() + done, size - done, static_cast<off_t>(written_ + done));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return failure("write", path_);
      // What is not a whole block was not taken: a full disk.
      const auto blocks = static_cast<std::size_t>(wrote) / kBlockBytes * kBlockBytes;
      if (blocks == 0) {
        errno = ENOSPC;
        return failure("write", path_);
      }
      done += blocks;
    }
    written_ += size;
    held_ = 0;
    return {};
  }

  const int descriptor_;
  const std::string path_;
  std::unique_ptr<std::uint8_t, Free> room_;
  std::size_t held_ = 0;  // in room_
  std::uint64_t written_ = 0;
};

}  // namespace

Result<std::unique_ptr<AppendFile>> write_once(Disk& disk, const std::string& path) {
  auto file = TRY(disk.append_to(path));  // makes it, and its name durable
  const int descriptor = file->size() == 0 ? ::open(path.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC) : -1;
  if (descriptor >= 0) return std::make_unique<DirectFile>(descriptor, path);
  return file;
}

}  // namespace meridian

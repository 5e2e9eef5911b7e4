// Files reach our own formats through Disk, passed from main, so that tests can tear writes and fail syncs.
// (The embedded store hands the same faults to RocksDB through its own environment.)
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace meridian {

class AppendFile {
 public:
  virtual ~AppendFile() = default;
  virtual Result<void> append(Bytes bytes) = 0;
  virtual Result<void> sync() = 0;  // returns when what was appended survives a power cut
  virtual std::uint64_t size() const = 0;
};

class ReadFile {
 public:
  virtual ~ReadFile() = default;
  // `size` bytes from `offset`; Corrupt when the file is shorter.
  virtual Result<std::string> read_at(std::uint64_t offset, std::size_t size) = 0;
};

// Tells whether a file is still the one it was: who writes one changes it.
struct FileVersion {
  std::uint64_t file = 0, size = 0;  // `file` tells a replaced one, even of the same size and time
  std::int64_t modified_ns = 0;
  bool operator==(const FileVersion&) const = default;
};

class Disk {
 public:
  virtual ~Disk() = default;
  virtual Result<std::string> read(const std::string& path) = 0;  // NotFound when there is no such file
  // At most `size` bytes; fewer where the file ends.
  virtual Result<std::string> read_part(const std::string& path, std::uint64_t offset, std::size_t size) = 0;
  // For reading in parts; a file that is removed meanwhile stays readable.
  virtual Result<std::unique_ptr<ReadFile>> open(const std::string& path) = 0;  // NotFound, the same
  virtual Result<FileVersion> version(const std::string& path) = 0;             // NotFound, the same
  virtual Result<std::unique_ptr<AppendFile>> append_to(
      const std::string& path) = 0;  // creates it, mode 0600
  // All or nothing, durable: a temporary file beside it, fsync, rename, fsync of the directory.
  virtual Result<void> replace(const std::string& path, Bytes bytes) = 0;
  virtual Result<void> truncate(const std::string& path, std::uint64_t size) = 0;
  virtual Result<void> rename(const std::string& from,
                              const std::string& to) = 0;              // replaces `to`; not synced
  virtual Result<void> remove(const std::string& path) = 0;            // no error when absent
  virtual Result<void> make_directories(const std::string& path) = 0;  // mode 0700
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;  // names, sorted
};

class RealDisk final : public Disk {
 public:
  Result<std::string> read(const std::string& path) override;
  Result<std::string> read_part(const std::string& path, std::uint64_t offset, std::size_t size) override;
  Result<std::unique_ptr<ReadFile>> open(const std::string& path) override;
  Result<FileVersion> version(const std::string& path) override;
  Result<std::unique_ptr<AppendFile>> append_to(const std::string& path) override;
  Result<void> replace(const std::string& path, Bytes bytes) override;
  Result<void> truncate(const std::string& path, std::uint64_t size) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> make_directories(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
};

}  // namespace meridian

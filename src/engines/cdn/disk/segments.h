// Files of records, written one after another. Rule: a file is written by one process, once; after a restart
// a new one is begun. Who writes and removes is one thread at a time; read() is of any.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/disk.h"
#include "engines/cdn/disk/index.h"
#include "engines/cdn/disk/record.h"

namespace meridian::engines::cdn::disk {

class Segments {
 public:
  static constexpr std::size_t kOpenFilesMax = 256;

  struct Entry {
    Key key;
    Index::Place place;
  };

  Segments(Disk& disk, std::string directory, std::uint64_t segment_bytes)
      : disk_(disk), directory_(std::move(directory)), segment_bytes_(segment_bytes) {}

  // What is there from before, the oldest first: calls `each` with every record that has a head.
  Result<void> open(const std::function<void(const Entry&)>& each);

  bool fits(std::uint64_t size) const { return file_ && file_->size() + size <= segment_bytes_; }
  // Begins the next file, after the footer of this one.
  Result<void> begin();
  Result<Index::Place> append(const Key& key, std::string_view record);
  Result<std::string> read(const Index::Place& place);

  std::uint64_t bytes() const { return bytes_; }
  std::size_t count() const { return segments_.size(); }
  std::uint32_t oldest() const { return segments_.begin()->first; }
  Result<std::vector<Entry>> entries(std::uint32_t segment);
  Result<void> remove(std::uint32_t segment);

 private:
  std::string path(std::uint32_t segment) const;
  Result<std::vector<Entry>> read_footer(std::uint32_t segment, std::uint64_t size);
  Result<std::vector<Entry>> scan(std::uint32_t segment, std::uint64_t size);
  Result<std::shared_ptr<ReadFile>> reader(std::uint32_t segment);
  Result<void> end();

  Disk& disk_;
  const std::string directory_;
  const std::uint64_t segment_bytes_;
  std::map<std::uint32_t, std::uint64_t> segments_;  // and their sizes
  std::uint64_t bytes_ = 0;
  std::uint32_t last_ = 0;
  std::unique_ptr<AppendFile> file_;  // of last_
  std::vector<Entry> written_;        // to it
  std::mutex readers_mutex_;
  std::map<std::uint32_t, std::shared_ptr<ReadFile>> readers_;
  std::deque<std::uint32_t> opened_;  // the longest open first
};

}  // namespace meridian::engines::cdn::disk

// A Disk in memory for tests, whose directories are but prefixes. Rule: as on a real one, who has a file open
// keeps writing to it under its new name after a rename, and a full disk takes a part of what is appended.
#pragma once

#include <map>

#include "base/disk.h"

namespace meridian {

class FakeDisk final : public Disk {
 public:
  using Contents = std::map<std::string, std::string>;

  bool full = false;

  bool has(const std::string& path) const { return files_.contains(path); }
  std::size_t file_count() const { return files_.size(); }
  // Made empty when there is none.
  std::string& file(const std::string& path) {
    auto& bytes = files_[path];
    if (!bytes) bytes = std::make_shared<std::string>();
    return *bytes;
  }
  Contents contents() const {
    Contents out;
    for (const auto& [path, bytes] : files_) out[path] = *bytes;
    return out;
  }
  void set_contents(const Contents& contents) {
    files_.clear();
    for (const auto& [path, bytes] : contents) file(path) = bytes;
  }

  Result<std::string> read(const std::string& path) override {
    if (!has(path)) return fail(ErrorCode::NotFound, "no " + path);
    return file(path);
  }
  Result<std::string> read_part(const std::string& path, std::uint64_t offset, std::size_t size) override {
    const std::string bytes = TRY(read(path));
    return offset < bytes.size() ? bytes.substr(offset, size) : std::string();
  }
  Result<std::unique_ptr<ReadFile>> open(const std::string& path) override {
    if (!has(path)) return fail(ErrorCode::NotFound, "no " + path);
    return std::make_unique<Reading>(files_[path]);
  }
  Result<FileVersion> version(const std::string& path) override {
    const std::string bytes = TRY(read(path));
    return FileVersion{std::hash<std::string>{}(bytes), bytes.size(), 0};
  }
  Result<std::unique_ptr<AppendFile>> append_to(const std::string& path) override {
    if (full && !has(path)) return no_space();
    file(path);
    return std::make_unique<File>(*this, files_[path]);
  }
  Result<void> replace(const std::string& path, Bytes bytes) override {
    if (full) return no_space();
    files_[path] = std::make_shared<std::string>(as_text(bytes));
    return {};
  }
  Result<void> truncate(const std::string& path, std::uint64_t size) override {
    file(path).resize(size);
    return {};
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    auto moved = files_.extract(from);
    if (moved.empty()) return fail(ErrorCode::NotFound, "no " + from);
    files_[to] = std::move(moved.mapped());
    return {};
  }
  Result<void> remove(const std::string& path) override {
    files_.erase(path);
    return {};
  }
  Result<void> make_directories(const std::string&) override { return {}; }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    const std::string prefix = directory + "/";
    std::vector<std::string> names;
    for (const auto& [path, bytes] : files_)
      if (path.starts_with(prefix)) names.push_back(path.substr(prefix.size()));
    return names;
  }

 private:
  class File final : public AppendFile {
   public:
    File(const FakeDisk& disk, std::shared_ptr<std::string> bytes)
        : disk_(disk), bytes_(std::move(bytes)), size_(bytes_->size()) {}
    Result<void> append(Bytes bytes) override {
      *bytes_ += as_text(disk_.full ? bytes.first(bytes.size() / 2) : bytes);
      if (disk_.full) return no_space();
      size_ += bytes.size();
      return {};
    }
    Result<void> sync() override { return {}; }
    std::uint64_t size() const override { return size_; }

   private:
    const FakeDisk& disk_;
    std::shared_ptr<std::string> bytes_;
    std::uint64_t size_;
  };
  class Reading final : public ReadFile {
   public:
    explicit Reading(std::shared_ptr<std::string> bytes) : bytes_(std::move(bytes)) {}
    Result<std::string> read_at(std::uint64_t offset, std::size_t size) override {
      if (offset + size > bytes_->size()) return fail(ErrorCode::Corrupt, "the file is shorter");
      return bytes_->substr(offset, size);
    }

   private:
    std::shared_ptr<std::string> bytes_;
  };
  static std::unexpected<Error> no_space() { return fail(ErrorCode::Unavailable, "no space left"); }

  std::map<std::string, std::shared_ptr<std::string>> files_;
};

}  // namespace meridian

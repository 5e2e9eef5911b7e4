#include "store/embedded/faulty_disk.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>

namespace meridian::store {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
namespace fs = std::filesystem;

class FaultyDisk::System final : public rocksdb::FileSystemWrapper {
 public:
  explicit System(std::string attic)
      : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()), attic_(std::move(attic)) {}
  const char* Name() const override { return "FaultyDisk"; }

  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* out, IODebugContext* debug) override;
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* out, IODebugContext* debug) override;
  IOStatus DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) override;
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override;

  void fail(Operation operation, std::string suffix, std::size_t passed, Kind kind);
  bool has_failed() const;
  void freeze();
  void lose_power(Random& random);
  std::map<std::string, File> files() const;

  // What an operation must answer; `ok` when it may go on.
  IOStatus attempt(Operation operation, const std::string& path);
  IOStatus alive() const;
  void appended(const std::string& path, std::size_t bytes);
  void synced(const std::string& path);
  void directory_synced();

 private:
  class OpenFile;
  class OpenDirectory;
  struct Fault {
    Operation operation;
    std::string suffix;
    std::size_t passed;
    Kind kind;
  };
  std::string keep_in_attic(const std::string& path);

  const std::string attic_;
  mutable std::mutex mutex_;
  std::map<std::string, File> files_;
  // How to take back each change of names since the directory was synced, oldest first. There is one
  // directory.
  std::vector<std::function<void()>> undo_names_;
  std::optional<Fault> fault_;
  bool has_failed_ = false, frozen_ = false;
  int kept_ = 0;
};

class FaultyDisk::System::OpenFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  OpenFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, System& disk, std::string path)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), path_(std::move(path)) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, IODebugContext* debug) override {
    IOStatus status = disk_.attempt(Operation::Append, path_);
    if (!status.ok()) {
      rocksdb::Slice half(data.data(), data.size() / 2);
      if (disk_.alive().ok() && target()->Append(half, options, debug).ok())
        disk_.appended(path_, half.size());
      return status;
    }
    status = target()->Append(data, options, debug);
    if (status.ok()) disk_.appended(path_, data.size());
    return status;
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    IOStatus status = disk_.attempt(Operation::Sync, path_);
    if (status.ok()) disk_.synced(path_);
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override { return Sync(options, debug); }
  // Room ahead of the data would only make many small files slow to remove.
  void PrepareWrite(std::size_t, std::size_t, const IOOptions&, IODebugContext*) override {}
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  System& disk_;
  const std::string path_;
};

class FaultyDisk::System::OpenDirectory final : public rocksdb::FSDirectory {
 public:
  explicit OpenDirectory(System& disk) : disk_(disk) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    IOStatus status = disk_.alive();
    if (status.ok()) disk_.directory_synced();
    return status;
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  System& disk_;
};

IOStatus FaultyDisk::System::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                             std::unique_ptr<rocksdb::FSWritableFile>* out,
                                             IODebugContext* debug) {
  if (IOStatus status = alive(); !status.ok()) return status;
  std::unique_ptr<rocksdb::FSWritableFile> file;
  IOStatus status = target()->NewWritableFile(path, options, &file, debug);
  if (!status.ok()) return status;
  *out = std::make_unique<OpenFile>(std::move(file), *this, path);
  std::lock_guard lock(mutex_);
  files_[path] = {};
  undo_names_.push_back([path] { fs::remove(path); });
  return status;
}

IOStatus FaultyDisk::System::NewDirectory(const std::string&, const IOOptions&,
                                          std::unique_ptr<rocksdb::FSDirectory>* out, IODebugContext*) {
  *out = std::make_unique<OpenDirectory>(*this);
  return IOStatus::OK();
}

IOStatus FaultyDisk::System::DeleteFile(const std::string& path, const IOOptions& options,
                                        IODebugContext* debug) {
  if (IOStatus status = alive(); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  std::string kept = keep_in_attic(path);
  IOStatus status = target()->DeleteFile(path, options, debug);
  if (status.ok()) undo_names_.push_back([path, kept] { fs::rename(kept, path); });
  return status;
}

IOStatus FaultyDisk::System::RenameFile(const std::string& from, const std::string& to,
                                        const IOOptions& options, IODebugContext* debug) {
  if (IOStatus status = alive(); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  std::string kept = fs::exists(to) ? keep_in_attic(to) : "";
  IOStatus status = target()->RenameFile(from, to, options, debug);
  if (!status.ok()) return status;
  if (auto moved = files_.extract(from)) {
    moved.key() = to;
    files_.erase(to);
    files_.insert(std::move(moved));
  }
  undo_names_.push_back([from, to, kept] {
    fs::rename(to, from);
    if (!kept.empty()) fs::rename(kept, to);
  });
  return status;
}

std::string FaultyDisk::System::keep_in_attic(const std::string& path) {
  std::string kept = attic_ + "/" + std::to_string(++kept_);
  std::error_code ignored;  // what is not there need not be kept
  fs::create_hard_link(path, kept, ignored);
  return kept;
}

void FaultyDisk::System::fail(Operation operation, std::string suffix, std::size_t passed, Kind kind) {
  std::lock_guard lock(mutex_);
  fault_ = Fault{operation, std::move(suffix), passed, kind};
  has_failed_ = false;
}

bool FaultyDisk::System::has_failed() const {
  std::lock_guard lock(mutex_);
  return has_failed_;
}

void FaultyDisk::System::freeze() {
  std::lock_guard lock(mutex_);
  frozen_ = true;
}

IOStatus FaultyDisk::System::alive() const {
  std::lock_guard lock(mutex_);
  return frozen_ ? IOStatus::IOError("the power is off") : IOStatus::OK();
}

IOStatus FaultyDisk::System::attempt(Operation operation, const std::string& path) {
  if (IOStatus status = alive(); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  if (!fault_ || fault_->operation != operation || !path.ends_with(fault_->suffix)) return IOStatus::OK();
  if (fault_->passed-- > 0) return IOStatus::OK();
  Kind kind = fault_->kind;
  fault_.reset();
  has_failed_ = true;
  return kind == Kind::NoSpace ? IOStatus::NoSpace("the disk is full") : IOStatus::IOError("the disk failed");
}

void FaultyDisk::System::appended(const std::string& path, std::size_t bytes) {
  std::lock_guard lock(mutex_);
  files_[path].written += bytes;
}

void FaultyDisk::System::synced(const std::string& path) {
  std::lock_guard lock(mutex_);
  File& file = files_[path];
  file.synced = file.written;
}

void FaultyDisk::System::directory_synced() {
  std::lock_guard lock(mutex_);
  undo_names_.clear();
}

void FaultyDisk::System::lose_power(Random& random) {
  std::lock_guard lock(mutex_);
  for (const auto& [path, file] : files_) {
    if (!fs::exists(path) || file.written == file.synced) continue;
    std::uint64_t survives = random.below(file.written - file.synced + 1);
    fs::resize_file(path, file.synced + survives);
    std::uint64_t garbage = random.below(std::min<std::uint64_t>(survives, 16) + 1);
    std::fstream bytes(path, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(file.synced + survives - garbage));
    for (; garbage > 0; --garbage) bytes.put(static_cast<char>(random.next()));
  }
  // A journal keeps names in order: some first part of the changes is there.
  for (auto left = random.below(undo_names_.size() + 1); left > 0; --left, undo_names_.pop_back())
    undo_names_.back()();
  undo_names_.clear();
  files_.clear();
  frozen_ = false;
}

std::map<std::string, FaultyDisk::File> FaultyDisk::System::files() const {
  std::lock_guard lock(mutex_);
  return files_;
}

FaultyDisk::FaultyDisk(std::string attic)
    : system_(std::make_shared<System>(std::move(attic))), env_(rocksdb::NewCompositeEnv(system_)) {}
FaultyDisk::~FaultyDisk() = default;

rocksdb::Env* FaultyDisk::env() {
  return env_.get();
}
void FaultyDisk::fail(Operation operation, std::string suffix, std::size_t passed, Kind kind) {
  system_->fail(operation, std::move(suffix), passed, kind);
}
bool FaultyDisk::has_failed() const {
  return system_->has_failed();
}
void FaultyDisk::freeze() {
  system_->freeze();
}
void FaultyDisk::lose_power(Random& random) {
  system_->lose_power(random);
}
std::map<std::string, FaultyDisk::File> FaultyDisk::files() const {
  return system_->files();
}

}  // namespace meridian::store

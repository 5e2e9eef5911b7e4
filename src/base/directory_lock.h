// Makes a directory of our own and holds it for this process: mode 0700, one owner at a time.
#pragma once

#include <string>

#include "base/result.h"

namespace meridian {

class DirectoryLock {
 public:
  // Unavailable, naming the process that has it, when the directory is taken.
  static Result<DirectoryLock> take(const std::string& directory);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace meridian

// A disk that forgets and fails, for tests: it knows what was synced, drops or tears the rest at a power cut,
// and returns EIO or ENOSPC when it is told to. Syncs are counted, not passed on, which also makes tests
// quick. Rule: only what a sync (of the file, and of the directory for names) has confirmed survives
// lose_power().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/random.h"

namespace rocksdb {
class Env;
}

namespace meridian::store {

class FaultyDisk {
 public:
  // Things the disk may have to bring back are kept in `attic`, a directory on the same file system.
  explicit FaultyDisk(std::string attic);
  ~FaultyDisk();
  rocksdb::Env* env();

  enum class Operation : std::uint8_t { Append, Sync };
  enum class Kind : std::uint8_t { InputOutput, NoSpace };
  // The operation after `passed` more on files whose name ends in `suffix` fails, once. A failing append
  // writes half.
  void fail(Operation operation, std::string suffix, std::size_t passed, Kind kind);
  bool has_failed() const;  // the fault above has happened

  // From now on nothing is written any more, and every attempt fails.
  void freeze();
  // What a power cut leaves, once the files are closed: synced bytes, any part of the others (its last bytes
  // possibly garbage), and names as of some moment since the directory was last synced. The disk works again
  // afterwards.
  void lose_power(Random& random);

  struct File {
    std::uint64_t written = 0, synced = 0;
  };
  std::map<std::string, File> files() const;  // by path: what was written through this disk

 private:
  class System;
  std::shared_ptr<System> system_;
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace meridian::store

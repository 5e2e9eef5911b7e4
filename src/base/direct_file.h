// A new file that is written once and not read soon, past the page cache (O_DIRECT): its bytes are neither
// copied into the system's memory nor written back from there later, which is most of what writing costs.
// Rule: the disk takes whole blocks, so the last one is filled up and cut off again at sync(), after which
// nothing is appended.
#pragma once

#include <memory>
#include <string>

#include "base/disk.h"

namespace meridian {

// As disk.append_to(), and in that way where the file system cannot do it.
Result<std::unique_ptr<AppendFile>> write_once(Disk& disk, const std::string& path);

}  // namespace meridian

// What the command line reads from files that people name. They may be pipes, so their size is not asked;
// they may be directories, which open like files and fail only when read.
#pragma once

#include <string>

#include "base/result.h"

namespace meridian::apps {

// "-" is standard input.
Result<std::string> read_input(const std::string& path);
// Invalid when others than its owner may read or write the file: it holds secrets.
Result<void> check_is_private(const std::string& path);

}  // namespace meridian::apps

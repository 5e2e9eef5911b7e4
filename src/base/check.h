// CHECK stops the process on a bug; recovery is a fast restart from the last snapshot on disk.
// Rule: never CHECK bytes that came from outside; those get an Error.
#pragma once

namespace meridian::detail {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}

#define CHECK(condition)                                                    \
  do {                                                                      \
    if (!(condition)) [[unlikely]]                                          \
      ::meridian::detail::check_failed(#condition, __FILE__, __LINE__);     \
  } while (false)

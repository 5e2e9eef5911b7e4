// Memory that is going to be read in a moment, asked for now, so that it comes while something else is done.
#pragma once

#include <cstddef>

namespace meridian {

inline void prefetch(const void* from, std::size_t bytes) {
  constexpr std::size_t kLineBytes = 64;
  const char* const first = static_cast<const char*>(from);
  for (std::size_t at = 0; at < bytes; at += kLineBytes) __builtin_prefetch(first + at);
}
template <typename Value>
void prefetch(const Value* value) {
  prefetch(value, sizeof(Value));
}

}  // namespace meridian

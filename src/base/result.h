// Expected failures as values: Result<T>, Error and TRY.
// Rule: an Error is for what can go wrong with correct code; a bug is a CHECK (check.h).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace meridian {

enum class ErrorCode : std::uint8_t {
  Invalid,      // the input is malformed or outside its range
  NotFound,
  Exists,
  Conflict,     // a precondition did not hold; reading again and retrying may succeed
  Limit,        // a named limit was reached
  Unavailable,  // a peer, socket or file cannot be used now
  Corrupt,      // stored bytes fail their checksum or their format
  Compacted,    // the revision asked for is no longer kept
  Internal,
};

// Who has to act: decides the reply and the log level.
enum class ErrorSource : std::uint8_t { Caller, Peer, Storage, Self };

struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;
  ErrorSource source = ErrorSource::Self;
  bool retry = false;
};

std::string_view to_string(ErrorCode code);

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message, ErrorSource source = ErrorSource::Self,
                                   bool retry = false) {
  return std::unexpected(Error{code, std::move(message), source, retry});
}
inline std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorCode::Invalid, std::move(message), ErrorSource::Caller);
}

namespace detail {
template <typename T, typename E>
T take(std::expected<T, E>&& result) {
  return *std::move(result);
}
template <typename E>
void take(std::expected<void, E>&&) {}
}  // namespace detail

}  // namespace meridian

// The value of `expr`, or return its error from this function. The one macro of ours that returns.
#define TRY(...)                                                                       \
  ({                                                                                   \
    auto try_result_ = (__VA_ARGS__);                                                  \
    if (!try_result_) [[unlikely]]                                                     \
      return std::unexpected(std::move(try_result_).error());                          \
    ::meridian::detail::take(std::move(try_result_));                                  \
  })

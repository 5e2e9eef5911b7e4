// multipart/form-data as it arrives (RFC 7578, RFC 2046 §5.1.1): parts of any size, a piece at a time.
// Rule: what is kept between two pieces is at most a part's head and a boundary, whatever a stranger sends.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace meridian::form_data {

inline constexpr std::size_t kBoundarySizeMax = 70;     // RFC 2046 §5.1.1
inline constexpr std::size_t kHeadBytesMax = 8 * 1024;  // of one part

// Of a Content-Type; nothing when it is not of a form's kind or names no boundary.
std::optional<std::string> boundary_of(std::string_view content_type);

struct Part {
  std::string name;
  std::optional<std::string> file_name;
  std::string content_type;  // "" when it says none
};

struct Event {
  enum class Kind : std::uint8_t {
    NeedsMore,
    Part,  // one begins
    Data,  // some of its bytes; valid until the next call
    PartEnd,
    End,  // what follows is of no meaning
  } kind = Kind::NeedsMore;
  Part part = {};
  std::string_view data = {};
};

class Reader {
 public:
  explicit Reader(std::string_view boundary);
  void feed(std::string_view bytes);
  // Call until it needs more. The failure is Invalid: this is no form.
  Result<Event> next();

 private:
  enum class State : std::uint8_t { First, Data, Boundary, Head, End };
  Result<Event> data();
  Result<Event> head();
  std::string_view rest() const { return std::string_view(buffer_).substr(at_); }

  const std::string delimiter_;
  std::string buffer_;
  std::size_t at_ = 0;
  State state_ = State::First;
};

}  // namespace meridian::form_data

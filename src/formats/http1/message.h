// HTTP/1.1 message heads, read strictly (RFC 9112): zero-copy views into the caller's bytes.
// Rule: whatever two readers could frame differently (request smuggling) is refused here, never repaired.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

namespace meridian::http1 {

struct Field {
  std::string_view name, value;  // the value without its surrounding white space
};

struct Limits {
  std::size_t line_bytes_max = 16 * 1024;
  std::size_t head_bytes_max = 32 * 1024;
  std::size_t fields_max = 128;
};

// Why a message is refused, as the status a server replies with.
struct Refusal {
  int status = 400;
  const char* reason = "";
};
template <typename T>
using Scan = std::expected<T, Refusal>;

// Finds the end of a head while its bytes arrive; each byte is looked at once.
class HeadEnd {
 public:
  explicit HeadEnd(const Limits& limits) : limits_(limits) {}
  // `bytes` begins where the message does and only grows from call to call. Returns the size of the head with
  // its empty line, or 0 while that has not arrived.
  Scan<std::size_t> find(std::string_view bytes);
  void reset() { line_start_ = seen_ = lines_ = 0; }

 private:
  Limits limits_;
  std::size_t line_start_ = 0, seen_ = 0, lines_ = 0;
};

// What the framing fields say, already checked against each other.
struct Framing {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = false;
};

struct RequestHead {
  std::string_view method, target, host;
  std::string_view path, query;  // of the target; "*" for OPTIONS *
  bool has_query = false;
  std::uint8_t minor_version = 1;
  bool expect_continue = false;
  Framing framing;
  std::vector<Field> fields;
};

struct ResponseHead {
  int status = 0;
  std::string_view reason;
  std::uint8_t minor_version = 1;
  Framing framing;
  std::vector<Field> fields;
};

// `head` is exactly what HeadEnd measured. Leading empty lines are skipped (RFC 9112 §2.2).
Scan<void> parse_request(std::string_view head, RequestHead& out);
Scan<void> parse_response(std::string_view head, ResponseHead& out);

// Whether a response to `method` has a body, and how it ends (RFC 9112 §6.3).
enum class BodyEnd : std::uint8_t { None, Length, Chunked, Close };
BodyEnd response_body(const ResponseHead& head, std::string_view method);

// Takes the chunked coding off a body as it arrives (RFC 9112 §7.1). Extensions and trailers are dropped.
class ChunkedDecoder {
 public:
  static constexpr std::size_t kOverheadBytesMax = 16 * 1024;  // of extensions and trailers in one body

  struct Step {
    std::size_t consumed = 0;
    std::string_view data;  // the piece of the body found, inside the bytes given; may be empty
  };
  // Call until it consumes nothing: then more bytes are needed, or done().
  Scan<Step> next(std::string_view bytes);
  bool done() const { return state_ == State::Done; }

 private:
  enum class State : std::uint8_t {
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    TrailerStart,
    Trailer,
    TrailerLf,
    EndLf,
    Done
  };
  Scan<void> control_byte(char byte);
  Scan<void> size_byte(char byte);
  Scan<void> spend();

  State state_ = State::Size;
  std::uint8_t digits_ = 0;
  std::uint64_t left_ = 0;
  std::size_t overhead_ = 0;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);  // ASCII
bool is_token(std::string_view text);                              // RFC 9110 §5.6.2
const Field* find_field(const std::vector<Field>& fields, std::string_view name);

std::string_view reason_phrase(int status);

}  // namespace meridian::http1

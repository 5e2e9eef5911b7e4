// What the reply to an HTTP probe says of its endpoint, judged as its bytes arrive. Pure.
// Rule: whatever an endpoint sends, no more than kReplyHeadBytesMax and kSearchedBytesMax of it are kept.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "formats/deflate/inflate.h"
#include "formats/http1/message.h"

namespace meridian::engines::health {

inline constexpr std::size_t kReplyHeadBytesMax = 16 * 1024;
inline constexpr std::size_t kSearchedBytesMax = 5120;  // of the body
inline constexpr std::size_t kInterimRepliesMax = 8;    // 1xx before the reply
inline constexpr std::size_t kPhraseBytesMax = 100;     // of the reason phrase shown

struct Verdict {
  bool healthy = false;
  std::string reason;  // "HTTP Status Code 200, OK"
  bool operator==(const Verdict&) const = default;
};

class ReplyJudge {
 public:
  // Empty: the status alone counts.
  explicit ReplyJudge(std::string search_string) : search_string_(std::move(search_string)) {}

  // Nothing: more is needed.
  std::optional<Verdict> add(Bytes bytes);
  Verdict ended();  // no more comes, and there was no verdict
  bool has_status() const { return status_ != 0; }

 private:
  std::optional<Verdict> read_heads();
  std::optional<Verdict> read_body();
  http1::Scan<bool> read_plain();
  http1::Scan<bool> read_chunks();
  void take_of_body(std::string_view data);
  void decode(std::string_view data);
  std::string status_text() const;

  std::string search_string_;
  std::string bytes_;  // not looked at yet
  http1::HeadEnd head_end_{limits()};
  std::size_t interim_ = 0;
  int status_ = 0;
  std::string phrase_;  // as the endpoint put it
  http1::BodyEnd body_end_ = http1::BodyEnd::None;
  std::uint64_t length_ = 0;
  http1::ChunkedDecoder chunks_;
  std::uint64_t received_ = 0;  // of the body
  std::string body_;            // its first kSearchedBytesMax, decoded
  std::optional<deflate::Inflater> inflater_;
  bool decoded_whole_ = false, undecodable_ = false;

  static http1::Limits limits() { return {kReplyHeadBytesMax, kReplyHeadBytesMax, 1000}; }
};

}  // namespace meridian::engines::health

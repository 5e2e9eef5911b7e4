// What a field section may say (RFC 9113 §8.2, §8.3): whether a request, a response or trailers are well
// formed. Rule: nothing passes that would mean something else once it is written as HTTP/1.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meridian::http2 {

enum class Section : std::uint8_t { Request, Response, Trailers };

class HeadCheck {
 public:
  void begin(Section section);
  bool field(std::string_view name, std::string_view value);  // false: no more of it matters
  bool end();                                                 // whether all of it was well formed
  std::optional<std::uint64_t> content_length() const { return content_length_; }
  int status() const { return status_; }

 private:
  enum Pseudo : std::uint8_t { Method = 1, Scheme = 2, Authority = 4, Path = 8, Status = 16 };
  bool pseudo_field(std::string_view name, std::string_view value);
  bool plain_field(std::string_view name, std::string_view value);
  bool first(Pseudo which);

  Section section_ = Section::Request;
  bool good_ = true, plain_came_ = false, connect_ = false, options_ = false, star_ = false;
  std::uint8_t seen_ = 0;
  int status_ = 0;
  std::optional<std::uint64_t> content_length_;
  std::string authority_, host_;  // to be compared
  bool host_came_ = false;
};

}  // namespace meridian::http2

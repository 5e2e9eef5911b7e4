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
  // False: no more of it matters. `judged`: it is_well_formed().
  bool field(std::string_view name, std::string_view value, bool judged = false);
  bool end();  // whether all of it was well formed
  std::optional<std::uint64_t> content_length() const { return content_length_; }
  int status() const { return status_; }
  // By its characters alone, wherever it stands.
  static bool is_well_formed(std::string_view name, std::string_view value);

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

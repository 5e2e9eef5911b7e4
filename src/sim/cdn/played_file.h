// For tests: a file at an origin that answers ranges and conditions, and changes, breaks off and forgets its
// validators when it is told to.
#pragma once

#include <string>

#include "sim/played_origin.h"

namespace meridian::sim {

// An object of which every byte says where it is, and in which version.
struct PlayedFile {
  std::uint64_t size = 0;
  char version = 'a';
  bool has_ranges = true;
  bool has_etag = true;
  std::uint64_t cut_after = ~std::uint64_t{0};  // bytes of a body, once
  std::string control = "max-age=1000";

  std::string bytes(std::uint64_t from, std::uint64_t until) const {
    std::string out(until - from, '\0');
    for (std::uint64_t at = from; at < until; ++at)
      out[at - from] = static_cast<char>(version + (at + at / 251 + at / 65'521) % 23);
    return out;
  }
  std::string etag() const { return std::string("\"") + version + '"'; }

  void answer(PlayedOrigin::Visit& visit, const std::string& request) {
    std::string fields = "Cache-Control: " + control + "\r\n";
    if (has_etag) fields += "ETag: " + etag() + "\r\n";
    const bool same = request.find("If-None-Match: " + etag()) != std::string::npos;
    if (same) return visit.say("HTTP/1.1 304 Not Modified\r\n" + fields + "\r\n");
    std::uint64_t from = 0, until = size;
    const std::size_t range = request.find("Range: bytes="), condition = request.find("If-Range: ");
    const bool holds = condition == std::string::npos || request.substr(condition + 10, 3) == etag();
    const bool part = has_ranges && range != std::string::npos && holds;
    if (part) {
      const char* text = request.c_str() + range + 13;
      char* end = nullptr;
      from = std::strtoull(text, &end, 10);
      if (*text == '-')
        from = size - std::strtoull(text + 1, nullptr, 10);
      else if (end[1] != '\r')
        until = std::min<std::uint64_t>(size, std::strtoull(end + 1, nullptr, 10) + 1);
      if (from >= size)
        return visit.say("HTTP/1.1 416 No\r\nContent-Length: 0\r\nContent-Range: bytes */" +
                         std::to_string(size) + "\r\n\r\n");
      fields += "Content-Range: bytes " + std::to_string(from) + "-" + std::to_string(until - 1) + "/" +
                std::to_string(size) + "\r\n";
    }
    visit.say(std::string("HTTP/1.1 ") + (part ? "206 Partial Content" : "200 OK") +
              "\r\nContent-Length: " + std::to_string(until - from) + "\r\n" + fields + "\r\n");
    if (cut_after < until - from) {
      visit.say(bytes(from, from + std::exchange(cut_after, ~std::uint64_t{0})));
      return visit.close();
    }
    visit.say(bytes(from, until));
  }
};

}  // namespace meridian::sim

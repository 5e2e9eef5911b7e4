// What requests write into while they are served, one after the other, so that a hit allocates next to
// nothing. Rule: what a request leaves there nobody reads; the bytes that one request needed are kept only up
// to a limit.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engines/cdn/rules/fields.h"

namespace meridian::engines::cdn {

struct RequestSpace {
  std::string request_id, host, path, query, key;
  rules::FieldList generated, kept, reply;

  void clear();
};

// Of one thread.
class RequestSpaces {
 public:
  static constexpr std::size_t kSpareMax = 256;       // of requests under way at one time
  static constexpr std::size_t kTextBytesMax = 1024;  // of each text that is kept
  std::unique_ptr<RequestSpace> take();
  void give_back(std::unique_ptr<RequestSpace> space);
  std::size_t spare() const { return spare_.size(); }

 private:
  std::vector<std::unique_ptr<RequestSpace>> spare_;
};

}  // namespace meridian::engines::cdn

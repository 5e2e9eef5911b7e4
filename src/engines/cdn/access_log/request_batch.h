// Records of requests with their text, in few and large pieces of memory. Rule: what records() shows stays
// good until clear(), whatever becomes of the requests.
#pragma once

#include <memory>
#include <vector>

#include "engines/cdn/request_log.h"

namespace meridian::engines::cdn::access_log {

class RequestBatch {
 public:
  static constexpr std::size_t kBytesMax = 8 * 1024 * 1024;  // of records and their text

  // Text is kept only where a log wants it. False: there is no room.
  bool add(const RequestRecord& record);
  std::span<const RequestRecord> records() const { return records_; }
  void clear();

 private:
  static constexpr std::size_t kBlockBytes = 64 * 1024;

  char* make_room(std::size_t bytes);
  std::string_view keep(std::string_view text);
  void keep_text(RequestRecord& record);

  std::vector<RequestRecord> records_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t used_ = 0, block_bytes_ = 0;  // of the last block
  std::size_t text_bytes_ = 0;
};

// Whether any log wants more of a request than its numbers.
inline bool is_logged(const RequestRecord& record) {
  return record.distribution->log.enabled || (record.behavior && !record.behavior->realtime_log_arn.empty());
}

}  // namespace meridian::engines::cdn::access_log

// Records of requests with their text, in few and large pieces of memory. Rule: what records() shows stays
// good until clear(), whatever becomes of the requests.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "engines/cdn/request_log.h"

namespace meridian::engines::cdn::access_log {

class RequestBatch {
 public:
  static constexpr std::size_t kBytesMax = 8 * 1024 * 1024;  // of records and their text

  // Text is kept only where a log wants it. False: there is no room.
  bool add(const RequestRecord& record);
  // Equal ones of one minute are one record, where they come again soon.
  bool count(const RequestNumbers& numbers);
  std::span<const RequestRecord> records() const { return records_; }
  void clear();

 private:
  static constexpr std::size_t kBlockBytes = 64 * 1024;
  static constexpr std::size_t kCountedMax = 64;  // different numbers that are remembered
  struct Counted {
    const snapshots::cdn::Distribution* distribution = nullptr;  // null: free
    std::chrono::sys_time<std::chrono::minutes> minute{};
    std::uint64_t received_bytes = 0, sent_bytes = 0;
    int status = 0;
    std::string_view method, result;
    std::size_t record = 0;
    bool operator==(const Counted&) const = default;
  };

  char* make_room(std::size_t bytes);
  std::string_view keep(std::string_view text);
  void keep_text(RequestRecord& record);

  std::vector<RequestRecord> records_;
  std::array<Counted, kCountedMax> counted_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t used_ = 0, block_bytes_ = 0;  // of the last block
  std::size_t text_bytes_ = 0;
};

}  // namespace meridian::engines::cdn::access_log

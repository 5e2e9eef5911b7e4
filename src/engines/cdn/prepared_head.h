// The head of a stored response as each transport writes it, made once for all the viewers that get it with
// nothing changed but its id and its age. Rule: it is made of the list of fields that such a delivery has
// (rules/viewer_response_headers.h): what is in a reply is settled there and nowhere else.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engines/cdn/rules/fields.h"
#include "engines/cdn/rules/viewer_response_headers.h"
#include "formats/http2/prepared_fields.h"

namespace meridian::engines::cdn {

class PreparedHead {
 public:
  // What a head depends on beside its object.
  struct Terms {
    std::shared_ptr<const snapshots::cdn::ResponseHeadersPolicy> policy;  // may be null
    std::string_view pop;
    rules::CacheResult result = rules::CacheResult::Hit;
  };
  // `length`: of the body.
  PreparedHead(const Terms& terms, int status, rules::Fields fields, std::uint64_t length);

  bool is_for(const Terms& terms) const {
    return policy_ == terms.policy && pop_ == terms.pop && result_ == terms.result;
  }
  // Status line and Content-Length, which Connection follows; then fields.
  std::string_view http1_start() const { return std::string_view(http1_).substr(0, http1_start_); }
  std::string_view http1_fields() const { return std::string_view(http1_).substr(http1_start_); }
  const http2::PreparedFields& http2() const { return http2_; }  // with Content-Length, without a status
  std::string_view content_type() const { return content_type_; }

 private:
  friend class PreparedHeads;
  const std::shared_ptr<const snapshots::cdn::ResponseHeadersPolicy> policy_;
  const std::string pop_;
  const rules::CacheResult result_;
  std::string http1_, content_type_;
  std::size_t http1_start_ = 0;
  http2::PreparedFields http2_;
  std::size_t number_ = 0;
  PreparedHead* next_ = nullptr;
};

// Of one object, for all threads. What is in it stays as long as the object.
class PreparedHeads {
 public:
  static constexpr std::size_t kHeadsMax = 4;  // by policy, location and result

  PreparedHeads() = default;
  PreparedHeads(const PreparedHeads&) = delete;
  PreparedHeads& operator=(const PreparedHeads&) = delete;
  ~PreparedHeads();
  const PreparedHead* find(const PreparedHead::Terms& terms) const;
  const PreparedHead* add(std::unique_ptr<PreparedHead> made);  // null: there is no room
  // Whether this was asked before: what is delivered once only is not worth preparing.
  bool wanted_again() {
    return wanted_.load(std::memory_order_relaxed) || wanted_.exchange(true, std::memory_order_relaxed);
  }
  void fetch_ahead(int place) const;  // of the newest, as Body::fetch_ahead
  bool full() const {
    const PreparedHead* const first = first_.load(std::memory_order_acquire);
    return first && first->number_ >= kHeadsMax;
  }

 private:
  std::atomic<PreparedHead*> first_{nullptr};
  std::atomic<bool> wanted_{false};
};

}  // namespace meridian::engines::cdn

#include "engines/cdn/prepared_head.h"

#include "base/prefetch.h"
#include "engines/cdn/http1_text.h"

namespace meridian::engines::cdn {

PreparedHead::PreparedHead(const Terms& terms, int status, rules::Fields fields, std::uint64_t length)
    : policy_(terms.policy),
      pop_(terms.pop),
      result_(terms.result),
      content_type_(rules::value_of(fields, "content-type")) {
  append_status_line(http1_, status);
  append_content_length(http1_, length);
  http1_start_ = http1_.size();
  for (const rules::Field& field : fields) {
    append_field(http1_, field);
    if (is_of_http1(field)) continue;
    http2_.add(field.name, field.value);
  }
  http2_.add("content-length", fmt::format_int(length).c_str());
}

PreparedHeads::~PreparedHeads() {
  for (PreparedHead* each = first_.load(); each != nullptr;) {
    const std::unique_ptr<PreparedHead> gone(each);
    each = gone->next_;
  }
}

const PreparedHead* PreparedHeads::find(const PreparedHead::Terms& terms) const {
  const PreparedHead* each = first_.load(std::memory_order_acquire);
  while (each && !each->is_for(terms)) each = each->next_;
  return each;
}

void PreparedHeads::fetch_ahead(int place) const {
  const PreparedHead* const first = first_.load(std::memory_order_acquire);
  if (!first || place == 0) return;
  place == 1 ? prefetch(first) : prefetch(first->http1_.data(), first->http1_.size());
}

const PreparedHead* PreparedHeads::add(std::unique_ptr<PreparedHead> made) {
  made->next_ = first_.load(std::memory_order_acquire);
  do {
    made->number_ = made->next_ ? made->next_->number_ + 1 : 1;
    if (made->number_ > kHeadsMax) return nullptr;
  } while (!first_.compare_exchange_weak(made->next_, made.get(), std::memory_order_acq_rel));
  return made.release();
}

}  // namespace meridian::engines::cdn

#include "engines/cdn/access_log/request_batch.h"

#include <algorithm>
#include <cstring>

namespace meridian::engines::cdn::access_log {

bool RequestBatch::add(const RequestRecord& record) {
  if ((records_.size() + 1) * sizeof(RequestRecord) + text_bytes_ > kBytesMax) return false;
  RequestRecord& kept = records_.emplace_back(record);
  kept.method = keep(record.method);
  if (is_logged(*record.distribution, record.behavior)) {
    keep_text(kept);
  } else {
    for (std::string_view* text :
         {&kept.edge_location, &kept.request_id, &kept.host_header, &kept.uri_stem, &kept.uri_query,
          &kept.tls_version, &kept.tls_cipher, &kept.content_type, &kept.country})
      *text = {};
    kept.fields = {};
  }
  return true;
}

bool RequestBatch::count(const RequestNumbers& numbers) {
  Counted wanted{.distribution = numbers.distribution.get(),
                 .minute = std::chrono::floor<std::chrono::minutes>(numbers.ended),
                 .received_bytes = numbers.received_bytes,
                 .sent_bytes = numbers.sent_bytes,
                 .status = numbers.status,
                 .method = numbers.method,
                 .result = numbers.result};
  const std::size_t mixed =
      reinterpret_cast<std::uintptr_t>(wanted.distribution) / sizeof(*wanted.distribution) +
      wanted.sent_bytes + 7 * wanted.received_bytes + static_cast<std::size_t>(wanted.status);
  Counted& known = counted_[mixed % kCountedMax];
  wanted.record = known.record;
  if (known == wanted) {
    ++records_[known.record].times;
    return true;
  }
  if (!add(numbers.to_record())) return false;
  wanted.record = records_.size() - 1;
  wanted.method = records_.back().method;
  known = wanted;
  return true;
}

void RequestBatch::keep_text(RequestRecord& record) {
  for (std::string_view* text :
       {&record.edge_location, &record.request_id, &record.host_header, &record.uri_stem, &record.uri_query,
        &record.tls_version, &record.tls_cipher, &record.content_type, &record.country})
    *text = keep(*text);
  if (record.fields.empty()) return;
  auto* fields = reinterpret_cast<http1::Field*>(make_room(record.fields.size() * sizeof(http1::Field)));
  for (std::size_t i = 0; i < record.fields.size(); ++i)
    new (fields + i) http1::Field{keep(record.fields[i].name), keep(record.fields[i].value)};
  record.fields = {fields, record.fields.size()};
}

char* RequestBatch::make_room(std::size_t bytes) {
  bytes = (bytes + alignof(http1::Field) - 1) / alignof(http1::Field) * alignof(http1::Field);
  text_bytes_ += bytes;
  if (blocks_.empty() || used_ + bytes > block_bytes_) {
    block_bytes_ = std::max(bytes, kBlockBytes);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block_bytes_));
    used_ = 0;
  }
  char* const at = blocks_.back().get() + used_;
  used_ += bytes;
  return at;
}

std::string_view RequestBatch::keep(std::string_view text) {
  if (text.empty()) return {};
  char* const at = make_room(text.size());
  std::memcpy(at, text.data(), text.size());
  return {at, text.size()};
}

void RequestBatch::clear() {
  records_.clear();
  counted_ = {};
  blocks_.clear();
  used_ = block_bytes_ = text_bytes_ = 0;
}

}  // namespace meridian::engines::cdn::access_log

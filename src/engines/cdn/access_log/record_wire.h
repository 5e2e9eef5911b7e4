// Records of requests as bytes, from an edge to the control that tells of them. What a distribution logs is
// the control's to say: a record names its distribution and the path pattern of its behavior.
// Rules: bytes of a form that is not known here, or malformed, are refused whole; times are the edge's.
#pragma once

#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "engines/cdn/request_log.h"

namespace meridian::engines::cdn::access_log {

inline constexpr std::size_t kRecordFieldsMax = 1024;

// Records in one piece of bytes.
class RecordWriter {
 public:
  void add(const RequestRecord& record);
  std::size_t bytes() const { return bytes_.size(); }
  std::size_t records() const { return records_; }
  std::string take();  // it is empty then

 private:
  std::string bytes_;
  std::size_t records_ = 0;
};

// Visits records of distributions that are found; the count of the others is what comes back.
using FindDistribution = std::function<snapshots::cdn::SharedDistribution(std::string_view id)>;
Result<std::size_t> read_records(Bytes bytes, const FindDistribution& find,
                                 const std::function<void(const RequestRecord&)>& visit);

}  // namespace meridian::engines::cdn::access_log

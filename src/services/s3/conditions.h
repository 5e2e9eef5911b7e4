// If-Match and its kind (RFC 9110 §13), as S3 reads them: on reading, on writing, and of a copy's source.
#pragma once

#include <optional>
#include <string>

#include "aws/error.h"
#include "services/s3/resources.h"

namespace meridian::services::s3 {

struct ReadConditions {
  std::optional<std::string> match = {}, none_match = {};
  std::optional<SystemTime> modified_since = {}, unmodified_since = {};
  bool of_copy = false;  // an unchanged source is 412, not 304
};
aws::Outcome<void> check(const ReadConditions& conditions, const ObjectResource& object);

struct WriteConditions {
  std::optional<std::string> match = {}, none_match = {};
};
// Of a write to a key that holds `object`, or nothing (null).
aws::Outcome<void> check(const WriteConditions& conditions, std::string_view key,
                         const ObjectResource* object);

// The part of an object that a Range field asks for; nothing for all of it, as for what is no single range of
// bytes. The failure: outside the object.
struct ByteRange {
  std::uint64_t offset = 0, length = 0;
};
aws::Outcome<std::optional<ByteRange>> parse_range(std::string_view range, std::uint64_t size);

}  // namespace meridian::services::s3

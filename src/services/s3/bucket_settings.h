// What a bucket may have beside its record: its website, its CORS rules and so on, one document each, kept as
// the XML that GET answers. Rule: a setting is written only with the bucket's record as a precondition, and
// goes with the bucket.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/protocol.h"
#include "aws/stored.h"
#include "gen/s3/api.h"
#include "services/s3/errors.h"

namespace meridian::services::s3 {

struct BucketSetting {
  std::string_view kind;           // in the store's keys
  std::string_view get_operation;  // whose output it is
  const char* absent_code;
  const char* absent_message;
};

std::string encode_setting(const aws::Codec& codec, const BucketSetting& setting, const aws::Value& output);
aws::Outcome<aws::Value> decode_setting(const aws::Codec& codec, const BucketSetting& setting,
                                        std::string text);
aws::Failure no_such_setting(const BucketSetting& setting, std::string_view bucket);

}  // namespace meridian::services::s3

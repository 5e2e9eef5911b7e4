// Tags of objects and buckets: what AWS takes for one, from XML and from the x-amz-tagging header field.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aws/error.h"
#include "gen/s3/api.h"
#include "services/s3/resources.h"

namespace meridian::services::s3 {

inline constexpr std::string_view kTagsSetting = "tags";  // of a bucket

enum class Tagged : std::uint8_t { Object, Bucket };

aws::Outcome<TextPairs> tags_of(const std::vector<gen::s3::Tag>& tags, Tagged of);
// "Key1=Value1&Key2=Value2", encoded as in URLs.
aws::Outcome<TextPairs> tags_in_header(const std::optional<std::string>& header);
std::vector<gen::s3::Tag> as_tags(const TextPairs& tags);

}  // namespace meridian::services::s3

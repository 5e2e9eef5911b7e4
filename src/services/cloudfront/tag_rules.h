// Tags as CloudFront takes them.
#pragma once

#include <string>

#include "aws/error.h"
#include "services/cloudfront/resources.h"

namespace meridian::services::cloudfront {

std::string tags_key(std::string_view account, std::string_view resource);

// InvalidTagging for keys of AWS's own, a key given twice, too many.
aws::Outcome<TagMap> with_tags(TagMap tags, const api::Tags& added);

}  // namespace meridian::services::cloudfront

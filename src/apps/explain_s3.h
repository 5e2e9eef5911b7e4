// `meridian explain s3`, in the server: a request as somebody would make it, and which statement of which
// policy lets it through or not, by the very decision that such a request meets (docs/use/explain.md).
// Nothing is done.
#pragma once

#include <string>

#include "apps/admin.h"
#include "base/clock.h"
#include "services/s3/service.h"

namespace meridian::apps {

// `account_id` is whose users are meant by a name alone.
Result<std::string> explain_s3(const services::s3::S3& s3, const ExplainS3Query& query, const Clock& clock,
                               const std::string& account_id, Output output);

}  // namespace meridian::apps

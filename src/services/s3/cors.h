// What a bucket's CORS rules say of a request of a browser's page (S3 User Guide, "Using cross-origin
// resource sharing"). Pure.
#pragma once

#include <string>
#include <string_view>

#include "aws/http.h"
#include "services/s3/bucket_settings.h"

namespace meridian::services::s3 {

inline constexpr BucketSetting kCorsSetting{"cors", "GetBucketCors", "NoSuchCORSConfiguration",
                                            "The CORS configuration does not exist"};

aws::Outcome<void> check_cors(const gen::s3::CORSConfiguration& configuration);

struct CrossOriginRequest {
  std::string_view origin, method, headers;  // headers: Access-Control-Request-Headers, as they came
};
// The first rule that allows it; null: none does.
const gen::s3::CORSRule* find_cors_rule(const gen::s3::GetBucketCorsOutput& configuration,
                                        const CrossOriginRequest& request);
// What an answer says of it; without a rule that it depends on who asks.
void add_cors_headers(aws::Headers& headers, const gen::s3::CORSRule* rule,
                      const CrossOriginRequest& request);

}  // namespace meridian::services::s3

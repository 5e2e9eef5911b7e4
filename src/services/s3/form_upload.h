// Uploads from a browser's form (S3 API reference, "POST Object"): fields first, the file's bytes last,
// straight on their way to where PutObject puts them. Rule: nothing of the file is taken before the policy
// and its signature are checked, and what then happens is what PutObject does for the one who signed.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "aws/identity.h"
#include "aws/unmodelled.h"

namespace meridian::services::s3 {

class S3;

// Who may sign policies.
struct FormSigners {
  std::function<std::optional<aws::AccessKey>(std::string_view access_key_id)> find;
  bool check_signatures = true;
};

inline constexpr std::size_t kFormFieldsBytesMax = 20 * 1024;
inline constexpr std::size_t kFormFieldsMax = 200;

// Null: the request is no such form.
std::unique_ptr<aws::UnmodelledCall> make_form_call(S3& service, const aws::HttpRequest& head);

}  // namespace meridian::services::s3

// Which members of an input something here acts upon. Rule: the others are refused, never skipped, so that no
// setting looks accepted that has no effect.
#pragma once

#include "aws/service.h"

namespace meridian::services::s3 {

aws::Outcome<void> only_known_members(const aws::Operation& operation, const aws::Value& input);

}  // namespace meridian::services::s3

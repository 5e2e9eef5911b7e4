// Refusals that more than one part of this room makes.
#pragma once

#include <fmt/format.h>

#include <string>

#include "aws/error.h"
#include "gen/cloudfront/errors.h"

namespace meridian::services::cloudfront {

inline aws::Failure invalid_argument(std::string message) {
  return gen::cloudfront::errors::InvalidArgument(std::move(message));
}

// What AWS has and no engine here acts upon: refused, never accepted and forgotten.
inline aws::Failure not_built(std::string_view what) {
  return aws::refuse("NotImplemented", fmt::format("{} is not implemented.", what), 501);
}

}  // namespace meridian::services::cloudfront

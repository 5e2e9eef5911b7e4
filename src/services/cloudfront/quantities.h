// {Quantity, Items}: in CloudFront every list tells its own length.
#pragma once

#include "aws/error.h"
#include "aws/shape.h"

namespace meridian::services::cloudfront {

// InconsistentQuantities when a Quantity anywhere in the value is not the number of its Items.
aws::Outcome<void> check_quantities(const aws::Value& input);

}  // namespace meridian::services::cloudfront

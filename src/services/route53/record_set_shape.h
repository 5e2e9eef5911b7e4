// Record sets between the API's shapes and the stored form: which members belong together, what they say, and
// how they are shown again. Rule: what a caller gave comes back as it was given.
#pragma once

#include "gen/route53/api.h"
#include "services/route53/change_batch.h"

namespace meridian::services::route53 {

namespace api = gen::route53;

// InvalidInput for a change whose members do not fit together, in AWS's words.
aws::Outcome<void> check_shape(const api::Change& change);

// What a well-shaped change asks for. Names and values that cannot be read are its problems.
RecordSetChange read_change(const api::Change& change);

api::ResourceRecordSet shown(const RecordSetResource& record_set);

}  // namespace meridian::services::route53

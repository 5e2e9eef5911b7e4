// One distribution as the engine serves it, out of its configuration and what that refers to. Pure.
#pragma once

#include "base/result.h"
#include "compilers/cdn/library.h"
#include "compilers/cdn/stand_ins.h"
#include "services/cloudfront/resources.h"
#include "snapshots/cdn/snapshot.h"

namespace meridian::compilers::cdn {

// An error names what it refers to and is not there, which the API does not let happen.
Result<snapshots::cdn::SharedDistribution> compile(const services::cloudfront::DistributionResource& resource,
                                                   std::uint64_t revision, const Library& library,
                                                   const StandIns& stand_ins);

// The ids of everything that the configuration names: whoever changes, the distribution is compiled again.
// What those refer to in turn is not in it: a key group's keys are never changed.
std::vector<std::string> references(const services::cloudfront::DistributionResource& resource);

// The certificate of ACM that viewers of its aliases are shown; nothing: none.
std::optional<std::string> certificate_arn(const api::DistributionConfig& config);

}  // namespace meridian::compilers::cdn

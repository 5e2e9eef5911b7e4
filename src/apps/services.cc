#include "apps/services.h"

namespace meridian::apps {
namespace {

template <typename Flags>
ServiceSupport support(const aws::ServiceModel& model, const Flags& flags) {
  return {&model, std::vector<bool>(flags.begin(), flags.end())};
}

}  // namespace

Services::Services(store::Store& store, const Clock& clock, Random& random,
                   const services::route53::Acknowledgements& acknowledgements,
                   const services::route53::Quotas& quotas,
                   services::route53::HealthCheckTargets health_check_targets)
    : route53(store, clock, random, acknowledgements, quotas, health_check_targets),
      sts(store, clock, random),
      iam(store, clock, random) {}

std::vector<ServiceSupport> supported_services() {
  return {
      support(gen::route53::service_model(), gen::route53::implemented<services::route53::Route53>()),
      support(gen::sts::service_model(), gen::sts::implemented<services::sts::Sts>()),
      support(gen::iam::service_model(), gen::iam::implemented<services::iam::Iam>()),
  };
}

}  // namespace meridian::apps

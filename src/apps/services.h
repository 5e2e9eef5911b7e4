// The AWS services of this binary, listed by hand: what is not here does not exist.
#pragma once

#include <memory>
#include <vector>

#include "apps/dry_run.h"
#include "apps/logs_side.h"
#include "apps/streams_side.h"
#include "aws/service.h"
#include "base/clock.h"
#include "base/random.h"
#include "services/acm/service.h"
#include "services/cloudfront/service.h"
#include "services/cloudwatch/service.h"
#include "services/iam/service.h"
#include "services/kinesis/service.h"
#include "services/logs/service.h"
#include "services/route53/service.h"
#include "services/s3/service.h"
#include "services/sts/service.h"
#include "store/store.h"

namespace meridian::apps {

class Services {
 public:
  Services(store::Store& store, store::SeriesStore& series, LogsSide& logs_side, StreamsSide& streams_side,
           const store::objects::Secrets& secrets, services::cloudwatch::AlarmActions* alarm_actions,
           store::objects::ObjectStore& objects, const Clock& clock, Random& random,
           const services::route53::Acknowledgements& acknowledgements,
           const services::route53::DnsAnswers& dns_answers, const services::route53::Quotas& quotas,
           services::route53::HealthCheckTargets health_check_targets,
           services::route53::QueryLogDelivery query_log_delivery,
           const services::route53::HealthObservations* observations = nullptr,  // null: nothing is probed
           const services::cloudfront::Deployments* deployments = nullptr,       // null: no edge serves HTTP
           services::cloudfront::Settings cloudfront_settings = {});
  // S3 last: any path could be one of its own.
  std::vector<aws::Service*> all() {
    return {&route53, &sts, &iam, &cloudwatch, &logs, &acm, &cloudfront, &kinesis, &s3};
  }

  ServiceWithDryRuns<services::route53::Route53> route53;
  ServiceWithDryRuns<services::sts::Sts> sts;
  ServiceWithDryRuns<services::iam::Iam> iam;
  ServiceWithDryRuns<services::cloudwatch::CloudWatch> cloudwatch;
  ServiceWithDryRuns<services::logs::Logs> logs;
  ServiceWithDryRuns<services::acm::Acm> acm;
  ServiceWithDryRuns<services::cloudfront::CloudFront> cloudfront;
  ServiceWithDryRuns<services::kinesis::Kinesis> kinesis;
  services::s3::S3 s3;
};

// One service's operations, and which of them this binary has, taken from the code.
struct ServiceSupport {
  const aws::ServiceModel* model;
  std::vector<bool> implemented;  // by Operation::index
};
std::vector<ServiceSupport> supported_services();

}  // namespace meridian::apps

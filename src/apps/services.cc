#include "apps/services.h"

namespace meridian::apps {
namespace {

template <typename Flags>
ServiceSupport support(const aws::ServiceModel& model, const Flags& flags) {
  return {&model, std::vector<bool>(flags.begin(), flags.end())};
}

}  // namespace

Services::Services(store::Store& store, store::SeriesStore& series, LogsSide& logs_side,
                   StreamsSide& streams_side, const store::objects::Secrets& secrets,
                   services::cloudwatch::AlarmActions* alarm_actions, store::objects::ObjectStore& objects,
                   const Clock& clock, Random& random,
                   const services::route53::Acknowledgements& acknowledgements,
                   const services::route53::DnsAnswers& dns_answers, const services::route53::Quotas& quotas,
                   services::route53::HealthCheckTargets health_check_targets,
                   services::route53::QueryLogDelivery query_log_delivery,
                   const services::route53::HealthObservations* observations,
                   const services::cloudfront::Deployments* deployments,
                   services::cloudfront::Settings cloudfront_settings)
    : route53(store,
              [&, quotas, health_check_targets, query_log_delivery, observations](store::Store& in) {
                return std::make_unique<services::route53::Route53>(
                    in, clock, random, acknowledgements, quotas, health_check_targets, &dns_answers,
                    observations, query_log_delivery);
              }),
      sts(store, [&](store::Store& in) { return std::make_unique<services::sts::Sts>(in, clock, random); }),
      iam(store, [&](store::Store& in) { return std::make_unique<services::iam::Iam>(in, clock, random); }),
      cloudwatch(store,
                 [&, alarm_actions](store::Store& in) {
                   return std::make_unique<services::cloudwatch::CloudWatch>(in, series, alarm_actions);
                 }),
      logs(store,
           [&](store::Store& in) {
             return std::make_unique<services::logs::Logs>(in, logs_side.events(), logs_side.ingest(),
                                                           random);
           }),
      acm(store, [&](store::Store& in) { return std::make_unique<services::acm::Acm>(in, secrets, random); }),
      cloudfront(store,
                 [&, deployments, cloudfront_settings](store::Store& in) {
                   return std::make_unique<services::cloudfront::CloudFront>(in, random, deployments,
                                                                             cloudfront_settings);
                 }),
      kinesis(store,
              [&](store::Store& in) {
                return std::make_unique<services::kinesis::Kinesis>(in, streams_side.shards(), random);
              }),
      s3(store, objects, random) {}

std::vector<ServiceSupport> supported_services() {
  return {
      support(gen::route53::service_model(), gen::route53::implemented<services::route53::Route53>()),
      support(gen::sts::service_model(), gen::sts::implemented<services::sts::Sts>()),
      support(gen::iam::service_model(), gen::iam::implemented<services::iam::Iam>()),
      support(gen::cloudwatch::service_model(),
              gen::cloudwatch::implemented<services::cloudwatch::CloudWatch>()),
      support(gen::logs::service_model(), gen::logs::implemented<services::logs::Logs>()),
      support(gen::acm::service_model(), gen::acm::implemented<services::acm::Acm>()),
      support(gen::cloudfront::service_model(),
              gen::cloudfront::implemented<services::cloudfront::CloudFront>()),
      support(gen::kinesis::service_model(), gen::kinesis::implemented<services::kinesis::Kinesis>()),
      support(gen::s3::service_model(), gen::s3::implemented<services::s3::S3>()),
  };
}

}  // namespace meridian::apps

#include "apps/cdn_traffic/s3_log_bucket.h"

#include <fmt/format.h>

namespace meridian::apps {
namespace {

namespace s3 = services::s3;

template <typename T>
Result<T> result_of(aws::Outcome<T> outcome) {
  if (!outcome) return fail(ErrorCode::Unavailable, outcome.error().code + ": " + outcome.error().message);
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *std::move(outcome);
  }
}

}  // namespace

Result<void> S3LogBucket::put(const LogObject& object, std::string_view bytes) {
  static const aws::Operation& kPutObject = *s3::api::service_model().find("PutObject");
  aws::Call call;
  call.service = "s3";
  call.operation = kPutObject.name;
  call.region = "us-east-1";
  call.time = clock_.now();
  call.account_id = object.account;
  call.principal_arn = fmt::format("arn:aws:iam::{}:root", object.account);
  s3::api::PutObjectRequest request;
  request.Bucket = object.bucket;
  request.Key = object.key;
  request.ExpectedBucketOwner = object.account;
  const aws::Value input = aws::Value::of(request);
  TRY(result_of(s3_.vet(kPutObject, input)));
  call.body = TRY(result_of(s3_.receive(call, kPutObject, input)));
  TRY(result_of(call.body->take(bytes)));
  TRY(result_of(call.body->end({})));
  TRY(result_of(s3_.PutObject(call, request)));
  return {};
}

}  // namespace meridian::apps

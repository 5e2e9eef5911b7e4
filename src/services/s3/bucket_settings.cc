#include "services/s3/bucket_settings.h"

#include "services/s3/service.h"

namespace meridian::services::s3 {

std::string encode_setting(const aws::Codec& codec, const BucketSetting& setting, const aws::Value& output) {
  return codec.encode_response(*gen::s3::service_model().find(setting.get_operation), output, "").body;
}

aws::Outcome<aws::Value> decode_setting(const aws::Codec& codec, const BucketSetting& setting,
                                        std::string text) {
  return codec.decode_response(*gen::s3::service_model().find(setting.get_operation),
                               {200, {}, std::move(text)});
}

aws::Failure no_such_setting(const BucketSetting& setting, std::string_view bucket) {
  aws::Failure failure = aws::refuse(setting.absent_code, setting.absent_message, 404);
  failure.error().facts = {{"BucketName", std::string(bucket)}};
  return failure;
}

aws::Outcome<std::optional<aws::Value>> S3::find_setting(std::string_view bucket,
                                                         const BucketSetting& setting) {
  auto found = TRY(aws::or_failure(store_.get(setting_key(bucket, setting.kind))));
  if (!found) return std::nullopt;
  return TRY(decode_setting(*codec_, setting, std::move(found->value)));
}

aws::Outcome<aws::Value> S3::get_setting(const aws::Call& call, std::string_view bucket,
                                         const std::optional<std::string>& expected_owner,
                                         const BucketSetting& setting) {
  TRY(find_bucket(call, bucket, expected_owner));
  auto found = TRY(find_setting(bucket, setting));
  if (!found) return no_such_setting(setting, bucket);
  return *std::move(found);
}

aws::Outcome<void> S3::put_setting(const aws::Call& call, std::string_view bucket,
                                   const std::optional<std::string>& expected_owner,
                                   const BucketSetting& setting, const std::optional<aws::Value>& value) {
  const std::string key = setting_key(bucket, setting.kind);
  const auto build = [&]() -> aws::Outcome<store::Transaction> {
    const auto found = TRY(find_bucket(call, bucket, expected_owner));
    store::Transaction transaction;
    transaction.preconditions.push_back({bucket_key(bucket), found.modified});
    if (value) {
      transaction.puts.push_back({key, encode_setting(*codec_, setting, *value)});
    } else {
      transaction.deletes.push_back(key);
    }
    return transaction;
  };
  TRY(aws::commit_built(store_, build, errors::conflict()));
  return {};
}

}  // namespace meridian::services::s3

#include "apps/aws_client.h"

#include <fmt/format.h>

#include <cstdlib>

#include "apps/input.h"
#include "aws/sigv4.h"
#include "base/check.h"

namespace meridian::apps {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

}  // namespace

Result<ClientCredentials> read_profile(std::string_view text, std::string_view profile) {
  ClientCredentials found;
  bool inside = false;
  while (!text.empty()) {
    std::string_view line = trimmed(text.substr(0, text.find('\n')));
    text.remove_prefix(
        std::min(text.size(), text.find('\n') == text.npos ? text.size() : text.find('\n') + 1));
    if (line.starts_with('[') && line.ends_with(']'))
      inside = trimmed(line.substr(1, line.size() - 2)) == profile;
    std::size_t equals = line.find('=');
    if (!inside || equals == line.npos || line.starts_with('#')) continue;
    std::string_view key = trimmed(line.substr(0, equals));
    std::string value(trimmed(line.substr(equals + 1)));
    if (key == "aws_access_key_id") found.access_key_id = value;
    if (key == "aws_secret_access_key") found.secret_access_key = value;
    if (key == "aws_session_token") found.session_token = value;
  }
  if (found.access_key_id.empty() || found.secret_access_key.empty())
    return fail(ErrorCode::NotFound, fmt::format("no profile [{}] with an access key", profile),
                ErrorSource::Caller);
  return found;
}

Result<ClientCredentials> find_credentials(const std::string& data_dir) {
  if (std::string id = environment("AWS_ACCESS_KEY_ID"); !id.empty())
    return ClientCredentials{id, environment("AWS_SECRET_ACCESS_KEY"), environment("AWS_SESSION_TOKEN")};
  std::string path = environment("AWS_SHARED_CREDENTIALS_FILE");
  std::string profile = environment("AWS_PROFILE");
  if (path.empty()) {
    if (data_dir.empty())
      return invalid(
          "no credentials: set AWS_ACCESS_KEY_ID, or AWS_SHARED_CREDENTIALS_FILE, or give --data-dir of the "
          "server");
    path = data_dir + "/credentials";
  }
  return read_profile(TRY(read_input(path)), profile.empty() ? "meridian" : profile);
}

AwsClient::AwsClient(http::Url url, ClientCredentials credentials, const aws::ServiceModel& model,
                     const Clock& clock)
    : url_(std::move(url)),
      credentials_(std::move(credentials)),
      model_(&model),
      clock_(&clock),
      codec_(aws::make_codec(model.protocols.front(), model)) {}

Result<AwsClient> AwsClient::open(const ClientOptions& options, const aws::ServiceModel& model,
                                  const Clock& clock) {
  auto credentials = TRY(find_credentials(options.data_dir));
  auto url = TRY(http::Url::parse(options.endpoint));
  return AwsClient(std::move(url), std::move(credentials), model, clock);
}

aws::Outcome<aws::Value> AwsClient::call_value(std::string_view name, const aws::Value& input,
                                               Beside* beside) {
  const aws::Operation* operation = model_->find(name);
  CHECK(operation);
  aws::HttpRequest request = codec_->encode_request(*operation, input);
  request.headers.set("Host", url_.authority());
  if (beside)
    for (const auto& [field, value] : beside->said) request.headers.set(field, value);
  const bool s3 = std::string_view(model_->signing_name) == "s3";
  if (s3) request.headers.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
  aws::sigv4::sign(request,
                   {credentials_.access_key_id, credentials_.secret_access_key, credentials_.session_token},
                   "us-east-1", {.service = model_->signing_name, .s3 = s3}, clock_->now());

  http::ClientRequest message;
  message.method = request.method;
  message.url = url_;
  message.url.target = request.path + (request.query.empty() ? "" : "?" + request.query);
  for (const auto& [field, value] : request.headers)
    if (!aws::equal_ignoring_case(field, "Host")) message.headers.push_back({field, value});
  message.body = std::move(request.body);
  auto reply = http::fetch(message);
  if (!reply) return aws::refuse("Unreachable", reply.error().message, 503);

  aws::HttpResponse response;
  response.status = reply->status;
  for (auto& header : reply->headers) response.headers.add(std::move(header.name), std::move(header.value));
  response.body = std::move(reply->body);
  if (beside) beside->heard = response.headers;
  return codec_->decode_response(*operation, response);
}

}  // namespace meridian::apps

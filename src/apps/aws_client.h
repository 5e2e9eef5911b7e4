// Typed calls from the command line to a running server, signed like any client's.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "apps/command_line.h"
#include "aws/protocol.h"
#include "base/clock.h"
#include "http/client.h"

namespace meridian::apps {

// From AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, else from the profile AWS_PROFILE of
// AWS_SHARED_CREDENTIALS_FILE, else from `credentials` in the server's data directory.
struct ClientCredentials {
  std::string access_key_id, secret_access_key, session_token;
};
Result<ClientCredentials> find_credentials(const std::string& data_dir);
// One profile of a shared-credentials file.
Result<ClientCredentials> read_profile(std::string_view text, std::string_view profile);

class AwsClient {
 public:
  static Result<AwsClient> open(const ClientOptions& options, const aws::ServiceModel& model,
                                const Clock& clock);

  // Fields of heads that are in no model: what goes with the call, and what came back.
  struct Beside {
    aws::Headers said, heard;
  };

  template <typename Output, typename Input>
  aws::Outcome<Output> call(std::string_view operation, const Input& input, Beside* beside = nullptr) {
    auto output = call_value(operation, aws::Value::of(input), beside);
    if (!output) return std::unexpected(std::move(output).error());
    return output->template as<Output>();
  }
  aws::Outcome<aws::Value> call_value(std::string_view operation, const aws::Value& input,
                                      Beside* beside = nullptr);

 private:
  AwsClient(http::Url url, ClientCredentials credentials, const aws::ServiceModel& model, const Clock& clock);

  http::Url url_;
  ClientCredentials credentials_;
  const aws::ServiceModel* model_;
  const Clock* clock_;
  std::unique_ptr<aws::Codec> codec_;
};

}  // namespace meridian::apps

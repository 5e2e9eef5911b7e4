#include "apps/client_words.h"

#include <map>

namespace meridian::apps {
namespace {
const std::map<std::string, Output> kOutputs{{"table", Output::Table}, {"json", Output::Json}};
}  // namespace

CLI::Validator silent(CLI::Validator validator) {
  return validator.description("");
}

void add_output(CLI::App& app, Output& output) {
  app.add_option("--output", output, "How to print: table (for people) or json")
      ->transform(silent(CLI::CheckedTransformer(kOutputs)))
      ->type_name("table|json");
}

void add_admin(CLI::App& app, ClientOptions& client) {
  client.admin = "http://127.0.0.1:9153";
  app.add_option("--admin", client.admin, "The admin address of the running server")
      ->envname("MERIDIAN_ADMIN")
      ->type_name("URL")
      ->capture_default_str();
  add_output(app, client.output);
}

void add_endpoint(CLI::App& app, ClientOptions& client) {
  client.endpoint = "http://127.0.0.1:4566";
  app.add_option("--endpoint-url", client.endpoint, "The AWS endpoint of the running server")
      ->envname("AWS_ENDPOINT_URL")
      ->type_name("URL")
      ->capture_default_str();
  app.add_option("--data-dir", client.data_dir,
                 "Where the server's credentials are, when AWS_ACCESS_KEY_ID and AWS_SHARED_CREDENTIALS_FILE "
                 "name none")
      ->envname("MERIDIAN_DATA_DIR")
      ->type_name("DIR");
}

}  // namespace meridian::apps

#include "apps/command_line_s3.h"

#include <CLI/CLI.hpp>

#include "apps/client_words.h"

namespace meridian::apps {

void add_website_options(CLI::App& app, WebsiteOptions& options) {
  app.add_option("--website", options.addresses,
                 "Where S3's websites listen, and nothing else (off by default; the API's listeners answer "
                 "BUCKET.s3-website.localhost in any case)")
      ->envname("MERIDIAN_WEBSITE")
      ->type_name("ADDR:PORT")
      ->delimiter(',');
  app.add_option("--website-domain", options.domains,
                 "A domain below which each bucket's website has a name, BUCKET.DOMAIN")
      ->envname("MERIDIAN_WEBSITE_DOMAIN")
      ->type_name("DOMAIN")
      ->delimiter(',');
}

void add_explain_s3(CLI::App& explain, ExplainS3Options& options) {
  CLI::App& s3 = *explain.add_subcommand("s3", "Which policy lets a request of S3 through, or not");
  s3.add_option("method", options.method, "The request's method")->required()->type_name("METHOD");
  s3.add_option("uri", options.uri, "What is asked for, with its query")
      ->required()
      ->type_name("s3://BUCKET[/KEY][?QUERY]");
  CLI::Option* as =
      s3.add_option("--as", options.as, "A user by name or ARN, or an account; by default the account's root")
          ->type_name("PRINCIPAL");
  CLI::Option* nobody = s3.add_flag("--anonymous", options.anonymous, "As who signs nothing")->excludes(as);
  CLI::Option* service =
      s3.add_option("--service", options.service, "As a service, such as cloudfront.amazonaws.com")
          ->type_name("SERVICE")
          ->excludes(as)
          ->excludes(nobody);
  s3.add_option("--source-arn", options.source_arn, "The resource that the service acts for")
      ->type_name("ARN");
  s3.add_option("--source-account", options.source_account, "The account of that resource")->type_name("ID");
  s3.add_option("--origin-access-identity", options.identity, "As an origin access identity")
      ->type_name("ID")
      ->excludes(as)
      ->excludes(nobody)
      ->excludes(service);
  s3.add_option("--from", options.from, "The address that the request comes from")->type_name("IP");
  s3.add_flag("--plain", options.plain, "As if it came without TLS");
  add_admin(s3, options.client);
}

}  // namespace meridian::apps

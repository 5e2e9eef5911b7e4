#include "apps/command_line_s3.h"

#include <CLI/CLI.hpp>

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

}  // namespace meridian::apps

// The options of S3's websites, and of explaining S3's decisions. A file of its own for command_line.cc's
// length; CLI11 is behind its .cc.
#pragma once

#include "apps/command_line.h"

namespace CLI {
class App;
}

namespace meridian::apps {

void add_website_options(CLI::App& app, WebsiteOptions& options);
void add_explain_s3(CLI::App& explain, ExplainS3Options& options);

}  // namespace meridian::apps

// The words of `meridian explain`. A file of its own for command_line.cc's length; CLI11 is behind its .cc.
#pragma once

#include "apps/command_line.h"

namespace CLI {
class App;
}

namespace meridian::apps {

struct ExplainWords {
  ExplainDnsOptions dns;
  ExplainHealthOptions health;
  ExplainHttpOptions http;
  ExplainS3Options s3;
};
void add_explain(CLI::App& root, ExplainWords& words);
Command choose_explain(const CLI::App& root, const ExplainWords& words);

}  // namespace meridian::apps

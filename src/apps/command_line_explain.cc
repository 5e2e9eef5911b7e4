#include "apps/command_line_explain.h"

#include <CLI/CLI.hpp>

#include "apps/client_words.h"
#include "apps/command_line_s3.h"

namespace meridian::apps {
namespace {

void add_explain_dns(CLI::App& explain, ExplainDnsOptions& options) {
  CLI::App& dns = *explain.add_subcommand("dns", "Each step that leads to a DNS answer");
  dns.add_option("name", options.name, "The name asked for")->required()->type_name("NAME");
  dns.add_option("type", options.type, "The type asked for")->default_val("A")->type_name("TYPE");
  CLI::Option* from =
      dns.add_option("--from", options.from, "The address that the question comes from")->type_name("IP");
  CLI::Option* subnet =
      dns.add_option("--subnet", options.subnet, "The client subnet that a resolver tells (RFC 7871)")
          ->type_name("CIDR");
  dns.add_option("--region", options.region, "As if the client were in the place of this AWS Region")
      ->type_name("REGION")
      ->excludes(from)
      ->excludes(subnet);
  dns.add_option("--repeat", options.draws,
                 "Show how often each answer comes, over so many evenly spread draws")
      ->check(silent(CLI::Range(1, 100000)))
      ->type_name("N");
  add_admin(dns, options.client);
}

void add_explain_http(CLI::App& explain, ExplainHttpOptions& options) {
  CLI::App& http = *explain.add_subcommand("http", "Each step that leads to a distribution's answer");
  http.add_option("url", options.url, "What the viewer asks for")->required()->type_name("URL");
  http.add_option("-H,--header", options.fields, "A header of the request, 'Name: value'; again for more")
      ->type_name("HEADER")
      ->allow_extra_args(false);
  http.add_option("-X,--request", options.method, "The request's method")
      ->default_val("GET")
      ->type_name("METHOD");
  http.add_option("--from", options.from, "The address that the viewer has")->type_name("IP");
  http.add_option("--location", options.location, "The edge location that he came to")->type_name("CODE");
  http.add_flag("--fetch", options.fetch,
                "Ask the origin where a viewer's request would; what may be kept is kept");
  add_admin(http, options.client);
}

}  // namespace

void add_explain(CLI::App& root, ExplainWords& words) {
  CLI::App& explain = *root.add_subcommand("explain", "Say why something is answered as it is");
  explain.require_subcommand(1);
  add_explain_dns(explain, words.dns);
  CLI::App& health = *explain.add_subcommand("health", "Why a health check has the status that it has");
  health.add_option("id", words.health.id, "The health check")->required()->type_name("ID");
  add_admin(health, words.health.client);
  add_explain_http(explain, words.http);
  add_explain_s3(explain, words.s3);
}

Command choose_explain(const CLI::App& root, const ExplainWords& words) {
  const CLI::App& explain = *root.get_subcommand("explain");
  if (explain.got_subcommand("health")) return words.health;
  if (explain.got_subcommand("http")) return words.http;
  if (explain.got_subcommand("s3")) return words.s3;
  return words.dns;
}

}  // namespace meridian::apps

// CLI11 costs seconds a file, so it stays in this one.
#include "apps/sign/sign_words.h"

#include <CLI/CLI.hpp>

namespace meridian::apps {

void add_sign(CLI::App& root, SignOptions& options) {
  CLI::App& sign = *root.add_subcommand("sign", "Make a signed URL or signed cookies for restricted content");
  sign.add_option("url", options.url, "The URL as viewers will ask for it, with its own query string")
      ->required()
      ->type_name("URL");
  sign.add_option("--key-pair-id", options.key_pair_id,
                  "The id of the public key, of a key group of the behavior")
      ->required()
      ->type_name("ID");
  sign.add_option("--private-key", options.key_file,
                  "The private key in PEM form, RSA or ECDSA; - for standard input")
      ->required()
      ->type_name("FILE");
  sign.add_option("--expires", options.expires,
                  "When it ends: 2026-12-31, 2026-12-31T12:00:00Z or Unix seconds")
      ->type_name("TIME");
  sign.add_option("--for", options.lifetime,
                  "How long it lasts from now: 90s, 15m, 12h, 7d (without --expires: 1h)")
      ->type_name("TIME")
      ->excludes("--expires");
  sign.add_option("--not-before", options.not_before, "When it begins, as --expires (a custom policy)")
      ->type_name("TIME");
  sign.add_option("--ip-address", options.source, "The only viewers, IPv4 (a custom policy)")
      ->type_name("CIDR");
  sign.add_option("--resource", options.resource,
                  "What else than the URL it is for, with * and ? (a custom policy)")
      ->type_name("PATTERN");
  sign.add_flag("--sha256", options.sha256, "Hash with SHA-256 instead of SHA-1, and say so");
  sign.add_flag("--cookies", options.cookies, "Print cookies, a line each, instead of a URL");
}

}  // namespace meridian::apps

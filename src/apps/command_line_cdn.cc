#include "apps/command_line_cdn.h"

#include <CLI/CLI.hpp>

namespace meridian::apps {

void add_cdn_options(CLI::App& app, CdnOptions& options) {
  app.add_option(
         "--cdn-listen", options.addresses,
         "Where CloudFront's distributions are served over HTTP; CODE=ADDR:PORT of another edge location")
      ->envname("MERIDIAN_CDN_LISTEN")
      ->type_name("[CODE=]ADDR:PORT")
      ->delimiter(',');
  app.add_option(
         "--cdn-listen-tls", options.tls_addresses,
         "Where they are served over HTTPS; redirects to HTTPS lead to the port of the location's first")
      ->envname("MERIDIAN_CDN_LISTEN_TLS")
      ->type_name("[CODE=]ADDR:PORT")
      ->delimiter(',');
  options.location = "DEV50-C1";
  app.add_option("--cdn-location", options.location,
                 "The edge location that X-Amz-Cf-Pop names, of addresses without a code")
      ->envname("MERIDIAN_CDN_LOCATION")
      ->type_name("CODE")
      ->capture_default_str();
  options.cache_bytes = 256 * 1024 * 1024;
  app.add_option("--cdn-cache", options.cache_bytes,
                 "Memory for what the CDN keeps, of all locations together")
      ->envname("MERIDIAN_CDN_CACHE")
      ->transform(CLI::AsSizeValue(false).description(""))
      ->type_name("BYTES")
      ->default_str("256MiB");
  options.slice_bytes = 64 * 1024 * 1024;
  app.add_option("--cdn-slices", options.slice_bytes,
                 "Memory for parts of large objects, beside --cdn-cache; 0: they are not kept")
      ->envname("MERIDIAN_CDN_SLICES")
      ->transform(CLI::AsSizeValue(false).description(""))
      ->type_name("BYTES")
      ->default_str("64MiB");
  app.add_option("--cdn-disk", options.disk,
                 "Directory for what the CDN keeps on disk as well, over restarts")
      ->envname("MERIDIAN_CDN_DISK")
      ->type_name("DIR");
  options.disk_bytes = std::uint64_t{10} * 1024 * 1024 * 1024;
  app.add_option("--cdn-disk-bytes", options.disk_bytes, "How much of it, of all locations together")
      ->envname("MERIDIAN_CDN_DISK_BYTES")
      ->transform(CLI::AsSizeValue(false).description(""))
      ->type_name("BYTES")
      ->default_str("10GiB");
  options.workers = 1;
  app.add_option("--cdn-workers", options.workers, "Threads that serve viewers")
      ->envname("MERIDIAN_CDN_WORKERS")
      ->check(CLI::Range(1, 128).description(""))
      ->type_name("N")
      ->capture_default_str();
  app.add_flag("--cdn-pin-workers", options.pin_workers, "Keep each of these threads on a CPU of its own")
      ->envname("MERIDIAN_CDN_PIN_WORKERS");
  app.add_option("--cdn-origin-ca", options.origin_ca,
                 "PEM file of authorities that origins' certificates may be signed by, beside the system's")
      ->envname("MERIDIAN_CDN_ORIGIN_CA")
      ->type_name("FILE");
  app.add_flag("--cdn-cache-status", options.cache_status,
               "Say in Cache-Status (RFC 9211) how each response came to be")
      ->envname("MERIDIAN_CDN_CACHE_STATUS");
}

void add_own_origins(CLI::App& app, OwnOrigins& options) {
  app.add_option(
         "--origin-api", options.api,
         "Where edges reach the API, for origins in this deployment's own S3; by default --api, which "
         "those on other machines may not reach")
      ->envname("MERIDIAN_ORIGIN_API")
      ->type_name("HOST:PORT");
  app.add_option("--origin-website", options.website,
                 "The same of website endpoints; by default --website, or as --origin-api")
      ->envname("MERIDIAN_ORIGIN_WEBSITE")
      ->type_name("HOST:PORT");
}

void add_edge_cdn_options(CLI::App& app, EdgeOptions& options) {
  add_cdn_options(app, options.cdn);
  app.add_option("--cdn-tier-listen", options.tier_listen,
                 "Where other edges ask this one for what its caches have; an address that they reach")
      ->envname("MERIDIAN_CDN_TIER_LISTEN")
      ->type_name("ADDR:PORT");
  app.add_option("--cdn-address", options.cdn_addresses,
                 "What DNS answers for distributions here; by default the addresses that are listened on")
      ->envname("MERIDIAN_CDN_ADDRESS")
      ->type_name("[CODE=]ADDR")
      ->delimiter(',');
}

}  // namespace meridian::apps

// CLI11 lives here, in command_texts.cc, client_words.cc and the words of single commands only: it costs
// seconds a file to compile.
#include "apps/command_line.h"

#include <limits.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>

#include "apps/bill/bill_words.h"
#include "apps/client_words.h"
#include "apps/command_line_cdn.h"
#include "apps/command_line_certificates.h"
#include "apps/command_line_explain.h"
#include "apps/command_line_health.h"
#include "apps/command_line_s3.h"
#include "apps/command_texts.h"
#include "apps/doctor/doctor_words.h"
#include "apps/drill/drill_words.h"
#include "apps/invalidate/invalidate_words.h"
#include "apps/sign/sign_words.h"
#include "apps/version.h"

namespace meridian::apps {
namespace {

const std::map<std::string, LogFormat> kLogFormats{{"text", LogFormat::Text}, {"json", LogFormat::Json}};
const std::map<std::string, LogLevel> kLogLevels{{"debug", LogLevel::Debug},
                                                 {"info", LogLevel::Info},
                                                 {"warn", LogLevel::Warn},
                                                 {"error", LogLevel::Error}};

// Everything the parser fills; which one counts is known when a subcommand was chosen.
struct Parsed {
  std::string config;
  ServeOptions serve, control;
  EdgeOptions edge;
  EdgeJoinOptions edge_join;
  EdgesOptions edges;
  EdgesTokenOptions edges_token;
  EdgesRemoveOptions edges_remove;
  CaOptions ca;
  HealthListOptions health_list;
  HealthSetOptions health_set;
  HealthClearOptions health_clear;
  StatusOptions status;
  ExplainWords explain;
  DiffOptions diff;
  DoctorOptions doctor;
  DrillOptions drill;
  ZoneImportOptions zone_import;
  ZoneExportOptions zone_export;
  SignOptions sign;
  BillOptions bill;
  InvalidateOptions invalidate;
  SupportMatrixOptions support_matrix;
  VersionOptions version;
  std::string shell;
};

void add_dns_tls(CLI::App& app, DnsTlsOptions& tls) {
  app.add_option("--dns-tls", tls.addresses, "Where DNS over TLS listens (off by default; its port is 853)")
      ->envname("MERIDIAN_DNS_TLS")
      ->type_name("ADDR:PORT")
      ->delimiter(',');
  app.add_option("--dns-tls-certificate", tls.certificate,
                 "Its certificate, PEM, read again when it changes; without one, one is made")
      ->envname("MERIDIAN_DNS_TLS_CERTIFICATE")
      ->type_name("FILE");
  app.add_option("--dns-tls-key", tls.key, "The key of that certificate, PEM without a passphrase")
      ->envname("MERIDIAN_DNS_TLS_KEY")
      ->type_name("FILE");
}

void add_dns_limits(CLI::App& app, DnsLimitOptions& limits) {
  const auto number = [&app](const char* name, std::uint32_t& value, const char* help, const char* variable) {
    return app.add_option(name, value, help)
        ->envname(variable)
        ->check(silent(CLI::Range(0, 100'000'000)))
        ->type_name("N");
  };
  number("--rate-limit", limits.rate_limit,
         "Like answers a second to one client prefix (/24, /56) over UDP; 0: no limit",
         "MERIDIAN_RATE_LIMIT");
  number("--rate-limit-slip", limits.rate_limit_slip,
         "Every N-th answer held back goes truncated, so that real clients come over TCP; 0: none",
         "MERIDIAN_RATE_LIMIT_SLIP")
      ->capture_default_str();
  app.add_option("--rate-limit-exempt", limits.rate_limit_exempt, "Clients that no limit holds for")
      ->envname("MERIDIAN_RATE_LIMIT_EXEMPT")
      ->type_name("CIDR")
      ->delimiter(',');
  number("--prefix-limit", limits.prefix_limit, "Queries a second of one client prefix; 0: no limit",
         "MERIDIAN_PREFIX_LIMIT");
  number("--zone-limit", limits.zone_limit, "Queries a second for one zone; 0: no limit",
         "MERIDIAN_ZONE_LIMIT");
  number("--tcp-connections", limits.tcp_connections,
         "DNS connections of a worker; 0: 1000. Beyond, the idlest goes", "MERIDIAN_TCP_CONNECTIONS");
  number("--tcp-connections-per-prefix", limits.tcp_connections_per_prefix,
         "DNS connections of one client prefix to a worker; 0: 200", "MERIDIAN_TCP_CONNECTIONS_PER_PREFIX");
}

void add_query_log(CLI::App& app, QueryLogOptions& log) {
  const auto number = [&app](const char* name, std::uint32_t& value, CLI::Range range, const char* help,
                             const char* variable) {
    app.add_option(name, value, help)
        ->envname(variable)
        ->check(silent(range))
        ->type_name("N")
        ->capture_default_str();
  };
  const auto zones = [&app](const char* name, std::vector<std::string>& value, const char* help,
                            const char* variable) {
    app.add_option(name, value, help)->envname(variable)->type_name("ID")->delimiter(',');
  };
  app.add_option("--query-log", log.file,
                 "Write a line a query in Route 53's format; - for standard output (off by default)")
      ->envname("MERIDIAN_QUERY_LOG")
      ->type_name("FILE");
  number("--query-log-sample", log.sample, CLI::Range(1, 1'000'000), "Log one query in N, at random",
         "MERIDIAN_QUERY_LOG_SAMPLE");
  zones("--query-log-zone", log.zones, "Log only queries that this hosted zone answered",
        "MERIDIAN_QUERY_LOG_ZONE");
  number("--query-log-file-mb", log.file_mb, CLI::Range(1, 1'000'000),
         "Megabytes of a log file before a new one is begun", "MERIDIAN_QUERY_LOG_FILE_MB");
  number("--query-log-files", log.files_keep, CLI::Range(0, 999), "Old log files kept: FILE.1 is the newest",
         "MERIDIAN_QUERY_LOG_FILES");
  number("--query-log-ring-mb", log.ring_mb, CLI::Range(1, 1024),
         "Megabytes a DNS worker may be ahead of the log; beyond, records are dropped and counted",
         "MERIDIAN_QUERY_LOG_RING_MB");
  app.add_option("--edge-location", log.edge_location,
                 "The edge location in the lines, such as FRA50-C1; by default the NSID")
      ->envname("MERIDIAN_EDGE_LOCATION")
      ->type_name("CODE");
  app.add_option("--dnstap", log.dnstap, "Write queries and responses as dnstap (off by default)")
      ->envname("MERIDIAN_DNSTAP")
      ->type_name("FILE|unix:PATH");
  number("--dnstap-sample", log.dnstap_sample, CLI::Range(1, 1'000'000), "Tap one query in N, at random",
         "MERIDIAN_DNSTAP_SAMPLE");
  zones("--dnstap-zone", log.dnstap_zones, "Tap only queries that this hosted zone answered",
        "MERIDIAN_DNSTAP_ZONE");
}

void add_transfer(CLI::App& app, TransferWords& words) {
  words.transfers_max = 16;
  app.add_option(
         "--transfer-to", words.transfer_to,
         "Who may take zones by AXFR and IXFR: PREFIX, key:NAME, or PREFIX,key:NAME (nobody by default)")
      ->type_name("RULE");
  app.add_option("--notify", words.notify,
                 "Secondaries told of changes: ADDR, ADDR@PORT, and ,key:NAME to sign what they are told")
      ->type_name("TARGET");
  app.add_option("--catalog-zone", words.catalog_zone,
                 "A zone that lists all zones (RFC 9432), for secondaries that take them from there")
      ->envname("MERIDIAN_CATALOG_ZONE")
      ->type_name("NAME");
  app.add_option("--tsig-keys", words.tsig_keys_file,
                 "TSIG keys as tsig-keygen or keymgr -t write them; a file of mode 0600")
      ->envname("MERIDIAN_TSIG_KEYS")
      ->type_name("FILE");
  // The configuration file's [[tsig-keys]]; not shown, for a command line can be read by all.
  app.add_option("--tsig-key", words.tsig_keys)->group("");
  app.add_option("--transfers-max", words.transfers_max, "Zone transfers at a time")
      ->envname("MERIDIAN_TRANSFERS_MAX")
      ->check(silent(CLI::Range(1, 10000)))
      ->type_name("N")
      ->capture_default_str();
}

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

void add_dns_sockets(CLI::App& app, DnsServerOptions& options) {
  options.dns_receive_buffer = 1024 * 1024;
  app.add_option("--dns-receive-buffer", options.dns_receive_buffer,
                 "Bytes of queries that wait in each UDP socket while its worker is busy (SO_RCVBUF)")
      ->envname("MERIDIAN_DNS_RECEIVE_BUFFER")
      ->check(silent(CLI::Range(4096, 1 << 30)))
      ->type_name("BYTES")
      ->capture_default_str();
  app.add_flag("--dns-pin-workers", options.dns_pin_workers,
               "Keep each DNS worker on a CPU of its own, with the queries that this CPU receives")
      ->envname("MERIDIAN_DNS_PIN_WORKERS");
}

void add_data_dir(CLI::App& app, std::string& data_dir) {
  data_dir = "meridian-data";
  app.add_option("--data-dir", data_dir, "The one directory of all state; made when absent")
      ->envname("MERIDIAN_DATA_DIR")
      ->type_name("DIR")
      ->capture_default_str();
}

void add_process(CLI::App& app, ProcessOptions& options, std::string& config) {
  options.admin = "127.0.0.1:9153";
  options.log_format = isatty(STDERR_FILENO) ? LogFormat::Text : LogFormat::Json;
  add_data_dir(app, options.data_dir);
  app.add_option("--admin", options.admin,
                 "Where /metrics, /ready, /status, /dns/top and /explain/dns listen")
      ->envname("MERIDIAN_ADMIN_LISTEN")
      ->type_name("ADDR:PORT")
      ->capture_default_str();
  app.add_option("--user", options.user,
                 "Who to be when started as root: ports below 1024 are bound, then every right is given up")
      ->envname("MERIDIAN_USER")
      ->type_name("NAME[:GROUP]");
  app.add_option("--log-format", options.log_format, "text or json; text on a terminal, json elsewhere")
      ->envname("MERIDIAN_LOG_FORMAT")
      ->transform(silent(CLI::CheckedTransformer(kLogFormats)))
      ->type_name("text|json");
  app.add_option("--log-level", options.log_level, "debug, info, warn or error")
      ->envname("MERIDIAN_LOG_LEVEL")
      ->transform(silent(CLI::CheckedTransformer(kLogLevels)))
      ->type_name("LEVEL");
  app.add_option("--config", config, "A TOML file with these same names; the command line wins")
      ->envname("MERIDIAN_CONFIG")
      ->type_name("FILE")
      ->check(silent(CLI::ExistingFile));
}

void add_locations(CLI::App& app, LocationOptions& options) {
  app.add_option("--topology", options.topology,
                 "Where client networks, Regions and edge locations are, TOML; read again when it changes, "
                 "as are these two:")
      ->envname("MERIDIAN_TOPOLOGY")
      ->type_name("FILE");
  app.add_option("--geo-database", options.geo_databases,
                 "Where addresses are, .mmdb; of several the first that knows one")
      ->envname("MERIDIAN_GEO_DATABASE")
      ->type_name("FILE")
      ->delimiter(',');
  app.add_option("--latency-table", options.latency_table,
                 "Measured latencies, lines of cidr,region,milliseconds; without them, the distance counts")
      ->envname("MERIDIAN_LATENCY_TABLE")
      ->type_name("FILE");
}

void add_canary(CLI::App& app, DnsServerOptions& options) {
  app.add_flag("--no-canary", options.no_canary,
               "Publish changes without trying them in a process of their own, which needs the zones' memory "
               "once more")
      ->envname("MERIDIAN_NO_CANARY");
}

void add_dns_server(CLI::App& app, DnsServerOptions& options) {
  options.dns = {"127.0.0.1:5300"};
  app.add_option("--dns", options.dns, "Where DNS listens, UDP and TCP")
      ->envname("MERIDIAN_DNS")
      ->type_name("ADDR:PORT")
      ->capture_default_str()
      ->delimiter(',');
  app.add_option("--dns-workers", options.dns_workers, "Threads that answer DNS; 0: one a core")
      ->envname("MERIDIAN_DNS_WORKERS")
      ->check(silent(CLI::Range(0, 128)))
      ->type_name("N");
  add_dns_limits(app, options.dns_limits);
  add_dns_tls(app, options.dns_tls);
  add_query_log(app, options.query_log);
  add_dns_sockets(app, options);
  // Not bound to the optional itself, which CLI11 would unset for an empty text.
  app.add_option_function<std::string>(
         "--nsid", [&options](const std::string& text) { options.nsid = text; },
         "What NSID (RFC 5001) answers: the host's name unless given, of an edge its name; nothing when "
         "empty")
      ->envname("MERIDIAN_NSID")
      ->type_name("TEXT");
  add_transfer(app, options.transfer);
  add_locations(app, options.locations);
  add_canary(app, options);
}

void add_feed(CLI::App& app, FeedOptions& options) {
  CLI::Option* address = app.add_option("--feed", options.address, "Where edges connect, with mutual TLS")
                             ->envname("MERIDIAN_FEED")
                             ->type_name("ADDR:PORT");
  if (!options.address.empty()) address->capture_default_str();
  options.edge_live_time_s = 10;
  app.add_option("--edge-live-time", options.edge_live_time_s,
                 "Seconds for which changes wait for an edge that is no longer heard")
      ->envname("MERIDIAN_EDGE_LIVE_TIME")
      ->check(silent(CLI::Range(0, 86400)))
      ->type_name("SECONDS")
      ->capture_default_str();
  app.add_option("--canary-edge", options.canary_edges,
                 "An edge that gets each change first; the others when all of these serve it")
      ->envname("MERIDIAN_CANARY_EDGE")
      ->type_name("NAME")
      ->delimiter(',');
  app.add_option("--canary-soak", options.canary_soak_s,
                 "Seconds for which canary edges serve a change before the others get it")
      ->envname("MERIDIAN_CANARY_SOAK")
      ->check(silent(CLI::Range(0, 86400)))
      ->type_name("SECONDS")
      ->capture_default_str();
}

void add_control_plane(CLI::App& app, ServeOptions& options) {
  options.api = {"127.0.0.1:4566"};
  options.call_workers = 16;
  options.records_per_zone_max = 10000;
  options.health_checks_max = 200;
  options.traffic_policies_max = 50;
  options.traffic_policy_instances_max = 5;
  options.distributions_max = 500;
  options.metrics_max = 100000;
  options.logs_bytes_max = 1ull << 30;
  app.add_option("--api", options.api, "Where the AWS API listens")
      ->envname("MERIDIAN_API")
      ->type_name("ADDR:PORT")
      ->capture_default_str()
      ->delimiter(',');
  app.add_option("--api-tls", options.api_tls, "Where the AWS API listens with TLS (off by default)")
      ->envname("MERIDIAN_API_TLS")
      ->type_name("ADDR:PORT")
      ->delimiter(',');
  app.add_option("--call-workers", options.call_workers, "Threads that run API calls")
      ->envname("MERIDIAN_CALL_WORKERS")
      ->check(silent(CLI::Range(1, 256)))
      ->type_name("N")
      ->capture_default_str();
  auto add_quota = [&](const std::string& name, const std::string& variable, std::uint32_t& quota, int most,
                       const std::string& of) {
    app.add_option(name, quota, "The quota of " + of)
        ->envname(variable)
        ->check(silent(CLI::Range(1, most)))
        ->type_name("N")
        ->capture_default_str();
  };
  add_quota("--records-per-zone-max", "MERIDIAN_RECORDS_PER_ZONE_MAX", options.records_per_zone_max,
            50'000'000, "records in a hosted zone");
  add_quota("--health-checks-max", "MERIDIAN_HEALTH_CHECKS_MAX", options.health_checks_max, 1'000'000,
            "health checks in an account");
  add_quota("--traffic-policies-max", "MERIDIAN_TRAFFIC_POLICIES_MAX", options.traffic_policies_max,
            1'000'000, "traffic policies in an account");
  add_quota("--traffic-policy-instances-max", "MERIDIAN_TRAFFIC_POLICY_INSTANCES_MAX",
            options.traffic_policy_instances_max, 1'000'000, "traffic policy instances in an account");
  add_quota("--distributions-max", "MERIDIAN_DISTRIBUTIONS_MAX", options.distributions_max, 1'000'000,
            "CloudFront distributions in an account");
  add_quota("--metrics-max", "MERIDIAN_METRICS_MAX", options.metrics_max, 10'000'000,
            "metrics that CloudWatch keeps, of about 500 bytes of memory each");
  app.add_option("--logs-bytes-max", options.logs_bytes_max,
                 "Bytes on disk for the events of CloudWatch Logs; the oldest go first")
      ->envname("MERIDIAN_LOGS_BYTES_MAX")
      ->check(silent(CLI::Range(std::uint64_t{32} << 20, std::uint64_t{1} << 50)))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--alarm-webhook", options.alarm_webhook,
                 "Where the actions of CloudWatch alarms are posted, as SNS would; without it they fail")
      ->envname("MERIDIAN_ALARM_WEBHOOK")
      ->type_name("URL");
  app.add_flag("--private-health-checks", options.private_health_checks,
               "Let health checks name private, loopback and reserved addresses, which AWS refuses")
      ->envname("MERIDIAN_PRIVATE_HEALTH_CHECKS");
  app.add_flag("--no-health-probes", options.no_health_probes,
               "Do not probe the endpoints of health checks: they are what was found or said last")
      ->envname("MERIDIAN_NO_HEALTH_PROBES");
  add_health_options(app, options.health);
  add_website_options(app, options.website);
  add_certificate_options(app, options.certificates);
  add_cdn_options(app, options.cdn);
  app.add_flag("--dev", options.dev,
               "Accept any credentials: account 123456789012, or the access key itself where it is 12 digits")
      ->envname("MERIDIAN_DEV");
  app.add_flag("--example", options.example, "Make the example world when the data directory is new");
  add_feed(app, options.feed);
  add_own_origins(app, options.own_origins);
}

void add_serve(CLI::App& root, Parsed& parsed) {
  CLI::App& serve = *root.add_subcommand("serve", "Run everything in this process, in the foreground");
  add_process(serve, parsed.serve, parsed.config);
  parsed.serve.nsid = host_name();
  add_dns_server(serve, parsed.serve);
  add_control_plane(serve, parsed.serve);

  CLI::App& control = *root.add_subcommand("control", "Run the API, and the feed that edges follow");
  parsed.control.control = true;
  parsed.control.feed.address = "127.0.0.1:4567";
  add_process(control, parsed.control, parsed.config);
  add_locations(control, parsed.control.locations);
  add_canary(control, parsed.control);
  add_control_plane(control, parsed.control);
  control
      .add_flag("--secondaries", parsed.control.secondaries,
                "Edges transfer zones (--transfer-to there): serve SOA serials that rise")
      ->envname("MERIDIAN_SECONDARIES");
  control
      .add_option("--catalog-zone", parsed.control.catalog_zone,
                  "A zone that lists all zones (RFC 9432), the same name as at the edges")
      ->envname("MERIDIAN_CATALOG_ZONE")
      ->type_name("NAME");
}

void add_edge(CLI::App& root, Parsed& parsed) {
  CLI::App& edge = *root.add_subcommand("edge", "Answer DNS with what a control sends, and without it");
  add_process(edge, parsed.edge, parsed.config);
  add_dns_server(edge, parsed.edge);
  add_checker_options(edge, parsed.edge.check_from, parsed.edge.health_resolvers);
  add_edge_cdn_options(edge, parsed.edge);
  CLI::App& join = *edge.add_subcommand("join", "Become an edge of the control that made the token");
  join.add_option("token", parsed.edge_join.token, "What `meridian edges token` printed there")
      ->required()
      ->type_name("TOKEN");
  join.add_flag("--again", parsed.edge_join.again, "Even when this directory has joined before");
  add_data_dir(join, parsed.edge_join.data_dir);
}

void add_edges(CLI::App& root, Parsed& parsed) {
  CLI::App& edges =
      *root.add_subcommand("edges", "The edges of this control: what each serves, and how it feels");
  add_admin(edges, parsed.edges.client);
  CLI::App& token =
      *edges.add_subcommand("token", "Make a token with which one machine can become an edge, once");
  add_data_dir(token, parsed.edges_token.data_dir);
  token
      .add_option("--name", parsed.edges_token.name, "What the edge will be called; by default one is drawn")
      ->type_name("NAME");
  token
      .add_option("--feed-address", parsed.edges_token.feed_address,
                  "Where the edge finds the control's --feed, by name or address")
      ->required()
      ->type_name("HOST:PORT");
  parsed.edges_token.valid_s = 3600;
  const std::map<std::string, std::uint32_t> units{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
  token
      .add_option("--valid", parsed.edges_token.valid_s, "How long it can be used: 30m, 1h, 2d (default 1h)")
      ->transform(silent(CLI::AsNumberWithUnit(units)))
      ->type_name("TIME");
  CLI::App& remove =
      *edges.add_subcommand("remove", "Cut an edge off for good: its certificate counts no more");
  remove.add_option("name", parsed.edges_remove.name, "The edge")->required()->type_name("NAME");
  add_data_dir(remove, parsed.edges_remove.data_dir);
}

void add_health(CLI::App& root, Parsed& parsed) {
  CLI::App& health = *root.add_subcommand("health", "Which health checks are healthy");
  health.require_subcommand(1);
  add_admin(*health.add_subcommand("list", "Every health check and its state"), parsed.health_list.client);
  CLI::App& set = *health.add_subcommand(
      "set", "Override what probes find of a health check, until `meridian health clear`");
  set.add_option("id", parsed.health_set.id, "The health check")->required()->type_name("ID");
  const std::map<std::string, bool> states{{"healthy", true}, {"unhealthy", false}};
  set.add_option("state", parsed.health_set.healthy, "What it is to be")
      ->required()
      ->transform(silent(CLI::CheckedTransformer(states)))
      ->type_name("healthy|unhealthy");
  add_admin(set, parsed.health_set.client);
  CLI::App& clear = *health.add_subcommand("clear", "Let a health check be again what probes find");
  clear.add_option("id", parsed.health_clear.id, "The health check")->required()->type_name("ID");
  add_admin(clear, parsed.health_clear.client);
}

void add_diff(CLI::App& root, Parsed& parsed) {
  CLI::App& diff = *root.add_subcommand("diff", "Who would get another answer, were this change made");
  DiffOptions& options = parsed.diff;
  CLI::Option* id = diff.add_option("--hosted-zone-id", options.zone_id, "The hosted zone")->type_name("ID");
  diff.add_option("--zone", options.zone, "The hosted zone by its name, when that is unique")
      ->type_name("NAME")
      ->excludes(id);
  CLI::Option* batch =
      diff.add_option("--change-batch", options.change_batch, "A change batch as the AWS CLI reads it")
          ->type_name("FILE");
  CLI::Option* file =
      diff.add_option("--zone-file", options.zone_file, "A zone file, as `zone import` would take it")
          ->type_name("FILE")
          ->excludes(batch);
  CLI::Option* instance =
      diff.add_option("--traffic-policy-instance", options.traffic_policy_instance,
                      "An instance that would follow a new version of its traffic policy, --document")
          ->type_name("ID")
          ->excludes(batch)
          ->excludes(file);
  CLI::Option* document =
      diff.add_option("--document", options.document, "The new version's document")->type_name("FILE");
  document->needs(instance);
  instance->needs(document);
  diff.add_option("--query-log", options.query_log,
                  "Whose questions count: a query log; by default the world's prefixes, all alike")
      ->type_name("FILE");
  options.clients = 10000;
  diff.add_option("--clients", options.clients, "Of how many of them, evenly chosen")
      ->check(silent(CLI::Range(1, 10000)))
      ->type_name("N")
      ->capture_default_str();
  add_admin(diff, options.client);
  add_endpoint(diff, options.client);
}

void add_zone(CLI::App& root, Parsed& parsed) {
  CLI::App& zone = *root.add_subcommand("zone", "Zone files in and out");
  zone.require_subcommand(1);

  CLI::App& in =
      *zone.add_subcommand("import", "Put the records of a zone file (BIND form) into a hosted zone");
  in.add_option("file", parsed.zone_import.file,
                "The zone file; - for standard input; with --axfr the name of the zone")
      ->required()
      ->type_name("FILE|NAME");
  in.add_option("--axfr", parsed.zone_import.axfr, "Take the zone from another server by AXFR")
      ->type_name("SERVER[:PORT]");
  in.add_option("--tsig-keys", parsed.zone_import.tsig_keys_file,
                "The TSIG key for that: a file of mode 0600, as tsig-keygen or keymgr -t write it")
      ->envname("MERIDIAN_TSIG_KEYS")
      ->type_name("FILE");
  in.add_option("--tsig-key", parsed.zone_import.tsig_key,
                "Which key of the file, when it has several; or ALGORITHM:NAME:SECRET")
      ->envname("MERIDIAN_TSIG_KEY")
      ->type_name("KEY");
  in.add_option("--origin", parsed.zone_import.origin, "The domain; needed unless --zone-id is given")
      ->type_name("NAME");
  in.add_option("--zone-id", parsed.zone_import.zone_id, "The hosted zone, when its name is not unique")
      ->type_name("ID");
  in.add_flag("--create", parsed.zone_import.create, "Make the hosted zone when there is none of that name");
  in.add_flag("--dry-run", parsed.zone_import.dry_run, "Read and report, change nothing");
  add_endpoint(in, parsed.zone_import.client);
  add_output(in, parsed.zone_import.client.output);

  CLI::App& out = *zone.add_subcommand("export", "Print a hosted zone as a zone file (BIND form)");
  out.add_option("file", parsed.zone_export.file, "Where to write; standard output by default")
      ->type_name("FILE");
  out.add_option("--origin", parsed.zone_export.origin, "The domain; needed unless --zone-id is given")
      ->type_name("NAME");
  out.add_option("--zone-id", parsed.zone_export.zone_id, "The hosted zone, when its name is not unique")
      ->type_name("ID");
  add_endpoint(out, parsed.zone_export.client);
}

void add_all(CLI::App& root, Parsed& parsed) {
  root.require_subcommand(1);
  root.set_version_flag("--version", "meridian " MERIDIAN_VERSION);
  root.footer("Manual: meridian man | man -l -    Completion: meridian completion bash|zsh|fish");
  add_serve(root, parsed);
  add_edge(root, parsed);
  add_edges(root, parsed);
  add_admin(*root.add_subcommand("status", "What the running server serves, and how it feels"),
            parsed.status.client);
  add_health(root, parsed);
  add_ca(root, parsed.ca);
  add_explain(root, parsed.explain);
  add_diff(root, parsed);
  add_doctor(root, parsed.doctor);
  add_drill(root, parsed.drill);
  add_zone(root, parsed);
  add_sign(root, parsed.sign);
  add_bill(root, parsed.bill);
  add_invalidate(root, parsed.invalidate);
  CLI::App& matrix = *root.add_subcommand("support-matrix", "Every AWS operation, and whether it is there");
  matrix.add_option("--service", parsed.support_matrix.service, "Only this service, for example route53")
      ->type_name("NAME");
  matrix.add_flag("--absent", parsed.support_matrix.absent_only, "Only what is absent");
  add_output(matrix, parsed.support_matrix.output);
  add_output(*root.add_subcommand("version", "What this binary is"), parsed.version.output);
  root.add_subcommand("completion", "Print a completion script for your shell")
      ->add_option("shell", parsed.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  root.add_subcommand("man", "Print the manual page");
}

// The words of the command line with those of the configuration file added where neither it nor the
// environment said anything.
Result<std::vector<std::string>> with_config(const CLI::App& role, const Parsed& parsed, int count,
                                             const char* const* words) {
  std::vector<std::string> out(words + 1, words + count);
  for (const auto& [key, values] : TRY(read_config_file(parsed.config))) {
    const CLI::Option* option = role.get_option_no_throw("--" + key);
    if (!option || key == "config" || key == "help")
      return invalid(parsed.config + ": unknown key '" + key + "'");
    if (option->count() > 0) continue;
    for (const std::string& value : values) {
      out.push_back("--" + key + "=" + value);
      if (!value.empty()) continue;
      out.back().pop_back();  // CLI11 takes "--key=" for a value that is missing
      out.push_back("");
    }
  }
  return out;
}

PrintOptions mistake(const std::string& what) {
  return {fmt::format("meridian: {}\n", what), 2, true};
}

// What CLI11 says of a misspelt command is that one is required.
std::string say_mistake(const CLI::App& root, const std::vector<std::string>& words,
                        const std::string& what) {
  const CLI::App* app = &root;
  std::string path = "meridian";
  for (const std::string& word : words) {
    if (app->get_require_subcommand_min() == 0 || word.starts_with('-')) break;
    const auto below = app->get_subcommands([&](const CLI::App* each) { return each->check_name(word); });
    if (below.empty()) return fmt::format("'{}' is no command; `{} --help` lists them", word, path);
    app = below.front();
    path += " " + word;
  }
  return fmt::format("{}\nRun `{} --help` for more information.", what, path);
}

std::optional<PrintOptions> parse(CLI::App& root, const std::vector<std::string>& words) {
  try {
    root.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 wants them last first
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    if (root.exit(error, out, err) == 0) return PrintOptions{out.str(), 0, false};
    return mistake(say_mistake(root, words, error.what()));
  }
}

Command chosen(const CLI::App& root, Parsed& parsed) {
  auto got = [&](const char* name) { return root.got_subcommand(name); };
  if (got("serve")) return parsed.serve;
  if (got("control")) return parsed.control;
  if (got("edge")) {
    if (root.get_subcommand("edge")->got_subcommand("join")) return parsed.edge_join;
    return parsed.edge;
  }
  if (got("health")) {
    if (root.get_subcommand("health")->got_subcommand("set")) return parsed.health_set;
    if (root.get_subcommand("health")->got_subcommand("clear")) return parsed.health_clear;
    return parsed.health_list;
  }
  if (got("edges")) {
    const CLI::App& edges = *root.get_subcommand("edges");
    if (edges.got_subcommand("token")) return parsed.edges_token;
    if (edges.got_subcommand("remove")) return parsed.edges_remove;
    return parsed.edges;
  }
  if (got("ca")) {
    choose_ca(root, parsed.ca);
    return parsed.ca;
  }
  if (got("status")) return parsed.status;
  if (got("explain")) return choose_explain(root, parsed.explain);
  if (got("diff")) return parsed.diff;
  if (got("doctor")) return parsed.doctor;
  if (got("drill")) {
    choose_drill(root, parsed.drill);
    return parsed.drill;
  }
  if (got("zone")) {
    if (root.get_subcommand("zone")->got_subcommand("import")) return parsed.zone_import;
    return parsed.zone_export;
  }
  if (got("sign")) return parsed.sign;
  if (got("bill")) return parsed.bill;
  if (got("invalidate")) return parsed.invalidate;
  if (got("support-matrix")) return parsed.support_matrix;
  if (got("completion")) return PrintOptions{completion_script(root, parsed.shell)};
  if (got("man")) return PrintOptions{manual_page(root)};
  return parsed.version;
}

}  // namespace

Command parse_command_line(int count, const char* const* words) {
  const char* description = "The public edge of AWS on your own machines: Route 53's API and its DNS servers";
  CLI::App root(description, "meridian");
  Parsed parsed;
  add_all(root, parsed);
  if (auto print = parse(root, {words + 1, words + count})) return *print;
  if (parsed.config.empty()) return chosen(root, parsed);

  auto all = with_config(*root.get_subcommands().front(), parsed, count, words);
  if (!all) return mistake(all.error().message);
  CLI::App again(description, "meridian");
  Parsed merged;
  add_all(again, merged);
  if (auto print = parse(again, *all)) return *print;
  return chosen(again, merged);
}

}  // namespace meridian::apps

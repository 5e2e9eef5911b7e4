// The words of the command line as values. CLI11 stays behind command_line.cc; defaults, environment
// variables and their help texts are there and nowhere else.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "engines/health/when_silent.h"

namespace meridian::apps {

enum class Output : std::uint8_t { Table, Json };

// What a DNS server gives one client, and all of them; 0 is no limit, for connections the engine's default.
struct DnsLimitOptions {
  std::uint32_t rate_limit = 0, rate_limit_slip = 2;
  std::vector<std::string> rate_limit_exempt = {};  // CIDR
  std::uint32_t prefix_limit = 0, zone_limit = 0;
  std::uint32_t tcp_connections = 0, tcp_connections_per_prefix = 0;
};

// DNS over TLS; of every role that answers DNS.
struct DnsTlsOptions {
  std::vector<std::string> addresses;  // ADDR:PORT; none: off
  std::string certificate, key;        // PEM files; both empty: made in the data directory
};

// What is logged of DNS queries, and where.
struct QueryLogOptions {
  std::string file = {};  // lines in Route 53's format; "-": standard output; empty: none
  std::uint32_t sample = 1;
  std::vector<std::string> zones = {};  // ids; empty: all
  std::string edge_location = {};       // empty: the NSID
  std::string dnstap = {};              // FILE or unix:PATH; empty: none
  std::uint32_t dnstap_sample = 1;
  std::vector<std::string> dnstap_zones = {};
  std::uint32_t file_mb = 100, files_keep = 7, ring_mb = 4;
};

// Zone transfer: transfer_settings.h turns the words into values.
struct TransferWords {
  std::vector<std::string> transfer_to;  // PREFIX, key:NAME or PREFIX,key:NAME; none: nobody
  std::vector<std::string> notify;       // ADDR[@PORT][,key:NAME]
  std::string catalog_zone;
  std::string tsig_keys_file;
  std::vector<std::string> tsig_keys;  // ALGORITHM:NAME:SECRET, of the configuration file
  unsigned transfers_max = 0;
};

// Files of where clients are; empty: nothing is known of them.
struct LocationOptions {
  std::string topology;                    // TOML, see formats/topology
  std::vector<std::string> geo_databases;  // .mmdb; the first that knows a client counts
  std::string latency_table;               // CSV
  bool details = false;                    // what requests over HTTP are told of viewers is kept too
  bool any() const { return !topology.empty() || !geo_databases.empty() || !latency_table.empty(); }
};

// What every server has, whatever its role.
struct ProcessOptions {
  std::string data_dir;
  std::string admin;
  std::string user;  // NAME[:GROUP] to become once started as root; empty: nobody else
  LogFormat log_format = LogFormat::Text;
  LogLevel log_level = LogLevel::Info;
};

// What answers DNS.
struct DnsServerOptions {
  std::vector<std::string> dns;     // ADDR:PORT; port 0: the system chooses
  std::optional<std::string> nsid;  // what NSID answers (RFC 5001); "": nothing; unset: the role's own name
  unsigned dns_workers = 0;         // 0: one a core
  int dns_receive_buffer = 0;       // SO_RCVBUF of the DNS sockets
  bool dns_pin_workers = false;
  DnsLimitOptions dns_limits;
  DnsTlsOptions dns_tls;
  QueryLogOptions query_log;
  TransferWords transfer;
  LocationOptions locations;
  bool no_canary = false;  // changes are served without a process of its own trying them
};

// The feed to edges.
struct FeedOptions {
  std::string address;  // ADDR:PORT; empty: none
  std::uint32_t edge_live_time_s = 0;
  std::vector<std::string> canary_edges = {};  // get each change first
  std::uint32_t canary_soak_s = 0;
};

// Who probes health checks, and what is made of what they find.
struct HealthOptions {
  std::vector<std::string> check_from = {};  // Regions of the checkers here; none: all of them; or "none"
  std::uint32_t checker_live_time_s = 0;
  std::uint32_t hold_time_s = 0, flaps_max = 0, flap_time_s = 0;  // 0: off
  engines::health::WhenSilent when_silent = engines::health::WhenSilent::Keep;
  std::vector<std::string> resolvers = {};  // ADDR[:PORT]; none: the machine's own
};

// S3's websites.
struct WebsiteOptions {
  std::vector<std::string> addresses = {};  // ADDR:PORT of listeners of their own
  std::vector<std::string> domains = {};    // beside AWS's own, lower case
};

// The certificates of ACM: which of them the API shows, and who issues what is requested.
struct CertificateOptions {
  std::vector<std::string> api = {};  // ARNs
  std::string acme_directory = {};    // URL; empty: an authority of our own issues
  std::string acme_trust = {};        // PEM file of who vouches for that server, besides the system's
  std::vector<std::string> acme_contacts = {};               // mail addresses
  std::string acme_eab_key_id = {}, acme_eab_key_file = {};  // both or none
};

// CloudFront's distributions.
struct CdnOptions {
  std::vector<std::string> addresses = {}, tls_addresses = {};  // ADDR:PORT; none: nothing is served
  std::string location;
  std::uint64_t cache_bytes = 0;
  std::uint64_t slice_bytes = 0;
  unsigned workers = 0;
  bool pin_workers = false;
  std::string disk = {};  // a directory; "": nothing is kept on disk
  std::uint64_t disk_bytes = 0;
  std::string origin_ca = {};  // a PEM file
  bool cache_status = false;

  bool any() const { return !addresses.empty() || !tls_addresses.empty(); }
};

// Where those who serve distributions find this deployment's own S3; empty: where this process listens.
struct OwnOrigins {
  std::string api, website;  // HOST:PORT
};

// Of `serve`, and of `control`, which does not answer DNS itself.
struct ServeOptions : ProcessOptions, DnsServerOptions {
  bool control = false;
  FeedOptions feed;
  bool secondaries = false;               // of `control`: edges transfer zones …
  std::string catalog_zone;               // … and this catalog of them
  std::vector<std::string> api, api_tls;  // ADDR:PORT
  WebsiteOptions website;
  CdnOptions cdn;
  OwnOrigins own_origins;
  unsigned call_workers = 0;  // 0: sixteen
  // Route 53's quotas; by default its own: 10,000, 200, 50 and 5.
  std::uint32_t records_per_zone_max = 0, health_checks_max = 0;
  std::uint32_t traffic_policies_max = 0, traffic_policy_instances_max = 0;
  std::uint32_t distributions_max = 0;  // in an account; CloudFront's own 500 by default
  std::uint64_t logs_bytes_max = 0;     // of all log events on disk; 1 GiB by default
  std::uint32_t metrics_max = 0;        // series that CloudWatch keeps; 100,000 by default
  std::string alarm_webhook;            // where the actions of alarms are posted; "": they fail
  bool private_health_checks = false;   // health checks may name any address
  HealthOptions health;
  CertificateOptions certificates;
  bool no_health_probes = false;  // health checks are what is said of them
  bool dev = false;
  bool example = false;
};

// Where a running server is, for the commands that talk to one.
struct ClientOptions {
  std::string admin;     // http://ADDR:PORT
  std::string endpoint;  // http(s)://ADDR:PORT of the AWS API
  std::string data_dir;  // holds the credentials when the environment names none
  Output output = Output::Table;
};

struct EdgeOptions : ProcessOptions, DnsServerOptions {
  std::string check_from;                     // the Region of which it is a checker; empty: it is none
  std::vector<std::string> health_resolvers;  // as in HealthOptions
  CdnOptions cdn;
  std::string tier_listen;                 // ADDR:PORT where other edges ask; "": nowhere
  std::vector<std::string> cdn_addresses;  // that DNS answers with; none: those that are listened on
};
struct EdgeJoinOptions {
  std::string token, data_dir;
  bool again = false;
};
struct EdgesOptions {
  ClientOptions client;
};
struct EdgesTokenOptions {
  std::string data_dir, name, feed_address;
  std::uint32_t valid_s = 0;
};
struct EdgesRemoveOptions {
  std::string data_dir, name;
};

// The root certificate of the local authority.
struct CaOptions {
  enum class Action : std::uint8_t { Show, Trust } action = Action::Show;
  std::string data_dir;
  Output output = Output::Table;
  bool system = false;  // of Trust: install it
};

struct HealthListOptions {
  ClientOptions client;
};
struct HealthSetOptions {
  ClientOptions client;
  std::string id;
  bool healthy = false;
};

struct HealthClearOptions {
  ClientOptions client;
  std::string id;
};

struct StatusOptions {
  ClientOptions client;
};
struct ExplainHealthOptions {
  ClientOptions client;
  std::string id;
};
struct ExplainDnsOptions {
  ClientOptions client;
  std::string name, type;
  std::string from, subnet, region;  // who asks, in at most two of three ways
  unsigned draws = 0;                // for shares; 0: one answer
};
struct ExplainHttpOptions {
  ClientOptions client;
  std::string url, method, from, location;
  std::vector<std::string> fields;  // "Name: value"
  bool fetch = false;
};
struct ExplainS3Options {
  ClientOptions client;
  std::string method, uri;
  std::string as, service, source_arn, source_account, identity, from;  // who asks, and from where
  bool anonymous = false, plain = false;
};
struct DiffOptions {
  ClientOptions client;
  std::string zone_id, zone;                      // one of both
  std::string change_batch;                       // a file as the AWS CLI reads it; or …
  std::string zone_file;                          // … as `zone import` does; or …
  std::string traffic_policy_instance, document;  // … a new document for that instance
  std::string query_log;                          // who asks; empty: everybody
  unsigned clients = 0;
};
enum class FailOn : std::uint8_t { Hint, Warning, Error };
struct DoctorOptions {
  ClientOptions client;
  std::string zone;                  // a name or an id; empty: all
  std::vector<std::string> ignored;  // rules
  FailOn fail_on = FailOn::Error;
  bool no_live = false;  // the configuration alone
  bool list_rules = false;
};
struct DrillOptions {
  enum class Action : std::uint8_t { List, Show, Run } action = Action::Run;
  ClientOptions client;  // with `real`
  std::string scenario;  // one of ours, or a file
  std::string dns;       // ADDR:PORT of the server
  std::uint64_t seed = 0;
  bool real = false;
};
struct ZoneImportOptions {
  ClientOptions client;
  std::string file;  // with `axfr` the zone's name
  std::string origin, zone_id;
  std::string axfr;            // SERVER[:PORT] to take the zone from; empty: `file` is a zone file
  std::string tsig_keys_file;  // the key for that, …
  std::string tsig_key;        // … which of several; or the key itself, ALGORITHM:NAME:SECRET
  bool create = false;
  bool dry_run = false;
};
struct ZoneExportOptions {
  ClientOptions client;
  std::string origin, zone_id, file;
};
struct SignOptions {
  std::string url, key_pair_id, key_file;
  std::string expires, lifetime, not_before;  // as written; "": not given
  std::string source, resource;
  bool sha256 = false, cookies = false;
};
struct BillOptions {
  ClientOptions client;
  std::string start, end;                  // as written; "": the month so far
  std::string distribution;                // an id; empty: all
  std::vector<std::string> price_regions;  // "europe", or "europe=60"
  double https_percent = 100;
  std::string prices;  // a file; empty: the table that came with the program
};
struct InvalidateOptions {
  ClientOptions client;
  std::string distribution;
  std::vector<std::string> paths, tags;
  bool soft = false, wait = false;
};
struct SupportMatrixOptions {
  Output output = Output::Table;
  std::string service;
  bool absent_only = false;
};
struct VersionOptions {
  Output output = Output::Table;
};
// Text made from the command line itself: help, a completion script, the man page.
struct PrintOptions {
  std::string text;
  int exit_code = 0;
  bool to_stderr = false;
};

using Command =
    std::variant<ServeOptions, EdgeOptions, EdgeJoinOptions, EdgesOptions, EdgesTokenOptions,
                 EdgesRemoveOptions, CaOptions, HealthListOptions, HealthSetOptions, HealthClearOptions,
                 StatusOptions, ExplainDnsOptions, ExplainHealthOptions, ExplainHttpOptions, ExplainS3Options,
                 DiffOptions, DoctorOptions, DrillOptions, ZoneImportOptions, ZoneExportOptions, SignOptions,
                 BillOptions, InvalidateOptions, SupportMatrixOptions, VersionOptions, PrintOptions>;

Command parse_command_line(int count, const char* const* words);

// Reads a TOML file of `serve` options into command-line words ("--dns", "127.0.0.1:53"). Errors name the key
// and line. A file with secrets must be its owner's alone (mode 0600).
Result<std::vector<std::pair<std::string, std::vector<std::string>>>> read_config_file(
    const std::string& path);

}  // namespace meridian::apps

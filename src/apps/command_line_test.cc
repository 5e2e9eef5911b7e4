#include "apps/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "apps/admin.h"
#include "apps/aws_client.h"
#include "apps/transfer_settings.h"
#include "base/percent.h"

namespace meridian::apps {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Command parse(std::vector<const char*> words) {
  words.insert(words.begin(), "meridian");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

std::string config_file(const std::string& text) {
  std::string path = testing::TempDir() + "meridian-" + std::to_string(getpid()) + ".toml";
  std::ofstream(path) << text;
  return path;
}

TEST(CommandLine, ServeHasSafeDefaults) {
  auto options = std::get<ServeOptions>(parse({"serve"}));
  EXPECT_THAT(options.api, ElementsAre("127.0.0.1:4566"));
  EXPECT_THAT(options.dns, ElementsAre("127.0.0.1:5300"));
  EXPECT_EQ(options.admin, "127.0.0.1:9153");
  EXPECT_FALSE(options.dev);
  EXPECT_TRUE(options.api_tls.empty());
}

TEST(CommandLine, NsidIsTheHostsNameUntilSaidOtherwise) {
  char host[256] = {};
  ASSERT_EQ(gethostname(host, sizeof host - 1), 0);
  auto nsid = [](std::vector<const char*> words) {
    words.insert(words.begin(), "serve");
    return std::get<ServeOptions>(parse(words)).nsid;
  };
  EXPECT_EQ(nsid({}), host);
  EXPECT_EQ(nsid({"--nsid", "fra50-c1"}), "fra50-c1");
  EXPECT_EQ(nsid({"--nsid", ""}), "");
  EXPECT_EQ(nsid({"--config", config_file("nsid = \"\"\n").c_str()}), "");
}

TEST(CommandLine, TakesTheWordsOfTheManual) {
  auto options =
      std::get<ServeOptions>(parse({"serve", "--data-dir", "/d", "--api", "127.0.0.1:1", "--dns",
                                    "127.0.0.1:2", "--dns", "[::1]:3", "--dev", "--log-level", "error"}));
  EXPECT_EQ(options.data_dir, "/d");
  EXPECT_THAT(options.dns, ElementsAre("127.0.0.1:2", "[::1]:3"));
  EXPECT_TRUE(options.dev);
  EXPECT_EQ(options.log_level, LogLevel::Error);
}

TEST(CommandLine, DnsOverTlsIsOffUnlessAskedFor) {
  EXPECT_TRUE(std::get<ServeOptions>(parse({"serve"})).dns_tls.addresses.empty());
  const auto options = std::get<ServeOptions>(parse({"serve", "--dns-tls", "127.0.0.1:853,[::1]:853",
                                                     "--dns-tls-certificate", "/c", "--dns-tls-key", "/k"}));
  EXPECT_THAT(options.dns_tls.addresses, ElementsAre("127.0.0.1:853", "[::1]:853"));
  EXPECT_EQ(options.dns_tls.certificate, "/c");
  EXPECT_EQ(options.dns_tls.key, "/k");
}

TEST(CommandLine, CanaryEdgesAreNamedOnceOrOftenAndInTheFile) {
  EXPECT_TRUE(std::get<ServeOptions>(parse({"control"})).feed.canary_edges.empty());
  auto options = std::get<ServeOptions>(
      parse({"control", "--canary-edge", "fra1", "--canary-edge", "sin1,lon1", "--canary-soak", "5"}));
  EXPECT_THAT(options.feed.canary_edges, ElementsAre("fra1", "sin1", "lon1"));
  EXPECT_EQ(options.feed.canary_soak_s, 5u);
  std::string path = config_file("canary-edge = [\"fra1\", \"sin1\"]\ncanary-soak = 7\n");
  options = std::get<ServeOptions>(parse({"control", "--config", path.c_str()}));
  EXPECT_THAT(options.feed.canary_edges, ElementsAre("fra1", "sin1"));
  EXPECT_EQ(options.feed.canary_soak_s, 7u);
}

TEST(CommandLine, AnEdgeHasTheOptionsOfDnsAndOfItsProcess) {
  const auto options = std::get<EdgeOptions>(
      parse({"edge",          "--data-dir",  "/d",           "--dns",         "127.0.0.1:2",
             "--user",        "meridian",    "--rate-limit", "200",           "--dns-tls",
             "127.0.0.1:853", "--query-log", "/q",           "--transfer-to", "192.0.2.0/24",
             "--nsid",        "fra1",        "--no-canary",  "--admin",       "127.0.0.1:3"}));
  EXPECT_EQ(options.data_dir, "/d");
  EXPECT_THAT(options.dns, ElementsAre("127.0.0.1:2"));
  EXPECT_EQ(options.user, "meridian");
  EXPECT_EQ(options.dns_limits.rate_limit, 200u);
  EXPECT_THAT(options.dns_tls.addresses, ElementsAre("127.0.0.1:853"));
  EXPECT_EQ(options.query_log.file, "/q");
  EXPECT_THAT(options.transfer.transfer_to, ElementsAre("192.0.2.0/24"));
  EXPECT_EQ(options.nsid, "fra1");
  EXPECT_TRUE(options.no_canary);
  EXPECT_EQ(std::get<EdgeOptions>(parse({"edge"})).admin, "127.0.0.1:9153");
}

TEST(CommandLine, AnEdgeTakesItsNsidFromItsNameUntilSaidOtherwise) {
  EXPECT_EQ(std::get<EdgeOptions>(parse({"edge"})).nsid, std::nullopt);
  EXPECT_EQ(std::get<EdgeOptions>(parse({"edge", "--nsid", ""})).nsid, "");
}

TEST(CommandLine, AnEdgeReadsItsSettingsFromAFile) {
  const std::string path = config_file("dns = [\"127.0.0.1:1\"]\nnsid = \"file\"\n");
  const auto options = std::get<EdgeOptions>(parse({"edge", "--config", path.c_str(), "--nsid", "words"}));
  EXPECT_THAT(options.dns, ElementsAre("127.0.0.1:1"));
  EXPECT_EQ(options.nsid, "words");
}

TEST(CommandLine, AControlHasAFeedAndNoDns) {
  const auto options = std::get<ServeOptions>(parse({"control"}));
  EXPECT_TRUE(options.control);
  EXPECT_EQ(options.feed.address, "127.0.0.1:4567");
  EXPECT_EQ(options.feed.edge_live_time_s, 10u);
  EXPECT_TRUE(options.dns.empty());
  EXPECT_EQ(std::get<PrintOptions>(parse({"control", "--dns", "127.0.0.1:1"})).exit_code, 2);
  EXPECT_EQ(options.own_origins.api, "");
  const auto said = std::get<ServeOptions>(
      parse({"control", "--origin-api", "a.test:1", "--origin-website", "192.0.2.1:2"}));
  EXPECT_EQ(said.own_origins.api, "a.test:1");
  EXPECT_EQ(said.own_origins.website, "192.0.2.1:2");
  EXPECT_EQ(std::get<ServeOptions>(parse({"serve"})).feed.address, "") << "off unless asked for";
}

TEST(CommandLine, TheListOfEdgesAndWhatMakesThem) {
  const auto token = std::get<EdgesTokenOptions>(
      parse({"edges", "token", "--feed-address", "c.test:1", "--valid", "2d", "--name", "fra1"}));
  EXPECT_EQ(token.valid_s, 2u * 86400);
  EXPECT_EQ(token.feed_address, "c.test:1");
  EXPECT_EQ(std::get<EdgesTokenOptions>(parse({"edges", "token", "--feed-address", "c.test:1"})).valid_s,
            3600u);
  EXPECT_EQ(std::get<EdgesRemoveOptions>(parse({"edges", "remove", "fra1", "--data-dir", "/d"})).name,
            "fra1");
  EXPECT_EQ(std::get<EdgesOptions>(parse({"edges", "--output", "json"})).client.output, Output::Json);
  const auto set = std::get<HealthSetOptions>(parse({"health", "set", "h1", "healthy"}));
  EXPECT_EQ(set.id, "h1");
  EXPECT_TRUE(set.healthy);
  EXPECT_FALSE(std::get<HealthSetOptions>(parse({"health", "set", "h1", "unhealthy"})).healthy);
  EXPECT_EQ(std::get<PrintOptions>(parse({"health", "set", "h1", "ill"})).exit_code, 2);
  EXPECT_EQ(std::get<HealthClearOptions>(parse({"health", "clear", "h1"})).id, "h1");
  EXPECT_FALSE(std::get<ServeOptions>(parse({"serve"})).no_health_probes);
  EXPECT_EQ(std::get<ServeOptions>(parse({"serve"})).health_checks_max, 200u);
  const std::vector<std::string> resolvers{"127.0.0.1:53", "192.0.2.53"};
  EXPECT_EQ(std::get<ServeOptions>(parse({"serve", "--health-resolver", "127.0.0.1:53,192.0.2.53"}))
                .health.resolvers,
            resolvers);
  EXPECT_EQ(
      std::get<EdgeOptions>(parse({"edge", "--health-resolver", "127.0.0.1:53,192.0.2.53"})).health_resolvers,
      resolvers);
  EXPECT_TRUE(std::get<ServeOptions>(parse({"control", "--no-health-probes"})).no_health_probes);
  EXPECT_EQ(std::get<HealthListOptions>(parse({"health", "list", "--output", "json"})).client.output,
            Output::Json);
  EXPECT_EQ(std::get<EdgeJoinOptions>(parse({"edge", "join", "TOKEN", "--again"})).token, "TOKEN");
  EXPECT_EQ(std::get<PrintOptions>(parse({"edge", "join"})).exit_code, 2);
}

TEST(CommandLine, TheCommandLineBeatsTheFile) {
  std::string path = config_file(
      "dns = [\"127.0.0.1:7\", \"127.0.0.2:7\"]\napi = \"127.0.0.1:8\"\ndns-workers = 3\ndev = true\n");
  auto options = std::get<ServeOptions>(parse({"serve", "--config", path.c_str(), "--api", "127.0.0.1:9"}));
  EXPECT_THAT(options.dns, ElementsAre("127.0.0.1:7", "127.0.0.2:7"));
  EXPECT_THAT(options.api, ElementsAre("127.0.0.1:9"));
  EXPECT_EQ(options.dns_workers, 3u);
  EXPECT_TRUE(options.dev);
}

TEST(CommandLine, SaysWhatIsWrongWithTheFile) {
  for (auto [text, wanted] :
       {std::pair{"dsn = \"127.0.0.1:7\"\n", "unknown key 'dsn'"}, std::pair{"dns = \n", "line 1"},
        std::pair{"[dns]\nx = 1\n", "must be a string"}}) {
    std::string path = config_file(text);
    auto print = std::get<PrintOptions>(parse({"serve", "--config", path.c_str()}));
    EXPECT_EQ(print.exit_code, 2);
    EXPECT_THAT(print.text, HasSubstr(wanted));
  }
}

TEST(CommandLine, TsigKeysOfTheFileAreForItsOwnerOnly) {
  std::string path = config_file(
      "transfer-to = [\"key:a\", \"192.0.2.0/24,key:a\"]\n[[tsig-keys]]\nname = \"a\"\n"
      "algorithm = \"hmac-sha256\"\nsecret = \"AAEC\"\n");
  chmod(path.c_str(), 0644);
  auto print = std::get<PrintOptions>(parse({"serve", "--config", path.c_str()}));
  EXPECT_THAT(print.text, HasSubstr("chmod 600"));
  chmod(path.c_str(), 0600);
  auto options = std::get<ServeOptions>(parse({"serve", "--config", path.c_str()}));
  EXPECT_THAT(options.transfer.tsig_keys, ElementsAre("hmac-sha256:a:AAEC"));
  EXPECT_THAT(options.transfer.transfer_to, ElementsAre("key:a", "192.0.2.0/24,key:a"));
  RealDisk disk;
  auto settings = read_transfer_settings(options.transfer, disk);
  ASSERT_TRUE(settings && *settings);
  EXPECT_EQ((*settings)->transfer.allowed.size(), 2u);
  options.transfer.tsig_keys.clear();
  EXPECT_THAT(read_transfer_settings(options.transfer, disk).error().message,
              HasSubstr("there is no TSIG key a."));
  EXPECT_FALSE(read_transfer_settings({}, disk).value()) << "off by default";
}

TEST(CommandLine, MistakesGoToStandardErrorWithStatusTwo) {
  for (std::vector<const char*> words : {std::vector<const char*>{},
                                         {"srve"},
                                         {"serve", "--prot", "1"},
                                         {"explain", "dns"},
                                         {"serve", "--log-level", "loud"}}) {
    auto print = std::get<PrintOptions>(parse(words));
    EXPECT_EQ(print.exit_code, 2);
    EXPECT_TRUE(print.to_stderr);
    EXPECT_TRUE(print.text.starts_with("meridian: ")) << print.text;
  }
  EXPECT_EQ(std::get<PrintOptions>(parse({"--help"})).exit_code, 0);
}

TEST(CommandLine, ADiffIsOfOneThing) {
  const auto options = std::get<DiffOptions>(
      parse({"diff", "--zone", "example.com", "--change-batch", "file://b", "--query-log", "q"}));
  EXPECT_EQ(options.zone, "example.com");
  EXPECT_EQ(options.change_batch, "file://b");
  EXPECT_EQ(options.clients, 10000u);
  for (std::vector<const char*> words : {std::vector<const char*>{"--change-batch", "a", "--zone-file", "b"},
                                         {"--zone", "a", "--hosted-zone-id", "b"},
                                         {"--traffic-policy-instance", "a"},
                                         {"--document", "a"},
                                         {"--clients", "10001"}}) {
    words.insert(words.begin(), "diff");
    EXPECT_EQ(std::get<PrintOptions>(parse(words)).exit_code, 2) << words[1];
  }
}

TEST(CommandLine, ExplainPutsTheClientInOnePlace) {
  const auto options = std::get<ExplainDnsOptions>(
      parse({"explain", "dns", "a", "--from", "192.0.2.1", "--subnet", "192.0.2.0/24", "--repeat", "10"}));
  EXPECT_EQ(options.type, "A");
  EXPECT_EQ(options.subnet, "192.0.2.0/24");
  EXPECT_EQ(options.draws, 10u);
  const auto both = parse({"explain", "dns", "a", "--region", "eu-west-1", "--subnet", "192.0.2.0/24"});
  EXPECT_EQ(std::get<PrintOptions>(both).exit_code, 2);
}

TEST(CommandLine, AMisspeltCommandIsNamed) {
  EXPECT_EQ(std::get<PrintOptions>(parse({"nonsense"})).text,
            "meridian: 'nonsense' is no command; `meridian --help` lists them\n");
  EXPECT_EQ(std::get<PrintOptions>(parse({"zone", "imprt", "f"})).text,
            "meridian: 'imprt' is no command; `meridian zone --help` lists them\n");
  EXPECT_EQ(std::get<PrintOptions>(parse({"zone"})).text,
            "meridian: A subcommand is required\nRun `meridian zone --help` for more information.\n");
  EXPECT_THAT(std::get<PrintOptions>(parse({"serve", "--dns-workers", "900"})).text,
              HasSubstr("Run `meridian serve --help`"));
}

TEST(CommandLine, CompletionAndManualNameEveryCommand) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    auto script = std::get<PrintOptions>(parse({"completion", shell})).text;
    for (const char* word :
         {"serve", "explain", "import", "export", "support-matrix", "data-dir", "change-batch"})
      EXPECT_THAT(script, HasSubstr(word)) << shell;
  }
  auto manual = std::get<PrintOptions>(parse({"man"})).text;
  EXPECT_THAT(manual, HasSubstr(".SS meridian zone import"));
  EXPECT_THAT(manual, HasSubstr("MERIDIAN_DATA_DIR"));
}

TEST(Profiles, ReadsOneProfileOfMany) {
  const char* text =
      "# keys\n[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s1\n\n"
      "[ meridian ]\naws_access_key_id=AKIAMERIDIAN\r\naws_secret_access_key = a=b\naws_session_token = t\n";
  auto found = read_profile(text, "meridian");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->access_key_id, "AKIAMERIDIAN");
  EXPECT_EQ(found->secret_access_key, "a=b");
  EXPECT_EQ(found->session_token, "t");
  EXPECT_FALSE(read_profile(text, "other"));
}

TEST(AdminQuery, DecodesWhatTheClientEncodes) {
  std::string query = "name=" + percent_encode("a b&c=%.test") + "&type=A";
  EXPECT_EQ(query_value(query, "name"), "a b&c=%.test");
  EXPECT_EQ(query_value(query, "type"), "A");
  EXPECT_EQ(query_value(query, "from"), "");
}

TEST(CommandLine, ADrillIsListedShownOrPlayed) {
  using Action = DrillOptions::Action;
  EXPECT_EQ(std::get<DrillOptions>(parse({"drill", "list"})).action, Action::List);
  EXPECT_EQ(std::get<DrillOptions>(parse({"drill", "show", "multivalue"})).action, Action::Show);
  const auto run =
      std::get<DrillOptions>(parse({"drill", "run", "mine.toml", "--seed", "7", "--output", "json"}));
  EXPECT_EQ(run.action, Action::Run);
  EXPECT_EQ(run.scenario, "mine.toml");
  EXPECT_EQ(run.seed, 7u);
  EXPECT_EQ(run.client.output, Output::Json);
  EXPECT_FALSE(run.real);
  const auto real = std::get<DrillOptions>(parse({"drill", "run", "x", "--real", "--dns", "127.0.0.1:53"}));
  EXPECT_TRUE(real.real);
  EXPECT_EQ(real.dns, "127.0.0.1:53");
  EXPECT_EQ(std::get<PrintOptions>(parse({"drill", "run"})).exit_code, 2);
}

TEST(CommandLine, AnInvalidationNamesPathsAndTags) {
  const auto made = std::get<InvalidateOptions>(
      parse({"invalidate", "E1", "/a", "/b/*", "--tag", "red", "--tag=blue", "--soft", "--wait"}));
  EXPECT_EQ(made.distribution, "E1");
  EXPECT_EQ(made.paths, (std::vector<std::string>{"/a", "/b/*"}));
  EXPECT_EQ(made.tags, (std::vector<std::string>{"red", "blue"}));
  EXPECT_TRUE(made.soft && made.wait);
  EXPECT_EQ(std::get<PrintOptions>(parse({"invalidate"})).exit_code, 2);
}

}  // namespace
}  // namespace meridian::apps

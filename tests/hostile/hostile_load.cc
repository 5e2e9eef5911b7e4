// One phase of the hostile test: good clients ask and judge while attackers do what they are told to. Prints
// one JSON object. Runs on one core, with the good clients first in line, so that what they lose is the
// server's doing.
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include <cstdlib>
#include <map>
#include <thread>

#include "attack.h"
#include "formats/dns/name.h"
#include "good_client.h"

namespace meridian::hostile {
namespace {

const std::map<std::string_view, Kind> kKindNames{
    {"random-bytes", Kind::RandomBytes}, {"malformed", Kind::Malformed},
    {"loops", Kind::CompressionLoops},   {"edns", Kind::Edns},
    {"types", Kind::TypesAndOpcodes},    {"flood", Kind::Flood},
    {"random-names", Kind::RandomNames}, {"responses", Kind::Responses},
    {"oversized", Kind::Oversized}};

struct Options {
  GoodOptions good, good_tcp;
  AttackOptions attack;
  bool slow_connections = false, connection_flood = false;
  int core = -1;
};

[[noreturn]] void usage(std::string_view why) {
  fmt::print(stderr,
             "hostile_load: {}\n"
             "usage: hostile_load --server IP --port N --zone NAME --names N [--seconds S] [--good-rate N]\n"
             "         [--tcp-rate N] [--attack KIND,…] [--attack-rate N] [--prefixes N] [--core N]\n"
             "KIND: random-bytes malformed loops edns types flood random-names responses oversized,\n"
             "      slow-connections connection-flood\n",
             why);
  std::exit(2);
}

void set_attacks(Options& options, std::string_view list) {
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), name.size() + 1));
    if (name == "slow-connections") {
      options.slow_connections = true;
    } else if (name == "connection-flood") {
      options.connection_flood = true;
    } else if (const auto kind = kKindNames.find(name); kind != kKindNames.end()) {
      options.attack.kinds.push_back(kind->second);
    } else {
      usage(fmt::format("no attack is called {}", name));
    }
  }
}

Options parse(int count, char** words) {
  Options options;
  options.good.queries_per_second = 1000;
  options.good_tcp.queries_per_second = 20;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view option = words[i];
    const char* value = words[i + 1];
    const auto number = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
    if (option == "--server")
      options.attack.server = value;
    else if (option == "--port")
      options.attack.port = static_cast<std::uint16_t>(number);
    else if (option == "--zone")
      options.attack.target.zone = std::string(dns::Name::parse(value)->wire());
    else if (option == "--names")
      options.attack.target.names = number;
    else if (option == "--seconds")
      options.good.seconds = number;
    else if (option == "--good-rate")
      options.good.queries_per_second = number;
    else if (option == "--tcp-rate")
      options.good_tcp.queries_per_second = number;
    else if (option == "--attack")
      set_attacks(options, value);
    else if (option == "--attack-rate")
      options.attack.datagrams_per_second = number;
    else if (option == "--prefixes")
      options.attack.prefixes = number;
    else if (option == "--core")
      options.core = static_cast<int>(number);
    else
      usage(fmt::format("no option is called {}", option));
  }
  if (options.attack.server.empty() || options.attack.port == 0 || options.attack.target.zone.empty())
    usage("--server, --port and --zone are needed");
  options.good.server = options.good_tcp.server = options.attack.server;
  options.good.port = options.good_tcp.port = options.attack.port;
  options.good.target = options.good_tcp.target = options.attack.target;
  options.good_tcp.seconds = options.good.seconds;
  return options;
}

void stay_on(int core) {
  if (core < 0) return;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<std::size_t>(core), &cores);
  sched_setaffinity(0, sizeof cores, &cores);
}

// Without the privilege the good clients share the core with the attackers as it comes.
void go_first() {
  const sched_param param{2};
  pthread_setschedparam(pthread_self(), SCHED_RR, &param);
}

std::string to_json(const GoodReport& report) {
  return fmt::format(
      R"({{"asked":{},"answered":{},"answered_first":{},"over_tcp":{},"lost":{},"wrong":{},"first_wrong":"{}",)"
      R"("p50_ms":{:.3f},"p99_ms":{:.3f},"max_ms":{:.3f}}})",
      report.asked, report.answered, report.answered_first, report.over_tcp, report.lost, report.wrong,
      report.first_wrong, report.p50_ms, report.p99_ms, report.max_ms);
}

void run(const Options& options) {
  stay_on(options.core);
  rlimit descriptors;
  getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  setrlimit(RLIMIT_NOFILE, &descriptors);
  std::atomic<bool> stop{false};
  AttackReport attack;
  std::vector<std::jthread> attackers;
  attackers.emplace_back([&] { send_datagrams(options.attack, stop, attack); });
  if (options.slow_connections)
    attackers.emplace_back([&] { dribble_and_never_read(options.attack, stop, attack); });
  if (options.connection_flood)
    attackers.emplace_back([&] { flood_connections(options.attack, stop, attack); });

  GoodReport udp, tcp;
  std::jthread good_udp([&] { go_first(), udp = ask_over_udp(options.good); });
  std::jthread good_tcp([&] { go_first(), tcp = ask_over_tcp(options.good_tcp); });
  good_udp.join();
  good_tcp.join();
  stop = true;
  attackers.clear();
  fmt::print(R"({{"udp":{},"tcp":{},"datagrams":{},"connections":{},"connections_closed":{}}})"
             "\n",
             to_json(udp), to_json(tcp), attack.datagrams.load(), attack.connections.load(),
             attack.connections_closed.load());
}

}  // namespace
}  // namespace meridian::hostile

int main(int count, char** words) {
  signal(SIGPIPE, SIG_IGN);
  meridian::hostile::run(meridian::hostile::parse(count, words));
}

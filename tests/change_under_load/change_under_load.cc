// The engine answers while its snapshot is changed many times a second, and a client checks that no query is
// lost and that each reply comes from exactly one revision: one that was served or published while the query
// was on its way.
//
// usage: change_under_load [--rate CHANGES_A_SECOND] [--seconds N] [--records N] [--workers N] [--seed N]
//        change_under_load --server ADDR:PORT --seconds N     only the client; another program makes the
//        changes
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "base/metrics.h"
#include "client.h"
#include "engines/dns/dns_engine.h"
#include "net/loop.h"

namespace meridian::change_under_load {
namespace {

using Steady = std::chrono::steady_clock;
using snapshots::dns::DnsSnapshot;

struct Options {
  net::Address server;  // port 0: an engine of our own
  Origins origins;
  std::uint64_t rate = 1000, seconds = 5, seed = 1;
  std::size_t records = 100000;
  unsigned workers = 2;
};

Result<Options> parse_options(int argc, char** argv) {
  Options options;
  for (int n = 1; n + 1 < argc; n += 2) {
    const std::string_view flag = argv[n];
    const std::uint64_t number = std::strtoull(argv[n + 1], nullptr, 10);
    if (flag == "--server") {
      options.server = TRY(net::Address::parse(argv[n + 1]));
      options.origins.links_lead_to = options.origins.zone;
    } else if (flag == "--rate" && number > 0) {
      options.rate = number;
    } else if (flag == "--seconds") {
      options.seconds = number;
    } else if (flag == "--records") {
      options.records = number;
    } else if (flag == "--workers") {
      options.workers = static_cast<unsigned>(number);
    } else if (flag == "--seed") {
      options.seed = number;
    } else {
      return invalid(fmt::format("unknown option {}", flag));
    }
  }
  return options;
}

double cpu_seconds_of_thread() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Applies and publishes at the asked rate; when it falls behind it catches up, so the number of changes is
// always the same.
class Changer {
 public:
  Changer(engines::dns::DnsEngine& engine, const Options& options) : engine_(engine), options_(options) {}

  void run() {
    const double cpu_before = cpu_seconds_of_thread();
    const auto start = Steady::now();
    const std::uint64_t changes = options_.rate * options_.seconds;
    for (std::uint64_t n = 1; n <= changes; ++n) {
      const std::uint64_t revision = kFirstRevision + n;
      std::this_thread::sleep_until(start + std::chrono::nanoseconds(n * 1'000'000'000 / options_.rate));
      auto next = apply(engine_.latest(), change(options_.origins, revision));
      if (!next) {
        refused = next.error().message;
        break;
      }
      published.store(revision);  // before it can be seen
      engine_.publish(std::move(*next));
    }
    seconds = std::chrono::duration<double>(Steady::now() - start).count();
    cpu_seconds = cpu_seconds_of_thread() - cpu_before;
    done.store(true);
  }

  std::atomic<std::uint64_t> published{kFirstRevision};
  std::atomic<bool> done{false};
  double seconds = 0, cpu_seconds = 0;
  std::string refused;

 private:
  engines::dns::DnsEngine& engine_;
  const Options& options_;
};

bool report(Findings& findings) {
  std::ranges::sort(findings.latencies_us);
  const auto percentile = [&](double share) {
    const auto& all = findings.latencies_us;
    return all.empty() ? 0 : all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))];
  };
  fmt::print("{} asked, {} answered, {} lost, {} wrong; {} with additional data of the same revision\n",
             findings.asked, findings.answered, findings.lost, findings.wrong, findings.with_additional_data);
  fmt::print("highest revision seen {}; latency us: median {:.0f}, 99th {:.0f}, worst {:.0f}\n",
             findings.highest, percentile(0.5), percentile(0.99), percentile(1));
  for (const auto& [reason, count] : findings.reasons) fmt::print("  {:>8} {}\n", count, reason);
  const bool every_kind =
      findings.kinds.size() == kKinds && findings.with_additional_data > findings.kinds[Kind::Referral];
  if (!every_kind) fmt::print("some kind of question never got a right answer\n");
  return findings.lost == 0 && findings.wrong == 0 && every_kind && findings.highest > kFirstRevision;
}

Result<bool> change_and_ask(const Options& options) {
  SystemRandom system_random;
  SeededRandom random(options.seed);
  RealClock clock;
  Metrics metrics;
  const snapshots::dns::Delta image = first_image(options.origins, options.records);
  TRY(snapshots::dns::check(image));
  TRY(snapshots::dns::check(change(options.origins, kFirstRevision + 1)));
  engines::dns::DnsEngineOptions engine_options;
  engine_options.addresses = {TRY(net::Address::parse("127.0.0.1:0"))};
  engine_options.workers = options.workers;
  engines::dns::DnsEngine engine(std::move(engine_options),
                                 TRY(apply(*DnsSnapshot::empty(system_random), image)), clock, system_random,
                                 metrics, net::make_loop);
  TRY(engine.start());

  Changer changer(engine, options);
  ClientOptions asking;
  asking.server = engine.addresses().front();
  asking.origins = options.origins;
  asking.served = [&] { return engine.served_revision(); };
  asking.published = [&] { return changer.published.load(); };
  std::jthread changes([&] { changer.run(); });
  Findings findings = ask_until(asking, random, [&] { return changer.done.load(); });
  changes.join();
  if (!changer.refused.empty()) return invalid(changer.refused);
  fmt::print(
      "{} changes of {} record sets in {:.1f} s ({:.0f} a second), {:.0f} us of CPU time each; {} records "
      "beside\n",
      options.rate * options.seconds, change(options.origins, kFirstRevision + 1).zones[0].puts.size() + 1,
      changer.seconds, static_cast<double>(options.rate * options.seconds) / changer.seconds,
      changer.cpu_seconds * 1e6 / static_cast<double>(options.rate * options.seconds), options.records);
  return report(findings);
}

bool only_ask(const Options& options) {
  SeededRandom random(options.seed);
  ClientOptions asking;
  asking.server = options.server;
  asking.origins = options.origins;
  const auto end = Steady::now() + std::chrono::seconds(options.seconds);
  Findings findings = ask_until(asking, random, [&] { return Steady::now() >= end; });
  return report(findings);
}

Result<bool> run(int argc, char** argv) {
  const Options options = TRY(parse_options(argc, argv));
  if (options.server.port != 0) return only_ask(options);
  return change_and_ask(options);
}

}  // namespace
}  // namespace meridian::change_under_load

int main(int argc, char** argv) {
  const auto result = meridian::change_under_load::run(argc, argv);
  if (!result) fmt::print(stderr, "change_under_load: {}\n", result.error().message);
  return result && *result ? 0 : 1;
}

// What many health checks cost one core: a panel with its checkers on a real loop and real sockets, against
// an endpoint in a process of its own. Each check has an address of 127.0.0.0/8 of its own, as checks of many
// endpoints have.
//
// usage: checks_bench [--checks N] [--interval SECONDS] [--seconds N] [--regions N] [--http] [--probes-max N]
#include <dirent.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>

#include "engines/health/panel.h"

namespace {

using namespace meridian;
using namespace meridian::engines::health;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Plan {
  std::size_t checks = 10'000, regions = 1, probes_max = Checker::kProbesMax;
  int interval_s = 10, seconds = 60;
  bool http = false;
};

// Accepts everything; answers what is asked, and closes.
class Endpoint final : public net::TcpHandler {
 public:
  explicit Endpoint(net::Loop& loop) : loop_(loop) {
    net::ListenOptions options;
    options.backlog = 16'384;
    listener_ = loop.listen_tcp(net::Address::parse("0.0.0.0:0").value(), options, nullptr,
                                [this](auto connection) { accept(std::move(connection)); })
                    .value();
  }
  std::uint16_t port() const { return listener_->local().port; }

 private:
  void accept(std::unique_ptr<net::TcpConnection> connection) {
    connection->start(*this);
    auto* const key = connection.get();
    connections_.emplace(key, std::move(connection));
  }
  void on_data(net::TcpConnection& connection, Bytes) override {
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    connection.close_after_flush();
    connections_.erase(&connection);
  }
  void on_closed(net::TcpConnection& connection, const Error*) override { connections_.erase(&connection); }

  net::Loop& loop_;
  std::unique_ptr<net::TcpListener> listener_;
  std::map<net::TcpConnection*, std::unique_ptr<net::TcpConnection>> connections_;
};

// Notes when each check is probed.
class NotingLoop final : public net::Loop {
 public:
  explicit NotingLoop(std::unique_ptr<net::Loop> loop) : loop_(std::move(loop)) {}
  const Clock& clock() const override { return loop_->clock(); }
  void run() override { loop_->run(); }
  void stop() override { loop_->stop(); }
  void post(std::function<void()> task) override { loop_->post(std::move(task)); }
  void at_turn_end(std::function<void()> task) override { loop_->at_turn_end(std::move(task)); }
  std::unique_ptr<net::Timer> after(Duration delay, std::function<void()> task) override {
    return loop_->after(delay, std::move(task));
  }
  Result<std::unique_ptr<net::TcpListener>> listen_tcp(
      const net::Address& address, const net::ListenOptions& options,
      std::shared_ptr<net::TlsServerContext> tls,
      std::function<void(std::unique_ptr<net::TcpConnection>)> on_accept) override {
    return loop_->listen_tcp(address, options, std::move(tls), std::move(on_accept));
  }
  using Loop::connect_tcp;
  std::unique_ptr<net::TcpConnect> connect_tcp(const net::Address& address,
                                               const net::ConnectOptions& options,
                                               OnConnected on_connected) override {
    const MonotonicTime now = clock().monotonic();
    MonotonicTime& last = begun_[{address.ip, options.from}];
    if (noting && last != MonotonicTime{}) gaps.push_back(now - last);
    last = now;
    ++probes;
    return loop_->connect_tcp(address, options, std::move(on_connected));
  }
  Result<std::unique_ptr<net::UdpSocket>> serve_udp(const net::Address& address,
                                                    const net::ListenOptions& options,
                                                    net::DatagramServer& server) override {
    return loop_->serve_udp(address, options, server);
  }

  bool noting = false;
  std::vector<Duration> gaps;  // from one probe of a check to the next
  std::uint64_t probes = 0;

 private:
  std::unique_ptr<net::Loop> loop_;
  std::map<std::pair<net::IpAddress, std::optional<net::IpAddress>>, MonotonicTime> begun_;
};

class Sink final : public PanelSink {
 public:
  void found(const std::string&, bool healthy) override { ++(healthy ? good : bad); }
  std::size_t good = 0, bad = 0;
};

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* const directory = opendir("/proc/self/fd");
  while (readdir(directory)) ++count;
  closedir(directory);
  return count;
}

double resident_mb() {
  std::ifstream statm("/proc/self/statm");
  double total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

long time_wait() {
  std::ifstream sockstat("/proc/net/sockstat");
  for (std::string word; sockstat >> word;)
    if (word == "tw") {
      long count = 0;
      sockstat >> count;
      return count;
    }
  return -1;
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

Plan read_plan(int count, char** words) {
  Plan plan;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--http") {
      plan.http = true;
      continue;
    }
    const long value = i + 1 < count ? std::atol(words[++i]) : 0;
    if (value <= 0) fmt::print(stderr, "{} needs a number\n", word), std::exit(2);
    if (word == "--checks")
      plan.checks = static_cast<std::size_t>(value);
    else if (word == "--interval")
      plan.interval_s = static_cast<int>(value);
    else if (word == "--seconds")
      plan.seconds = static_cast<int>(value);
    else if (word == "--regions")
      plan.regions = std::min<std::size_t>(8, static_cast<std::size_t>(value));
    else if (word == "--probes-max")
      plan.probes_max = static_cast<std::size_t>(value);
    else
      fmt::print(stderr, "{} is no option\n", word), std::exit(2);
  }
  return plan;
}

// In a process of its own, until this one ends.
std::uint16_t start_endpoint() {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) std::exit(1);
  if (fork() == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto loop = net::make_loop();
    Endpoint endpoint(*loop);
    const std::uint16_t port = endpoint.port();
    if (write(pipe_ends[1], &port, sizeof port) != sizeof port) std::_Exit(1);
    loop->run();
    std::_Exit(0);
  }
  std::uint16_t port = 0;
  if (read(pipe_ends[0], &port, sizeof port) != sizeof port) std::exit(1);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  return port;
}

void set_checks(Panel& panel, const Plan& plan, std::uint16_t port) {
  for (std::size_t i = 0; i < plan.checks; ++i) {
    const auto low = static_cast<std::uint8_t>(i % 250 + 1), high = static_cast<std::uint8_t>(i / 250);
    CheckSettings settings;
    settings.target.endpoint = {net::IpAddress::v4({127, 1, high, low}), port};
    const std::string id = fmt::format("{:08x}-6a55-4d3b-8a0e-0f5c3c1a7b64", i);
    if (plan.http) settings.target.http = HttpQuestion{"www.example.com", "/health", id, false};
    settings.interval = seconds(plan.interval_s);
    panel.set(id, settings, {});
  }
}

void report(const Plan& plan, NotingLoop& loop, double cpu, double wall, std::size_t descriptors,
            double memory, const Sink& sink) {
  auto& gaps = loop.gaps;
  const auto interval = static_cast<double>(plan.interval_s);
  std::vector<double> jitter;  // in per cent of the interval
  for (const Duration gap : gaps)
    jitter.push_back(std::abs(std::chrono::duration<double>(gap).count() - interval) / interval * 100);
  std::ranges::sort(jitter);
  const auto share = [&](double at) {
    return jitter.empty() ? 0 : jitter[static_cast<std::size_t>(at * static_cast<double>(jitter.size() - 1))];
  };
  fmt::print("{} {} checks from {} Regions every {} s: {:.0f} probes/s\n", plan.checks,
             plan.http ? "HTTP" : "TCP", plan.regions, plan.interval_s,
             static_cast<double>(loop.probes) / wall);
  fmt::print("CPU {:.1f} % of a core, {:.1f} us a probe\n", cpu / wall * 100,
             cpu / static_cast<double>(loop.probes) * 1e6);
  fmt::print("jitter of the interval: median {:.3f} %, 99th {:.3f} %, most {:.3f} % ({} intervals)\n",
             share(0.5), share(0.99), share(1), jitter.size());
  fmt::print("descriptors at most {}, TIME_WAIT {} on this machine, resident {:.1f} MB\n", descriptors,
             time_wait(), memory);
  fmt::print("found healthy {}, unhealthy {}\n", sink.good, sink.bad);
}

}  // namespace

int main(int count, char** words) {
  const Plan plan = read_plan(count, words);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const std::uint16_t port = start_endpoint();
  NotingLoop loop(net::make_loop());
  SystemRandom random;
  Sink sink;
  Panel panel(loop, random, sink, {vantages().begin(), vantages().begin() + static_cast<long>(plan.regions)},
              {.probes_max = plan.probes_max});
  set_checks(panel, plan, port);
  double cpu_before = 0;
  MonotonicTime began{};
  std::size_t descriptors = 0;
  std::unique_ptr<net::Timer> timer;
  std::function<void()> sample = [&] {
    descriptors = std::max(descriptors, open_descriptors());
    timer = loop.after(milliseconds(100), sample);
  };
  // The first interval spreads the checks; it is not measured.
  const auto start = loop.after(seconds(plan.interval_s), [&] {
    cpu_before = cpu_seconds();
    began = loop.clock().monotonic();
    loop.noting = true;
    loop.probes = 0;
    sample();
  });
  const auto end = loop.after(seconds(plan.interval_s + plan.seconds), [&] { loop.stop(); });
  loop.run();
  const double wall = std::chrono::duration<double>(loop.clock().monotonic() - began).count();
  report(plan, loop, cpu_seconds() - cpu_before, wall, descriptors, resident_mb(), sink);
  return 0;
}

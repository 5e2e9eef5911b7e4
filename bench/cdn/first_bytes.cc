// Viewers who ask for one URL at the same time, each over a connection of its own: when did each hear the
// first byte? The time is the kernel's, of the packet (SO_TIMESTAMPNS), so that a viewer whom this program
// reads late is not taken for one who heard late. It sleeps while the first bytes come, as five hundred
// machines would not take the processor from the server either. Of packets that the kernel joined meanwhile
// it tells the last one's time, which can only be later. Everybody reads to the end, and the whole has to
// have come.
//
// usage: first_bytes --server ADDR:PORT[,ADDR:PORT…] --host NAME --target /PATH --body-bytes N [--viewers N]
//                    [--seconds S]
// Of several servers each gets its part of the viewers. Prints one line of JSON: how long after the first
// viewer the median and the last one heard theirs.
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <ranges>
#include <vector>

#include "base/check.h"
#include "net/address.h"

namespace meridian::bench {
namespace {

constexpr std::size_t kViewersMax = 10'000;
constexpr std::size_t kHeadMax = 16 * 1024;
constexpr double kGlanceSeconds = 0.01, kBurstSeconds = 0.05;

struct Options {
  std::vector<net::Address> servers;
  std::string host, target;
  std::uint64_t body_bytes = 0;
  std::size_t viewers = 500;
  double seconds = 30;
};

class Viewer {
 public:
  Viewer(const Options& options, const net::Address& server) : options_(options) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(socket_ >= 0 && server.ip.is_v4());
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(server.port);
    std::memcpy(&to.sin_addr, server.ip.bytes().data(), 4);
    CHECK(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    const int on = 1;
    CHECK(setsockopt(socket_, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0);
  }
  ~Viewer() { ::close(socket_); }
  Viewer(const Viewer&) = delete;
  Viewer& operator=(const Viewer&) = delete;

  int socket() const { return socket_; }
  std::uint64_t first_byte_ns() const { return first_byte_ns_; }
  bool is_done() const { return done_; }
  bool failed() const { return failed_; }

  void ask() const {
    const std::string request =
        fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", options_.target, options_.host);
    CHECK(::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size()));
  }

  // All there is now.
  void read() {
    while (!done_ && !failed_) {
      const ssize_t size = first_byte_ns_ == 0 ? read_first_byte() : read_more();
      if (size < 0 && errno == EAGAIN) return;
      failed_ = size <= 0;
    }
  }

 private:
  // One byte alone: of what is read the kernel tells the time of its last packet.
  ssize_t read_first_byte() {
    char byte = 0;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(timespec))];
    iovec piece{&byte, 1};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(socket_, &message, MSG_DONTWAIT);
    if (size <= 0) return size;
    const cmsghdr* const told = CMSG_FIRSTHDR(&message);
    CHECK(told && told->cmsg_type == SCM_TIMESTAMPNS);
    timespec time;
    std::memcpy(&time, CMSG_DATA(told), sizeof time);
    first_byte_ns_ =
        static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
    head_ = byte;
    return size;
  }

  ssize_t read_more() {
    if (in_body_) {
      const ssize_t size = ::recv(socket_, nullptr, 1 << 20, MSG_DONTWAIT | MSG_TRUNC);
      if (size > 0) came(static_cast<std::uint64_t>(size));
      return size;
    }
    char bytes[kHeadMax];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size <= 0) return size;
    head_.append(bytes, static_cast<std::size_t>(size));
    const std::size_t end = head_.find("\r\n\r\n");
    if (end == std::string::npos) return head_.size() < kHeadMax ? size : 0;
    if (!head_.starts_with("HTTP/1.1 200 ")) return 0;
    in_body_ = true;
    came(head_.size() - end - 4);
    return size;
  }

  void came(std::uint64_t bytes) {
    body_ += bytes;
    done_ = body_ == options_.body_bytes;
    failed_ = body_ > options_.body_bytes;
  }

  const Options& options_;
  int socket_ = -1;
  std::uint64_t first_byte_ns_ = 0, body_ = 0;
  std::string head_;
  bool in_body_ = false, done_ = false, failed_ = false;
};

double now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void sleep_for(double seconds) {
  const timespec time{0, static_cast<long>(seconds * 1e9)};
  ::nanosleep(&time, nullptr);
}

int run(const Options& options) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::unique_ptr<Viewer>> viewers;
  for (std::size_t i = 0; i < options.viewers; ++i) {
    viewers.push_back(std::make_unique<Viewer>(options, options.servers[i % options.servers.size()]));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.ptr = viewers.back().get();
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, viewers.back()->socket(), &event) == 0);
  }
  for (const auto& viewer : viewers) viewer->ask();
  std::size_t waiting = viewers.size(), failed = 0;
  epoll_event events[256];
  const double until = now() + options.seconds;
  for (epoll_event any; now() < until && ::epoll_wait(epoll, &any, 1, 0) == 0;) sleep_for(kGlanceSeconds);
  sleep_for(kBurstSeconds);
  const auto read_on = [&](Viewer& viewer) {
    if (viewer.is_done() || viewer.failed()) return;
    viewer.read();
    failed += viewer.failed();
    waiting -= viewer.is_done() || viewer.failed();
  };
  for (const auto& viewer : viewers) read_on(*viewer);
  while (waiting > 0 && now() < until) {
    const int count = epoll_wait(epoll, events, 256, 10);
    for (int i = 0; i < count; ++i) read_on(*static_cast<Viewer*>(events[i].data.ptr));
  }
  std::vector<std::uint64_t> times;
  for (const auto& viewer : viewers)
    if (viewer->is_done()) times.push_back(viewer->first_byte_ns());
  std::ranges::sort(times);
  const auto behind_ms = [&](double part) {
    if (times.empty()) return 0.0;
    const std::uint64_t at = times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
    return static_cast<double>(at - times.front()) / 1e6;
  };
  fmt::print(
      "{{\"viewers\": {}, \"whole\": {}, \"failed\": {}, \"median_ms\": {:.3f}, \"last_ms\": {:.3f}}}\n",
      viewers.size(), times.size(), failed, behind_ms(0.5), behind_ms(1));
  return times.size() == viewers.size() ? 0 : 1;
}

std::optional<Options> parse(int count, char** words) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = words[i], value = words[i + 1];
    if (name == "--server") {
      for (const auto word : std::views::split(value, ',')) {
        const auto address = net::Address::parse(std::string_view(word.begin(), word.end()));
        if (!address) return std::nullopt;
        options.servers.push_back(*address);
      }
    } else if (name == "--host") {
      options.host = value;
    } else if (name == "--target") {
      options.target = value;
    } else if (name == "--body-bytes") {
      options.body_bytes = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--viewers") {
      options.viewers = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--seconds") {
      options.seconds = std::strtod(value.c_str(), nullptr);
    } else {
      return std::nullopt;
    }
  }
  if (options.viewers == 0 || options.viewers > kViewersMax || options.target.empty() ||
      options.servers.empty())
    return std::nullopt;
  return options;
}

}  // namespace
}  // namespace meridian::bench

int main(int count, char** words) {
  const auto options = meridian::bench::parse(count, words);
  if (!options || count % 2 == 0) {
    fmt::print(stderr, "see the head of bench/cdn/first_bytes.cc\n");
    return 2;
  }
  return meridian::bench::run(*options);
}

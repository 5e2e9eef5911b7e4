#include "good_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "formats/dns/message.h"

namespace meridian::hostile {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kSockets = 16;  // source ports, so that all workers get some
constexpr int kTriesMax = 6;
constexpr auto kTimeout = 400ms;
constexpr auto kTcpTimeout = 2s;
constexpr auto kCatchUpMax = 20ms;
constexpr const char* kUdpAddress = "127.200.1.1";
constexpr const char* kTcpAddress = "127.200.2.1";

sockaddr_in address_of(const char* ip, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, ip, &address.sin_addr);
  return address;
}

int open_socket(int type, const char* from, const GoodOptions& options) {
  const int descriptor = socket(AF_INET, type, 0);
  const timeval limit{kTcpTimeout.count(), 0};  // connect() heeds it too
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const sockaddr_in own = address_of(from, 0), server = address_of(options.server.c_str(), options.port);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0 ||
      connect(descriptor, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) {
    close(descriptor);
    return -1;
  }
  return descriptor;
}

// One in ten asks for what does not exist.
struct Question {
  bool exists;
  unsigned number;
  std::string label() const { return (exists ? "h" : "no") + std::to_string(number); }
};

// Empty when the reply is what the zone says.
std::string fault_of(Bytes reply, const Question& question) {
  const auto message = dns::parse_message(reply);
  if (!message) return "not a message: " + message.error().message;
  const auto rcode = message->header.rcode;
  if (!message->header.qr || !message->header.aa) return "not an authoritative response";
  if (message->questions.size() != 1) return "no question";
  if (!question.exists) return rcode == 3 && message->answers.empty() ? "" : "NXDOMAIN expected";
  if (rcode != 0 || message->answers.size() != 1)
    return "one record expected, rcode " + std::to_string(rcode);
  std::string expected;
  append_u32(expected, 10u << 24 | question.number);
  return message->answers[0].rdata == expected ? "" : "another address";
}

bool read_exactly(int descriptor, char* into, std::size_t size) {
  while (size > 0) {
    const ssize_t got = recv(descriptor, into, size, 0);
    if (got <= 0) return false;
    into += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

// The reply over a connection of its own; empty when there was none.
std::string ask_tcp_once(const GoodOptions& options, const char* from, const Question& question,
                         std::uint16_t id) {
  const int descriptor = open_socket(SOCK_STREAM, from, options);
  if (descriptor < 0) return "";
  const std::string query = query_for(id, question.label(), options.target.zone, 1);
  std::string framed;
  append_u16(framed, static_cast<std::uint16_t>(query.size()));
  framed += query;
  std::string reply;
  char size[2];
  if (send(descriptor, framed.data(), framed.size(), MSG_NOSIGNAL) == ssize_t(framed.size()) &&
      read_exactly(descriptor, size, sizeof size)) {
    reply.resize(load_u16(reinterpret_cast<const std::uint8_t*>(size)));
    if (!read_exactly(descriptor, reply.data(), reply.size())) reply.clear();
  }
  close(descriptor);
  return reply;
}

void set_latencies(GoodReport& report, std::vector<double>& latencies_ms) {
  if (latencies_ms.empty()) return;
  std::ranges::sort(latencies_ms);
  report.p50_ms = latencies_ms[latencies_ms.size() / 2];
  report.p99_ms = latencies_ms[latencies_ms.size() * 99 / 100];
  report.max_ms = latencies_ms.back();
}

// Asks over TCP on a thread of its own what was answered truncated, so that the others are not held up.
class TcpFallback {
 public:
  explicit TcpFallback(const GoodOptions& options)
      : thread_([this, &options](const std::stop_token& stop) { run(options, stop); }) {}

  void ask(std::uint16_t id, const Question& question) {
    const std::lock_guard lock(mutex_);
    questions_.emplace_back(id, question);
    changed_.notify_one();
  }
  // Since the last time; an empty reply is none.
  std::vector<std::pair<std::uint16_t, std::string>> replies() {
    const std::lock_guard lock(mutex_);
    return std::exchange(replies_, {});
  }

 private:
  void run(const GoodOptions& options, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !questions_.empty(); })) {
      const auto [id, question] = questions_.front();
      questions_.pop_front();
      lock.unlock();
      std::string reply = ask_tcp_once(options, kUdpAddress, question, id);
      lock.lock();
      replies_.emplace_back(id, std::move(reply));
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::pair<std::uint16_t, Question>> questions_;
  std::vector<std::pair<std::uint16_t, std::string>> replies_;
  std::jthread thread_;
};

class UdpClient {
 public:
  explicit UdpClient(const GoodOptions& options) : options_(options), queries_(65536), random_(4) {
    for (pollfd& each : sockets_) {
      each = {open_socket(SOCK_DGRAM, kUdpAddress, options), POLLIN, 0};
      const int bytes = 1 << 20;
      setsockopt(each.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
      fcntl(each.fd, F_SETFL, O_NONBLOCK);
    }
  }
  ~UdpClient() {
    for (const pollfd& each : sockets_) close(each.fd);
  }

  GoodReport run() {
    const auto gap = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(1.0 / options_.queries_per_second));
    auto next = Clock::now();
    const auto end =
        next + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.seconds));
    while (next < end || open_ > 0) {
      const auto now = Clock::now();
      // What this client could not ask in time because it did not run is not asked in a burst.
      next = std::max(next, now - kCatchUpMax);
      for (; next <= now && next < end; next += gap) ask(now);
      retry(now);
      for (const auto& [id, reply] : fallback_.replies()) take_fallback(id, reply);
      const timespec wait{0, 200'000};
      if (ppoll(sockets_.data(), sockets_.size(), &wait, nullptr) > 0)
        for (std::size_t i = 0; i < sockets_.size(); ++i)
          if (sockets_[i].revents) receive(i);
    }
    set_latencies(report_, latencies_ms_);
    return report_;
  }

 private:
  struct Query {
    bool open = false;
    bool over_tcp = false;  // being asked there
    int tries = 0;
    Question question{};
    Clock::time_point first_sent, sent;
  };
  struct Deadline {
    Clock::time_point at;
    std::uint16_t id;
    Clock::time_point sent;
  };

  void ask(Clock::time_point now) {
    while (queries_[next_id_].open) ++next_id_;
    Query& query = queries_[next_id_];
    query = {true, false,
             0,    {random_.below(10) != 0, static_cast<unsigned>(random_.below(options_.target.names))},
             now,  now};
    ++report_.asked;
    ++open_;
    send(next_id_++, now);
  }
  void send(std::uint16_t id, Clock::time_point now) {
    Query& query = queries_[id];
    ++query.tries;
    query.sent = now;
    deadlines_.push_back({now + kTimeout, id, now});
    const std::string bytes = query_for(id, query.question.label(), options_.target.zone, 1);
    (void)::send(sockets_[id % kSockets].fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  void retry(Clock::time_point now) {
    while (!deadlines_.empty() && deadlines_.front().at <= now) {
      const Deadline deadline = deadlines_.front();
      deadlines_.pop_front();
      const Query& query = queries_[deadline.id];
      if (query.open && !query.over_tcp && query.sent == deadline.sent) try_again(deadline.id, now);
    }
  }
  void try_again(std::uint16_t id, Clock::time_point now) {
    if (queries_[id].tries < kTriesMax) return send(id, now);
    ++report_.lost;
    end(queries_[id]);
  }
  void receive(std::size_t i) {
    std::uint8_t bytes[4096];
    for (ssize_t size; (size = recv(sockets_[i].fd, bytes, sizeof bytes, 0)) > 0;) {
      if (size < 12) continue;
      const std::uint16_t id = load_u16(bytes);
      Query& query = queries_[id];
      if (!query.open || id % kSockets != i) continue;
      if (bytes[2] & 0x02) {
        if (!std::exchange(query.over_tcp, true)) fallback_.ask(id, query.question);
      } else {
        judge(query, Bytes(bytes, static_cast<std::size_t>(size)), query.tries == 1);
      }
    }
  }
  void take_fallback(std::uint16_t id, const std::string& reply) {
    Query& query = queries_[id];
    if (!query.open || !std::exchange(query.over_tcp, false)) return;  // answered over UDP meanwhile
    if (reply.empty()) return try_again(id, Clock::now());
    ++report_.over_tcp;
    judge(query, as_bytes(reply), false);
  }
  void judge(Query& query, Bytes reply, bool first) {
    if (const std::string fault = fault_of(reply, query.question); !fault.empty()) {
      ++report_.wrong;
      if (report_.first_wrong.empty()) report_.first_wrong = query.question.label() + ": " + fault;
    } else {
      ++report_.answered;
      if (first) ++report_.answered_first;
      latencies_ms_.push_back(
          std::chrono::duration<double, std::milli>(Clock::now() - query.first_sent).count());
    }
    end(query);
  }
  void end(Query& query) {
    query.open = false;
    --open_;
  }

  const GoodOptions& options_;
  std::array<pollfd, kSockets> sockets_;
  std::vector<Query> queries_;  // by id
  std::uint16_t next_id_ = 0;
  std::uint64_t open_ = 0;
  std::deque<Deadline> deadlines_;
  TcpFallback fallback_{options_};
  std::vector<double> latencies_ms_;
  SeededRandom random_;
  GoodReport report_;
};

}  // namespace

GoodReport ask_over_udp(const GoodOptions& options) {
  return UdpClient(options).run();
}

GoodReport ask_over_tcp(const GoodOptions& options) {
  GoodReport report;
  std::vector<double> latencies_ms;
  SeededRandom random(5);
  const auto start = Clock::now();
  const auto gap = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(1.0 / options.queries_per_second));
  for (auto next = start; next < start + std::chrono::duration<double>(options.seconds);
       next = std::max(next + gap, Clock::now())) {
    std::this_thread::sleep_until(next);
    const Question question{random.below(10) != 0, static_cast<unsigned>(random.below(options.target.names))};
    ++report.asked;
    const auto sent = Clock::now();
    std::string reply;
    int tries = 0;
    while (reply.empty() && ++tries <= kTriesMax) reply = ask_tcp_once(options, kTcpAddress, question, 1);
    if (reply.empty()) {
      ++report.lost;
    } else if (const std::string fault = fault_of(as_bytes(reply), question); !fault.empty()) {
      ++report.wrong;
      if (report.first_wrong.empty()) report.first_wrong = question.label() + ": " + fault;
    } else {
      ++report.answered;
      if (tries == 1) ++report.answered_first;
      latencies_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - sent).count());
    }
  }
  set_latencies(report, latencies_ms);
  return report;
}

}  // namespace meridian::hostile

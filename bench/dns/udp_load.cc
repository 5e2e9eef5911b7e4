// Asks a DNS server over UDP as fast as it answers: a fixed number of queries outstanding, many sockets,
// batches in and out, so that the server under test is the limit and not this. Every reply is checked against
// what the question file says, and what got no reply in time is lost: nothing is asked twice.
//
// usage: udp_load --server ADDR:PORT --questions FILE [--seconds S | --queries N] [--outstanding N]
// [--sockets N]
//                 [--threads N] [--timeout-ms N]
//   FILE: a line `NAME TYPE RCODE ANSWERS [SUBNET]` each, NAME absolute; asked in that order with EDNS 1232
//   and, of SUBNET, EDNS Client Subnet, over and over.
// Prints one line of JSON.
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "base/bytes.h"
#include "base/check.h"
#include "formats/dns/message.h"
#include "net/address.h"

namespace meridian::bench {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::uint16_t kUdpSize = 1232;
constexpr std::uint16_t kClientSubnet = 8;  // RFC 7871
constexpr std::size_t kSocketsMax = 64;
constexpr std::size_t kSlotsMax = 256;  // of one socket: the low byte of a query's ID is its slot
constexpr int kDrainSteps = 4;          // timeouts are looked for this many times within one
constexpr std::uint64_t kMillisecond = 1'000'000;

struct Options {
  net::Address server;
  std::string questions;
  double seconds = 0;
  std::uint64_t queries = 0;  // 0: until the time is over
  std::size_t outstanding = 256;
  std::size_t sockets = 8;
  unsigned threads = 1;
  std::uint64_t timeout_ms = 1000;
};

std::uint64_t now_ns() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

// The messages one behind the other, as they are sent but for the ID.
struct Questions {
  struct One {
    std::uint32_t offset;
    std::uint16_t size;
    std::uint16_t answers;
    std::uint8_t rcode;
  };
  std::string bytes;
  std::vector<One> all;
};

// RFC 7871 §6: only the bytes that the prefix reaches into.
std::string encode_subnet(const net::Cidr& subnet) {
  std::string out;
  const std::size_t size = (subnet.bits + 7U) / 8;
  append_u16(out, kClientSubnet);
  append_u16(out, static_cast<std::uint16_t>(4 + size));
  append_u16(out, subnet.base.is_v4() ? 1 : 2);
  append_u8(out, subnet.bits);
  append_u8(out, 0);
  out += subnet.base.bytes().substr(0, size);
  return out;
}

std::string encode(const meridian::dns::Name& name, meridian::dns::Type type, const std::string& options) {
  std::string out;
  for (const std::uint16_t field : {0, 0, 1, 0, 0, 1}) append_u16(out, field);  // one question, one OPT
  out += name.wire();
  append_u16(out, static_cast<std::uint16_t>(type));
  append_u16(out, static_cast<std::uint16_t>(meridian::dns::Class::IN));
  append_u8(out, 0);
  append_u16(out, static_cast<std::uint16_t>(meridian::dns::Type::OPT));
  append_u16(out, kUdpSize);
  append_u32(out, 0);
  append_u16(out, static_cast<std::uint16_t>(options.size()));
  return out + options;
}

Result<Questions> read_questions(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail(ErrorCode::Unavailable, "cannot read " + path);
  Questions questions;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string name, type_text;
    unsigned rcode = 0, answers = 0;
    if (!(words >> name >> type_text >> rcode >> answers)) return invalid("not a question: " + line);
    const auto type = meridian::dns::parse_type(type_text);
    if (!type) return invalid("not a type: " + type_text);
    const auto parsed = TRY(meridian::dns::Name::parse(name));
    std::string subnet;
    if (words >> subnet) subnet = encode_subnet(TRY(net::Cidr::parse(subnet)));
    const std::string message = encode(parsed, *type, subnet);
    questions.all.push_back({static_cast<std::uint32_t>(questions.bytes.size()),
                             static_cast<std::uint16_t>(message.size()), static_cast<std::uint16_t>(answers),
                             static_cast<std::uint8_t>(rcode)});
    questions.bytes += message;
  }
  if (questions.all.empty()) return invalid("no questions in " + path);
  return questions;
}

// Latencies by powers of 2^(1/8): within 9 % of the truth, in a fixed table.
class Histogram {
 public:
  void add(std::uint64_t ns) { ++counts_[std::min(kBuckets - 1, bucket(ns))]; }
  void add(const Histogram& other) {
    for (std::size_t n = 0; n < kBuckets; ++n) counts_[n] += other.counts_[n];
  }
  double percentile_us(double share) const {
    std::uint64_t total = 0, seen = 0;
    for (const std::uint64_t count : counts_) total += count;
    for (std::size_t n = 0; n < kBuckets; ++n) {
      seen += counts_[n];
      if (total && static_cast<double>(seen) >= share * static_cast<double>(total))
        return std::exp2(static_cast<double>(n + 1) / 8) / 1e3;
    }
    return 0;
  }

 private:
  static constexpr std::size_t kBuckets = 320;
  static std::size_t bucket(std::uint64_t ns) {
    return static_cast<std::size_t>(std::log2f(static_cast<float>(ns | 1)) * 8);
  }
  std::array<std::uint64_t, kBuckets> counts_{};
};

struct Totals {
  std::uint64_t sent = 0, answered = 0, answered_in_time = 0, lost = 0, wrong = 0, reply_bytes = 0;
  Histogram latency;

  void add(const Totals& other) {
    sent += other.sent, answered += other.answered, answered_in_time += other.answered_in_time;
    lost += other.lost, wrong += other.wrong, reply_bytes += other.reply_bytes;
    latency.add(other.latency);
  }
};

// One thread's sockets. Slots are asked again as soon as they are answered.
class Load {
 public:
  Load(const Options& options, const Questions& questions, std::size_t share)
      : options_(options), questions_(questions), bytes_(questions.bytes) {
    next_ = questions.all.size() / options.threads * share;
    queries_left_ = options.queries ? options.queries / options.threads : ~std::uint64_t{0};
    sockets_.resize(options.sockets);
    for (Socket& socket : sockets_) open(socket);
  }

  void run(std::uint64_t end) {
    end_ = end;
    for (Socket& socket : sockets_) {
      for (std::size_t slot = 0; slot < socket.slots.size(); ++slot)
        socket.free.push_back(static_cast<std::uint8_t>(slot));
      ask(socket, now_ns());
    }
    std::uint64_t last_sweep = now_ns();
    while (outstanding_ > 0) {
      bool idle = true;
      for (Socket& socket : sockets_) idle &= !receive(socket);
      const std::uint64_t now = now_ns();
      if (now - last_sweep > options_.timeout_ms * kMillisecond / kDrainSteps) {
        sweep(now);
        last_sweep = now;
      }
      if (idle) wait();
    }
  }

  const Totals& totals() const { return totals_; }

 private:
  struct Slot {
    std::uint64_t sent_at = 0;
    std::uint32_t question = 0;
    std::uint8_t turn = 0;  // the high byte of the ID: a late reply is not taken for that of the next query
    bool waiting = false;
  };
  struct Socket {
    int fd = -1;
    std::vector<Slot> slots;
    std::vector<std::uint8_t> free;
  };

  void open(Socket& socket) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(options_.server.port);
    std::memcpy(&to.sin_addr, options_.server.ip.bytes().data(), 4);
    socket.fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int room = 1024 * 1024;
    setsockopt(socket.fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    CHECK(socket.fd >= 0 && connect(socket.fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    socket.slots.resize(std::max<std::size_t>(1, options_.outstanding / options_.threads / options_.sockets));
  }

  // Whether there was anything.
  bool receive(Socket& socket) {
    for (std::size_t n = 0; n < kBatch; ++n) {
      pieces_[n] = {headers_[n].data(), headers_[n].size()};
      messages_[n].msg_hdr = {nullptr, 0, &pieces_[n], 1, nullptr, 0, 0};
    }
    // Only headers are looked at, so only headers are copied; MSG_TRUNC still tells the size.
    const int got = recvmmsg(socket.fd, messages_.data(), kBatch, MSG_DONTWAIT | MSG_TRUNC, nullptr);
    if (got <= 0) return false;
    const std::uint64_t now = now_ns();
    for (std::size_t n = 0; n < static_cast<std::size_t>(got); ++n) take(socket, n, now);
    ask(socket, now);
    return true;
  }

  void take(Socket& socket, std::size_t n, std::uint64_t now) {
    const std::uint8_t* header = headers_[n].data();
    const std::size_t index = header[1];
    if (messages_[n].msg_len < meridian::dns::kHeaderSize || index >= socket.slots.size()) return;
    Slot& slot = socket.slots[index];
    if (!slot.waiting || slot.turn != header[0]) return;  // given up already
    const Questions::One& question = questions_.all[slot.question];
    const bool right = (header[2] & 0x82) == 0x80 && (header[3] & 15) == question.rcode &&
                       load_u16(header + 6) == question.answers;
    ++totals_.answered;
    totals_.answered_in_time += now < end_;
    totals_.wrong += !right;
    totals_.reply_bytes += messages_[n].msg_len;
    totals_.latency.add(now - slot.sent_at);
    release(socket, index);
  }

  void release(Socket& socket, std::size_t index) {
    socket.slots[index].waiting = false;
    ++socket.slots[index].turn;
    socket.free.push_back(static_cast<std::uint8_t>(index));
    --outstanding_;
  }

  void ask(Socket& socket, std::uint64_t now) {
    if (now >= end_) return;
    while (!socket.free.empty() && queries_left_ > 0) {
      std::size_t count = 0;
      for (; count < kBatch && !socket.free.empty() && queries_left_ > 0; ++count, --queries_left_) {
        const std::uint8_t index = socket.free.back();
        socket.free.pop_back();
        Slot& slot = socket.slots[index];
        slot.question = static_cast<std::uint32_t>(next_);
        slot.sent_at = now;
        slot.waiting = true;
        if (++next_ == questions_.all.size()) next_ = 0;
        const Questions::One& question = questions_.all[slot.question];
        char* message = bytes_.data() + question.offset;
        message[0] = static_cast<char>(slot.turn);
        message[1] = static_cast<char>(index);
        pieces_[count] = {message, question.size};
        messages_[count].msg_hdr = {nullptr, 0, &pieces_[count], 1, nullptr, 0, 0};
      }
      outstanding_ += count;
      totals_.sent += count;
      for (std::size_t sent = 0; sent < count;) {
        const int more = sendmmsg(socket.fd, messages_.data() + sent, static_cast<unsigned>(count - sent), 0);
        if (more <= 0) break;  // what did not go out counts as lost
        sent += static_cast<std::size_t>(more);
      }
    }
  }

  void sweep(std::uint64_t now) {
    for (Socket& socket : sockets_) {
      for (std::size_t index = 0; index < socket.slots.size(); ++index) {
        const Slot& slot = socket.slots[index];
        if (!slot.waiting || now - slot.sent_at < options_.timeout_ms * kMillisecond) continue;
        ++totals_.lost;
        release(socket, index);
      }
      ask(socket, now);
    }
  }

  void wait() {
    std::array<pollfd, kSocketsMax> fds;
    for (std::size_t n = 0; n < sockets_.size(); ++n) fds[n] = {sockets_[n].fd, POLLIN, 0};
    poll(fds.data(), sockets_.size(), static_cast<int>(options_.timeout_ms / kDrainSteps));
  }

  const Options& options_;
  const Questions& questions_;
  std::string bytes_;  // of its own, since IDs are written into it
  std::vector<Socket> sockets_;
  std::size_t next_ = 0;
  std::uint64_t end_ = 0, queries_left_ = 0, outstanding_ = 0;
  Totals totals_;
  std::array<std::array<std::uint8_t, meridian::dns::kHeaderSize>, kBatch> headers_;
  std::array<iovec, kBatch> pieces_;
  std::array<mmsghdr, kBatch> messages_{};
};

Result<Options> parse_options(int argc, char** argv) {
  Options options;
  for (int n = 1; n + 1 < argc; n += 2) {
    const std::string_view flag = argv[n];
    const std::string value = argv[n + 1];
    if (flag == "--server")
      options.server = TRY(net::Address::parse(value));
    else if (flag == "--questions")
      options.questions = value;
    else if (flag == "--seconds")
      options.seconds = std::strtod(value.c_str(), nullptr);
    else if (flag == "--queries")
      options.queries = std::strtoull(value.c_str(), nullptr, 10);
    else if (flag == "--outstanding")
      options.outstanding = std::strtoull(value.c_str(), nullptr, 10);
    else if (flag == "--sockets")
      options.sockets = std::strtoull(value.c_str(), nullptr, 10);
    else if (flag == "--threads")
      options.threads = static_cast<unsigned>(std::strtoul(value.c_str(), nullptr, 10));
    else if (flag == "--timeout-ms")
      options.timeout_ms = std::strtoull(value.c_str(), nullptr, 10);
    else
      return invalid(fmt::format("unknown option {}", flag));
  }
  if (options.server.port == 0 || !options.server.ip.is_v4()) return invalid("no --server of IPv4");
  if (options.seconds <= 0 && options.queries == 0) return invalid("no --seconds and no --queries");
  if (options.threads == 0 || options.sockets == 0 || options.sockets > kSocketsMax ||
      options.outstanding / options.threads / options.sockets > kSlotsMax || options.timeout_ms < kDrainSteps)
    return invalid(fmt::format("1 to {} sockets of up to {} outstanding each", kSocketsMax, kSlotsMax));
  return options;
}

double cpu_seconds() {
  rusage used;
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

Result<void> run(int argc, char** argv) {
  const Options options = TRY(parse_options(argc, argv));
  const Questions questions = TRY(read_questions(options.questions));
  std::vector<std::unique_ptr<Load>> loads;
  for (unsigned n = 0; n < options.threads; ++n)
    loads.push_back(std::make_unique<Load>(options, questions, n));

  const double cpu_before = cpu_seconds();
  const std::uint64_t start = now_ns();
  const std::uint64_t end =
      options.seconds > 0 ? start + static_cast<std::uint64_t>(options.seconds * 1e9) : ~std::uint64_t{0};
  std::vector<std::thread> threads;
  for (auto& load : loads) threads.emplace_back([&load = *load, end] { load.run(end); });
  for (std::thread& thread : threads) thread.join();
  const double elapsed = static_cast<double>(now_ns() - start) / 1e9;
  const double seconds = options.seconds > 0 ? std::min(elapsed, options.seconds) : elapsed;

  Totals totals;
  for (const auto& load : loads) totals.add(load->totals());
  fmt::print(
      "{{\"sent\": {}, \"answered\": {}, \"lost\": {}, \"wrong\": {}, \"rate\": {:.0f}, \"reply_bytes\": "
      "{:.1f}, "
      "\"p50_us\": {:.0f}, \"p99_us\": {:.0f}, \"p999_us\": {:.0f}, \"busy\": {:.3f}}}\n",
      totals.sent, totals.answered, totals.lost, totals.wrong,
      static_cast<double>(totals.answered_in_time) / seconds,
      static_cast<double>(totals.reply_bytes) /
          static_cast<double>(std::max<std::uint64_t>(1, totals.answered)),
      totals.latency.percentile_us(0.5), totals.latency.percentile_us(0.99),
      totals.latency.percentile_us(0.999), (cpu_seconds() - cpu_before) / elapsed / options.threads);
  return {};
}

}  // namespace
}  // namespace meridian::bench

int main(int argc, char** argv) {
  const auto result = meridian::bench::run(argc, argv);
  if (!result) fmt::print(stderr, "udp_load: {}\n", result.error().message);
  return result ? 0 : 1;
}

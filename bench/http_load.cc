// Asks an HTTP/1.1 server over kept connections as fast as it answers, from one thread: each connection sends
// the next request of the file when its reply is whole. What replies carry is counted and thrown away,
// without TLS inside the kernel (MSG_TRUNC), so that the server under test is the limit and not this.
//
// usage: http_load --server ADDR:PORT --host NAME --requests FILE --seconds S [--connections N] [--tls yes]
//                  [--requests-a-connection N] [--body-bytes N] [--reply-bytes N] [--times N] [--rate N]
//   FILE: a line `METHOD TARGET` each, asked in that order over and over, or --times times; --body-bytes: of
//   what each sends; --reply-bytes: what each body must have, else the reply counts as failed; --rate: so
//   many are asked a second, due evenly, and their latency counts from when they were due, not from when a
//   connection was free for them; --tls: TLS 1.3 or 1.2 with the host as SNI, any certificate, no session
//   twice.
// Prints one line of JSON.
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

#include "base/check.h"
#include "net/address.h"

namespace meridian::bench {
namespace {

constexpr std::size_t kConnectionsMax = 1024;
constexpr std::size_t kReplyHeadMax = 16 * 1024;
constexpr std::size_t kDiscardAtOnce = 16 * 1024 * 1024;
constexpr std::size_t kBodyPattern = 1024 * 1024;  // sent over and over
constexpr std::size_t kLatenciesMax = 4'000'000;
constexpr long kLookUpNs = 10'000'000;
constexpr long kWaitLeastNs =
    100'000;  // a few requests become due together, and leave the processor to others

struct Options {
  net::Address server;
  std::string host;
  std::string requests;
  double seconds = 1;
  std::size_t connections = 16;
  std::uint64_t body_bytes = 0;
  std::optional<std::uint64_t> reply_bytes;
  std::uint64_t times = 0;  // 0: no limit
  double rate = 0;          // 0: as fast as they are answered
  bool tls = false;
  std::uint64_t requests_a_connection = 0;  // 0: no limit
};

struct EndTls {
  void operator()(SSL* session) const { SSL_free(session); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

std::unique_ptr<SSL_CTX, EndTls> make_tls() {
  std::unique_ptr<SSL_CTX, EndTls> context(SSL_CTX_new(TLS_client_method()));
  CHECK(context != nullptr);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

struct Counts {
  std::uint64_t replies = 0, failed = 0, bytes_in = 0, bytes_out = 0;
  std::vector<std::uint32_t> latencies_us;
  std::string first_failure;
};

std::uint64_t now_ns() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

std::vector<std::string> read_requests(const Options& options) {
  std::ifstream file(options.requests);
  std::vector<std::string> heads;
  std::string line;
  while (std::getline(file, line)) {
    std::string head = fmt::format("{} HTTP/1.1\r\nHost: {}\r\n", line, options.host);
    if (options.body_bytes > 0) head += fmt::format("Content-Length: {}\r\n", options.body_bytes);
    heads.push_back(head + "\r\n");
  }
  return heads;
}

// What all connections share.
struct Work {
  const Options& options;
  std::vector<std::string> heads;
  std::unique_ptr<SSL_CTX, EndTls> tls{};  // null: without
  std::string pattern{};
  std::size_t next = 0;
  bool over = false;
  Counts counts{};
  std::uint64_t begun_ns = 0;
  std::size_t busy = 0;                   // connections
  std::vector<class Connection*> idle{};  // with --rate: what waits for a request to be due

  bool asked_all() const { return options.times != 0 && next >= heads.size() * options.times; }
  std::uint64_t due_ns() const {  // of the next request
    return begun_ns + static_cast<std::uint64_t>(static_cast<double>(next) / options.rate * 1e9);
  }
  long wait_ns() const {
    if (idle.empty()) return kLookUpNs;
    const std::uint64_t due = due_ns(), now = now_ns();
    return due <= now ? 0 : std::clamp(static_cast<long>(due - now), kWaitLeastNs, kLookUpNs);
  }
  void begin_what_is_due();
};

class Connection {
 public:
  Connection(Work& work, int epoll) : work_(work), epoll_(epoll) { open(); }
  ~Connection() { close(); }

  void on_ready(std::uint32_t events) {
    if (shaking_hands_ && !shake_hands()) return;
    if ((events & EPOLLIN) != 0 || (events & (EPOLLERR | EPOLLHUP)) != 0) receive();
    if (sending_) send_on();
  }
  void begin() {
    if (work_.over || work_.asked_all()) return;
    begun_ns_ = now_ns();
    if (work_.options.rate > 0) {
      if (work_.due_ns() > begun_ns_) return work_.idle.push_back(this);
      begun_ns_ = work_.due_ns();
    }
    ++work_.busy;
    head_ = &work_.heads[work_.next++ % work_.heads.size()];
    sent_ = 0;
    sending_ = true;
    if (!shaking_hands_) send_on();
  }

 private:
  enum class Io : std::uint8_t { Some, Blocked, Over };

  void open() {
    const net::Address& server = work_.options.server;
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(socket_ >= 0 && server.ip.is_v4());
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(server.port);
    std::memcpy(&to.sin_addr, server.ip.bytes().data(), 4);
    // A server that accepts nobody is not waited for.
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    CHECK(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (work_.tls) {
      CHECK(fcntl(socket_, F_SETFL, O_NONBLOCK) == 0);
      session_.reset(SSL_new(work_.tls.get()));
      CHECK(session_ && SSL_set_fd(session_.get(), socket_) == 1 &&
            SSL_set_tlsext_host_name(session_.get(), work_.options.host.c_str()) == 1);
      SSL_set_connect_state(session_.get());
      shaking_hands_ = true;
    }
    requests_ = 0;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = this;
    CHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &event) == 0);
  }

  void close() {
    if (session_ && !shaking_hands_) SSL_shutdown(session_.get());
    session_.reset();
    ::close(socket_);
  }

  // False: it is not over yet, or has failed.
  bool shake_hands() {
    const Io done = after(SSL_do_handshake(session_.get()));
    if (done == Io::Over) fail_reply("the handshake failed");
    if (done != Io::Some) return false;
    shaking_hands_ = false;
    return true;
  }

  Io after(int result) const {
    if (result > 0) return Io::Some;
    const int why = SSL_get_error(session_.get(), result);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? Io::Blocked : Io::Over;
  }

  // `size`: of what was sent.
  Io send(const iovec* pieces, int count, std::uint64_t& size) {
    if (session_) {
      const int wrote = SSL_write(session_.get(), pieces->iov_base,
                                  static_cast<int>(std::min<std::size_t>(pieces->iov_len, 1 << 20)));
      size = wrote > 0 ? static_cast<std::uint64_t>(wrote) : 0;
      return after(wrote);
    }
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces);
    message.msg_iovlen = static_cast<std::size_t>(count);
    const ssize_t wrote = ::sendmsg(socket_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (wrote < 0) return errno == EAGAIN ? Io::Blocked : Io::Over;
    size = static_cast<std::uint64_t>(wrote);
    return Io::Some;
  }

  // `into` null: up to `size` bytes are thrown away. `size` becomes that of what came.
  Io receive(char* into, std::uint64_t& size) {
    ssize_t read = 0;
    if (session_) {
      static char thrown_away[kReplyHeadMax];
      const auto most = static_cast<int>(std::min<std::uint64_t>(size, kReplyHeadMax));
      read = SSL_read(session_.get(), into != nullptr ? into : thrown_away, most);
      if (read <= 0) return after(static_cast<int>(read));
    } else {
      read = ::recv(socket_, into, size, MSG_DONTWAIT | (into == nullptr ? MSG_TRUNC : 0));
      if (read < 0 && errno == EAGAIN) return Io::Blocked;
      if (read <= 0) return Io::Over;
    }
    size = static_cast<std::uint64_t>(read);
    work_.counts.bytes_in += size;
    return Io::Some;
  }

  void send_on() {
    const std::uint64_t size = head_->size() + work_.options.body_bytes;
    while (sent_ < size) {
      iovec pieces[8];
      int count = 0;
      std::uint64_t at = sent_;
      if (at < head_->size()) {
        pieces[count++] = {const_cast<char*>(head_->data()) + at, head_->size() - at};
        at = head_->size();
      }
      for (; at < size && count < 8; at += pieces[count - 1].iov_len) {
        const std::uint64_t offset = (at - head_->size()) % work_.pattern.size();
        pieces[count++] = {work_.pattern.data() + offset, std::min(work_.pattern.size() - offset, size - at)};
      }
      std::uint64_t wrote = 0;
      const Io done = send(pieces, count, wrote);
      if (done == Io::Blocked) return;
      if (done == Io::Over) return fail_reply("sending failed");
      sent_ += wrote;
      work_.counts.bytes_out += wrote;
    }
    sending_ = false;
  }

  void receive() {
    for (;;) {
      if (!left_) {
        char bytes[kReplyHeadMax];
        std::uint64_t size = sizeof bytes;
        const Io done = receive(bytes, size);
        if (done == Io::Blocked) return;
        if (done == Io::Over) return fail_reply("the connection ended");
        reply_.append(bytes, static_cast<std::size_t>(size));
        if (!read_head()) return;
      } else {
        std::uint64_t size = std::min<std::uint64_t>(*left_, kDiscardAtOnce);
        const Io done = receive(nullptr, size);
        if (done == Io::Blocked) return;
        if (done == Io::Over) return fail_reply("the body ended early");
        *left_ -= size;
      }
      if (left_ && *left_ == 0) return finish();  // what comes after it wakes us up
    }
  }

  // False: this connection was opened anew, and what it waits for is different now.
  bool read_head() {
    const std::size_t end = reply_.find("\r\n\r\n");
    if (end == std::string::npos) return true;
    const auto field = [&](std::string_view name) -> std::string_view {
      const auto same = [](char a, char b) { return std::tolower(a) == std::tolower(b); };
      const auto found = std::search(reply_.begin(), reply_.begin() + static_cast<std::ptrdiff_t>(end),
                                     name.begin(), name.end(), same);
      const auto at = static_cast<std::size_t>(found - reply_.begin());
      if (at >= end) return {};
      const std::string_view rest = std::string_view(reply_).substr(at + name.size());
      return rest.substr(0, rest.find('\r'));
    };
    const std::string_view length = field("\r\nContent-Length: ");
    std::uint64_t size = 0;
    std::from_chars(length.data(), length.data() + length.size(), size);
    closes_ = field("\r\nConnection: ") == "close";
    const bool good =
        reply_.compare(9, 1, "2") == 0 && (!work_.options.reply_bytes || *work_.options.reply_bytes == size);
    if (!good && work_.counts.first_failure.empty()) work_.counts.first_failure = reply_.substr(0, 2000);
    if (!good) ++work_.counts.failed;
    const std::size_t here = reply_.size() - end - 4;
    if (here > size) {
      fail_reply("more came than was announced");
      return false;
    }
    left_ = size - here;
    return true;
  }

  void finish() {
    --work_.busy;
    head_ = nullptr;
    ++work_.counts.replies;
    if (work_.counts.latencies_us.size() < kLatenciesMax)
      work_.counts.latencies_us.push_back(static_cast<std::uint32_t>((now_ns() - begun_ns_) / 1000));
    reply_.clear();
    left_.reset();
    const std::uint64_t most = work_.options.requests_a_connection;
    if (closes_ || sending_ || (most != 0 && ++requests_ >= most)) reopen();
    begin();
  }

  void fail_reply(const char* why) {
    if (!head_) return reopen();  // an idle connection ended
    if (work_.counts.first_failure.empty()) work_.counts.first_failure = why;
    ++work_.counts.failed;
    --work_.busy;
    reopen();
    begin();
  }

  void reopen() {
    close();
    reply_.clear();
    left_.reset();
    sending_ = false;
    head_ = nullptr;
    open();
  }

  Work& work_;
  const int epoll_;
  int socket_ = -1;
  std::unique_ptr<SSL, EndTls> session_;
  std::uint64_t requests_ = 0;  // answered on this connection
  bool shaking_hands_ = false;
  const std::string* head_ = nullptr;  // null: it is idle
  std::uint64_t sent_ = 0;
  bool sending_ = false, closes_ = false;
  std::string reply_;                  // its head, until that is whole
  std::optional<std::uint64_t> left_;  // of its body
  std::uint64_t begun_ns_ = 0;
};

void Work::begin_what_is_due() {
  while (!idle.empty() && !over && !asked_all() && due_ns() <= now_ns()) {
    Connection* const connection = idle.back();
    idle.pop_back();
    connection->begin();
  }
}

int run(const Options& options) {
  Work work{.options = options, .heads = read_requests(options)};
  if (work.heads.empty() || options.connections == 0 || options.connections > kConnectionsMax) return 2;
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes as files are written
  if (options.tls) work.tls = make_tls();
  work.pattern.resize(kBodyPattern);
  for (std::size_t i = 0; i < work.pattern.size(); ++i)
    work.pattern[i] = static_cast<char>(i * 2654435761U >> 13);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::unique_ptr<Connection>> connections;
  for (std::size_t i = 0; i < options.connections; ++i)
    connections.push_back(std::make_unique<Connection>(work, epoll));
  const std::uint64_t begun = work.begun_ns = now_ns();
  const auto end = begun + static_cast<std::uint64_t>(options.seconds * 1e9);
  for (auto& connection : connections) connection->begin();
  epoll_event events[256];
  while (now_ns() < end && (work.busy > 0 || !work.asked_all())) {
    const timespec wait{0, work.wait_ns()};
    const int count = epoll_pwait2(epoll, events, 256, &wait, nullptr);
    for (int i = 0; i < count; ++i) static_cast<Connection*>(events[i].data.ptr)->on_ready(events[i].events);
    work.begin_what_is_due();
  }
  work.over = true;
  const double seconds = static_cast<double>(now_ns() - begun) / 1e9;
  Counts& counts = work.counts;
  std::sort(counts.latencies_us.begin(), counts.latencies_us.end());
  const auto percentile = [&](double part) -> std::uint32_t {
    if (counts.latencies_us.empty()) return 0;
    return counts
        .latencies_us[static_cast<std::size_t>(part * static_cast<double>(counts.latencies_us.size() - 1))];
  };
  fmt::print(
      "{{\"replies\": {}, \"failed\": {}, \"asked\": {}, \"bytes_in\": {}, \"bytes_out\": {}, \"seconds\": "
      "{:.4f}, "
      "\"p50_us\": {}, \"p99_us\": {}}}\n",
      counts.replies, counts.failed, work.next, counts.bytes_in, counts.bytes_out, seconds, percentile(0.5),
      percentile(0.99));
  if (!counts.first_failure.empty()) fmt::print(stderr, "first failure: {}\n", counts.first_failure);
  return 0;
}

std::optional<Options> parse(int count, char** words) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = words[i], value = words[i + 1];
    if (name == "--server") {
      const auto address = net::Address::parse(value);
      if (!address) return std::nullopt;
      options.server = *address;
    } else if (name == "--host") {
      options.host = value;
    } else if (name == "--requests") {
      options.requests = value;
    } else if (name == "--seconds") {
      options.seconds = std::strtod(value.c_str(), nullptr);
    } else if (name == "--connections") {
      options.connections = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--body-bytes") {
      options.body_bytes = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--reply-bytes") {
      options.reply_bytes = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--times") {
      options.times = std::strtoull(value.c_str(), nullptr, 10);
    } else if (name == "--rate") {
      options.rate = std::strtod(value.c_str(), nullptr);
    } else if (name == "--tls") {
      options.tls = value == "yes";
    } else if (name == "--requests-a-connection") {
      options.requests_a_connection = std::strtoull(value.c_str(), nullptr, 10);
    } else {
      return std::nullopt;
    }
  }
  return options;
}

}  // namespace
}  // namespace meridian::bench

int main(int count, char** words) {
  const auto options = meridian::bench::parse(count, words);
  if (!options || count % 2 == 0) {
    fmt::print(stderr, "see the head of bench/http_load.cc\n");
    return 2;
  }
  return meridian::bench::run(*options);
}

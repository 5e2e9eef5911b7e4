#include "asker.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "base/check.h"

namespace meridian::differential {
namespace {

sockaddr_in to_sockaddr(const net::Address& address) {
  CHECK(address.ip.is_v4());
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(address.port);
  std::memcpy(&out.sin_addr, address.ip.bytes().data(), 4);
  return out;
}

// The index of the question that `message` answers. A late reply to a query that was asked twice must not be
// taken for one of the next batch, hence the look at the question; an error reply may lack it.
std::optional<std::size_t> answered(std::string_view message, std::span<const Asked> questions) {
  if (message.size() < dns::kHeaderSize || !(message[2] & 0x80)) return std::nullopt;
  const std::size_t id = load_u16(as_bytes(message).data());
  if (id >= questions.size()) return std::nullopt;
  if (load_u16(as_bytes(message).data() + 4) == 0) return id;
  const std::string& name = questions[id].name;
  return dns::same_name(message.substr(dns::kHeaderSize, name.size()), name) ? std::optional(id)
                                                                             : std::nullopt;
}

}  // namespace

Asker::Asker(const net::Address& server) : server_(server) {
  udp_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_in to = to_sockaddr(server);
  CHECK(udp_ >= 0 && connect(udp_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
}

Asker::~Asker() {
  close(udp_);
  close_tcp();
}

std::vector<std::string> Asker::ask_udp(std::span<const Asked> questions) {
  CHECK(questions.size() <= kBatchMax);
  std::vector<std::string> replies(questions.size());
  std::vector<std::uint16_t> waiting;  // ids, which are indexes
  for (std::size_t n = 0; n < questions.size(); ++n) waiting.push_back(static_cast<std::uint16_t>(n));
  std::array<char, 65536> buffer;
  for (int attempt = 0; attempt < kTries && !waiting.empty(); ++attempt) {
    std::size_t sent = 0, in_flight = 0;
    while (sent < waiting.size() || in_flight > 0) {
      while (sent < waiting.size() && in_flight < kWindow) {
        const std::string query = encode_query(questions[waiting[sent]], waiting[sent]);
        (void)send(udp_, query.data(), query.size(), 0);  // a lost query is asked again
        ++sent, ++in_flight;
      }
      pollfd ready{.fd = udp_, .events = POLLIN, .revents = 0};
      if (poll(&ready, 1, kWaitMs) <= 0) {
        in_flight = 0;  // whatever is missing is asked again after the rest
        continue;
      }
      for (;;) {
        const ssize_t size = recv(udp_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (size < 0) break;
        const std::string_view message(buffer.data(), static_cast<std::size_t>(size));
        const auto index = answered(message, questions);
        if (!index) continue;
        if (replies[*index].empty() && in_flight > 0) --in_flight;
        replies[*index] = message;
      }
    }
    std::erase_if(waiting, [&](std::uint16_t id) { return !replies[id].empty(); });
  }
  return replies;
}

bool Asker::connect_tcp() {
  tcp_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{.tv_sec = 5, .tv_usec = 0};
  const int on = 1;
  setsockopt(tcp_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(tcp_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const sockaddr_in to = to_sockaddr(server_);
  if (connect(tcp_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return true;
  close_tcp();
  return false;
}

void Asker::close_tcp() {
  if (tcp_ >= 0) close(tcp_);
  tcp_ = -1;
}

bool Asker::read_tcp(std::string& message) {
  const auto fill = [&](char* to, std::size_t size) {
    for (std::size_t done = 0; done < size;) {
      // Servers that leave Nagle's algorithm on would wait 40 ms for our delayed acknowledgement; not sticky.
      const int on = 1;
      setsockopt(tcp_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
      const ssize_t got = recv(tcp_, to + done, size - done, 0);
      if (got <= 0) return false;
      done += static_cast<std::size_t>(got);
    }
    return true;
  };
  std::uint8_t size[2];
  if (!fill(reinterpret_cast<char*>(size), 2)) return false;
  message.resize(load_u16(size));
  return fill(message.data(), message.size());
}

std::vector<std::string> Asker::ask_tcp(std::span<const Asked> questions) {
  CHECK(questions.size() <= kBatchMax);
  static constexpr std::size_t kPipelined = 8;
  std::vector<std::string> replies(questions.size());
  int tries = kTries;
  for (std::size_t from = 0; from < questions.size();) {
    if (tcp_ < 0 && !connect_tcp()) break;
    const std::size_t until = std::min(from + kPipelined, questions.size());
    std::string out;
    std::size_t expected = 0;
    for (std::size_t n = from; n < until; ++n) {
      if (!replies[n].empty()) continue;
      const std::string query = encode_query(questions[n], static_cast<std::uint16_t>(n));
      append_u16(out, static_cast<std::uint16_t>(query.size()));
      out += query;
      ++expected;
    }
    bool whole = send(tcp_, out.data(), out.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(out.size());
    std::string message;
    for (; whole && expected > 0; --expected) {
      whole = read_tcp(message);
      if (!whole) break;
      if (const auto index = answered(message, questions)) replies[*index] = message;
    }
    if (whole) {
      from = until;
      tries = kTries;
      continue;
    }
    close_tcp();  // a server may end a connection at any time; what is missing is asked on the next
    if (--tries == 0) {
      from = until;
      tries = kTries;
    }
  }
  return replies;
}

}  // namespace meridian::differential

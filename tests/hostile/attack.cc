#include "attack.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

#include "base/bytes.h"

namespace meridian::hostile {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kBatch = 64;
constexpr unsigned kSlowConnections = 1500;  // more than the server keeps
constexpr unsigned kFloodOpen = 200;
constexpr std::uint32_t kGoodClients = 127u << 24 | 200u << 16;  // 127.200.0.0/16: left to the good clients

sockaddr_in server_address(const AttackOptions& options) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  inet_pton(AF_INET, options.server.c_str(), &address.sin_addr);
  return address;
}

// In host order; any host of one of the first `prefixes` /24 of 127.0.0.0/8, spread over all of it.
std::uint32_t forged_address(unsigned prefixes, Random& random) {
  const auto prefix = static_cast<std::uint32_t>(random.below(prefixes) * (65536 / prefixes));
  std::uint32_t address = 127u << 24 | prefix << 8 | static_cast<std::uint32_t>(1 + random.below(254));
  if ((address & 0xffff0000) == kGoodClients) address ^= 1u << 16;
  return address;
}

// A batch of datagrams whose sender is chosen one by one (IP_PKTINFO): 127.0.0.0/8 is all ours.
class DatagramBatch {
 public:
  explicit DatagramBatch(sockaddr_in& to) : bytes_(new std::array<std::uint8_t, kPacketBytesMax>[kBatch]) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      pieces_[i].iov_base = bytes_[i].data();
      msghdr& message = messages_[i].msg_hdr;
      message.msg_name = &to;
      message.msg_namelen = sizeof to;
      message.msg_iov = &pieces_[i];
      message.msg_iovlen = 1;
      message.msg_control = control_[i].data();
      message.msg_controllen = control_[i].size();
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = IPPROTO_IP;
      header->cmsg_type = IP_PKTINFO;
      header->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    }
  }
  void fill(std::size_t i, Kind kind, const AttackOptions& options, Random& random) {
    pieces_[i].iov_len =
        make_packet(kind, options.target, random, std::span<std::uint8_t, kPacketBytesMax>(bytes_[i]));
    in_pktinfo info{};
    info.ipi_spec_dst.s_addr = htonl(forged_address(options.prefixes, random));
    std::memcpy(CMSG_DATA(CMSG_FIRSTHDR(&messages_[i].msg_hdr)), &info, sizeof info);
  }
  std::size_t send(int descriptor) {
    const int sent = sendmmsg(descriptor, messages_.data(), kBatch, 0);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }

 private:
  std::unique_ptr<std::array<std::uint8_t, kPacketBytesMax>[]> bytes_;
  std::array<iovec, kBatch> pieces_{};
  std::array<mmsghdr, kBatch> messages_{};
  alignas(cmsghdr) std::array<std::array<std::uint8_t, CMSG_SPACE(sizeof(in_pktinfo))>, kBatch> control_{};
};

int connect_from_anywhere(const AttackOptions& options, Random& random, int receive_buffer = 0) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -1;
  if (receive_buffer) setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(forged_address(options.prefixes, random));
  const sockaddr_in to = server_address(options);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0 &&
      (connect(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 || errno == EINPROGRESS))
    return descriptor;
  close(descriptor);
  return -1;
}

// A client that has a plan for its bytes: half a message for ever, or many queries whose replies it never
// reads.
class SlowConnection {
 public:
  SlowConnection(const AttackOptions& options, Random& random) : reads_(random.below(2) == 0) {
    descriptor_ = connect_from_anywhere(options, random, reads_ ? 0 : 2048);
    std::string query = query_for(1, "big", options.target.zone, 16);
    if (reads_) {
      append_u16(bytes_, static_cast<std::uint16_t>(random.below(4) ? 4000 : random.next()));
      bytes_ += query;
      bytes_.resize(4000, 'x');
    } else {
      for (int i = 0; i < 100; ++i) {
        append_u16(bytes_, static_cast<std::uint16_t>(query.size()));
        bytes_ += query;
      }
    }
  }
  ~SlowConnection() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  SlowConnection(const SlowConnection&) = delete;

  // False: the server has closed it.
  bool step() {
    if (descriptor_ < 0) return false;
    const std::size_t size = std::min(bytes_.size() - sent_, reads_ ? std::size_t{1} : bytes_.size());
    const ssize_t sent = send(descriptor_, bytes_.data() + sent_, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) sent_ += static_cast<std::size_t>(sent);
    if (sent_ == bytes_.size()) sent_ = 0;
    if (sent < 0 && errno != EAGAIN && errno != ENOTCONN && errno != EINPROGRESS) return false;
    char byte;
    return !reads_ || recv(descriptor_, &byte, 1, MSG_DONTWAIT) != 0;
  }

 private:
  int descriptor_;
  bool reads_;  // and dribbles
  std::string bytes_;
  std::size_t sent_ = 0;
};

}  // namespace

void send_datagrams(const AttackOptions& options, const std::atomic<bool>& stop, AttackReport& report) {
  if (options.kinds.empty()) return;
  SeededRandom random(1);
  sockaddr_in to = server_address(options);
  // Replies are for the forged senders: the smallest buffer, never read.
  const int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
  const int least = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
  DatagramBatch batch(to);
  const auto start = Clock::now();
  for (std::size_t turn = 0; !stop; ++turn) {
    const Kind kind = options.kinds[turn % options.kinds.size()];
    for (std::size_t i = 0; i < kBatch; ++i) batch.fill(i, kind, options, random);
    report.datagrams += batch.send(descriptor);
    if (options.datagrams_per_second == 0) continue;
    const double due = double(report.datagrams) / double(options.datagrams_per_second);
    std::this_thread::sleep_until(
        start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(due)));
  }
  close(descriptor);
}

void dribble_and_never_read(const AttackOptions& options, const std::atomic<bool>& stop,
                            AttackReport& report) {
  SeededRandom random(2);
  std::vector<std::unique_ptr<SlowConnection>> connections(kSlowConnections);
  while (!stop) {
    for (auto& connection : connections) {
      if (connection && connection->step()) continue;
      if (connection) ++report.connections_closed;
      connection = std::make_unique<SlowConnection>(options, random);
      ++report.connections;
    }
    std::this_thread::sleep_for(200ms);
  }
}

void flood_connections(const AttackOptions& options, const std::atomic<bool>& stop, AttackReport& report) {
  SeededRandom random(3);
  std::vector<int> open(kFloodOpen, -1);
  const std::string noise = "\x01\x00garbage";
  for (std::size_t at = 0; !stop; at = (at + 1) % open.size()) {
    if (open[at] >= 0) {
      // Some say something first; some leave with a reset, some in order.
      if (random.below(3) == 0) (void)send(open[at], noise.data(), noise.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      const linger reset{1, 0};
      if (random.below(2)) setsockopt(open[at], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
      close(open[at]);
    }
    open[at] = connect_from_anywhere(options, random);
    if (open[at] >= 0) ++report.connections;
    if (at == 0) std::this_thread::sleep_for(1ms);
  }
  for (const int descriptor : open)
    if (descriptor >= 0) close(descriptor);
}

}  // namespace meridian::hostile

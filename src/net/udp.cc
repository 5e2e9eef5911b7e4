// UDP on the epoll loop: readiness, then recvmmsg → DatagramServer::serve → sendmmsg over buffers made once.
// Rule: nothing here allocates per datagram, and every per-datagram cost is paid for by dig.
#include "net/udp.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "net/datagram_trains.h"

namespace meridian::net {
namespace {

constexpr std::size_t kBatch = DatagramServer::kBatchMax;
constexpr int kBatchesPerTurn = 16;
// Not a multiple of 4096: otherwise the first lines of all slots would fall into the same set of the L1
// cache.
constexpr std::size_t kStride = DatagramServer::kDatagramBytesMax + 192;
constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(in6_pktinfo));
static_assert(kControlBytes >= CMSG_SPACE(sizeof(in_pktinfo)));
constexpr std::size_t kSegmentControlBytes = CMSG_SPACE(sizeof(std::uint16_t));
// What every link carries whole with its headers (RFC 8200 §5): a train of longer datagrams could be refused.
constexpr std::size_t kSegmentSizeMax = 1232;
static_assert(kBatch <= DatagramTrains::kDatagramsMax);

bool is_any(const IpAddress& ip) {
  return ip.bytes().find_first_not_of('\0') == std::string_view::npos;
}

class EpollUdpSocket final : public UdpSocket, public Ready {
 public:
  EpollUdpSocket(EpollLoop& loop, FileDescriptor socket, DatagramServer& server)
      : loop_(loop),
        socket_(std::move(socket)),
        server_(server),
        local_(local_address(socket_.get())),
        any_address_(is_any(local_.ip)),
        buffers_(new std::uint8_t[2 * kBatch * kStride]) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      Slot& slot = slots_[i];
      slot.query_piece = {buffers_.get() + i * kStride, DatagramServer::kDatagramBytesMax};
      slot.reply_piece = {buffers_.get() + (kBatch + i) * kStride, 0};
      msghdr& in = received_[i].msg_hdr;
      in.msg_name = &slot.peer_storage;
      in.msg_iov = &slot.query_piece;
      in.msg_iovlen = 1;
      prepare(i);
    }
    key_ = loop_.watch(socket_.get(), EPOLLIN, *this);
    loop_.make_urgent(key_);
  }
  ~EpollUdpSocket() override { loop_.unwatch(key_, socket_.get()); }
  bool watched() const { return key_ != EpollLoop::kNoKey; }
  const Address& local() const override { return local_; }
  DatagramLosses losses() const override {
    DatagramLosses losses{oversized_.load(std::memory_order_relaxed), unsent_.load(std::memory_order_relaxed),
                          0};
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t size = sizeof memory;
    if (getsockopt(socket_.get(), SOL_SOCKET, SO_MEMINFO, memory.data(), &size) == 0)
      losses.overflowed = memory[SK_MEMINFO_DROPS];
    return losses;
  }

  int receive_buffer_bytes() const override {
    int bytes = 0;
    socklen_t size = sizeof bytes;
    if (getsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, &size) != 0) return 0;
    return bytes / 2;  // the kernel doubles what it was asked for, for its own book-keeping (socket(7))
  }

  void send_to(const Address& peer, Bytes datagram) override {
    SocketAddress to = to_socket_address(peer);
    const ssize_t sent =
        ::sendto(socket_.get(), datagram.data(), datagram.size(), MSG_DONTWAIT, to.get(), to.size);
    if (sent < 0) add(unsent_, 1);
  }

  void on_ready(std::uint32_t) override {
    const StillWatched alive(loop_, key_);
    for (int turn = 0; turn < kBatchesPerTurn; ++turn) {
      const int count = ::recvmmsg(socket_.get(), received_.data(), kBatch, MSG_DONTWAIT, nullptr);
      if (count <= 0) break;
      const std::size_t exchanges = take(static_cast<std::size_t>(count));
      server_.serve({exchanges_.data(), exchanges});
      if (!alive) return;
      send(exchanges);
      for (int i = 0; i < count; ++i) prepare(static_cast<std::size_t>(i));
      // A lone datagram means a quiet socket: asking again would cost a call to learn nothing.
      if (count == 1) break;
    }
  }

 private:
  struct Slot {
    sockaddr_storage peer_storage;
    Address peer, local;
    iovec query_piece, reply_piece;
    alignas(cmsghdr) std::array<std::uint8_t, kControlBytes + kSegmentControlBytes> control;
    std::size_t control_size = 0;
  };

  static void add(std::atomic<std::uint64_t>& cell, std::uint64_t by) {  // one writer
    cell.store(cell.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  // recvmmsg overwrites these lengths.
  void prepare(std::size_t i) {
    msghdr& in = received_[i].msg_hdr;
    in.msg_namelen = sizeof(sockaddr_storage);
    in.msg_control = any_address_ ? slots_[i].control.data() : nullptr;
    in.msg_controllen = any_address_ ? kControlBytes : 0;
  }

  // Fills exchanges_ from received_; skips what was longer than its buffer.
  std::size_t take(std::size_t count) {
    std::size_t exchanges = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const msghdr& in = received_[i].msg_hdr;
      if (in.msg_flags & MSG_TRUNC) {
        add(oversized_, 1);
        continue;
      }
      Slot& slot = slots_[i];
      slot.peer = from_socket_address(slot.peer_storage);
      const Address* local = any_address_ ? take_destination(slot, in) : &local_;
      Exchange& exchange = exchanges_[exchanges];
      exchange.peer = &slot.peer;
      exchange.local = local;
      exchange.query = {static_cast<const std::uint8_t*>(slot.query_piece.iov_base), received_[i].msg_len};
      exchange.reply = {static_cast<std::uint8_t*>(slot.reply_piece.iov_base),
                        DatagramServer::kDatagramBytesMax};
      exchange.reply_size = 0;
      exchange_slots_[exchanges++] = static_cast<std::uint8_t>(i);
    }
    return exchanges;
  }

  // The destination of a datagram, and, in slot.control, the order to reply from there.
  const Address* take_destination(Slot& slot, const msghdr& in) {
    slot.local = local_;
    slot.control_size = 0;
    msghdr message = in;
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr) return &slot.local;
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(header), sizeof info);
      std::array<std::uint8_t, 4> bytes;
      std::memcpy(bytes.data(), &info.ipi_spec_dst, bytes.size());
      slot.local.ip = IpAddress::v4(bytes);
      info.ipi_ifindex = 0;  // let routing choose the interface
      write_control(slot, header, &info, sizeof info);
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(header), sizeof info);
      std::array<std::uint8_t, 16> bytes;
      std::memcpy(bytes.data(), &info.ipi6_addr, bytes.size());
      slot.local.ip = IpAddress::v6(bytes);
      // A link-local address means nothing without its interface.
      if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) info.ipi6_ifindex = 0;
      write_control(slot, header, &info, sizeof info);
    }
    return &slot.local;
  }

  static void write_control(Slot& slot, const cmsghdr* header, const void* info, std::size_t size) {
    std::memcpy(slot.control.data() + (CMSG_DATA(header) - reinterpret_cast<const std::uint8_t*>(header)),
                info, size);
    slot.control_size = CMSG_SPACE(size);
  }

  void send(std::size_t exchanges) {
    std::size_t replies = 0;
    for (std::size_t i = 0; i < exchanges; ++i) {
      if (exchanges_[i].reply_size == 0) continue;
      const std::uint8_t slot = exchange_slots_[i];
      slots_[slot].reply_piece.iov_len =
          std::min(exchanges_[i].reply_size, DatagramServer::kDatagramBytesMax);
      replying_[replies++] = slot;
    }
    const auto slot = [this](std::size_t reply) -> const Slot& { return slots_[replying_[reply]]; };
    const auto trains = trains_.plan(
        replies, segment_size_max_, [&](std::size_t i) { return slot(i).reply_piece.iov_len; },
        [&](std::size_t i) { return slot(i).peer.port; },
        [&](std::size_t i, std::size_t j) { return same_flow(slot(i), slot(j)); });
    for (std::size_t i = 0; i < replies; ++i) pieces_[i] = slot(trains_.order()[i]).reply_piece;
    for (std::size_t i = 0; i < trains.size(); ++i) prepare_to_send(sent_[i].msg_hdr, trains[i]);
    for (std::size_t done = 0; done < trains.size();) {
      const int size = ::sendmmsg(socket_.get(), sent_.data() + done,
                                  static_cast<unsigned>(trains.size() - done), MSG_DONTWAIT);
      if (size > 0) {
        done += static_cast<std::size_t>(size);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        // The send buffer is full; datagrams may be lost anywhere, and clients ask again.
        for (; done < trains.size(); ++done) add(unsent_, trains[done].count);
      } else if (errno != EINTR) {
        send_singly(trains[done++]);
      }
    }
  }

  bool same_flow(const Slot& a, const Slot& b) const {
    return same_peer(a.peer_storage, b.peer_storage) && (!any_address_ || a.local.ip == b.local.ip);
  }
  static bool same_peer(const sockaddr_storage& a, const sockaddr_storage& b) {
    std::uint64_t head_a, head_b;  // family, port and, of IPv4, the address
    std::memcpy(&head_a, &a, sizeof head_a);
    std::memcpy(&head_b, &b, sizeof head_b);
    if (head_a != head_b) return false;
    return a.ss_family == AF_INET || std::memcmp(&a, &b, sizeof(sockaddr_in6)) == 0;
  }

  void prepare_to_send(msghdr& out, const DatagramTrains::Train& train) {
    const std::uint8_t index = replying_[train.lead];
    Slot& slot = slots_[index];
    std::size_t control_size = any_address_ ? slot.control_size : 0;
    if (train.count > 1) {
      cmsghdr header{};
      header.cmsg_level = SOL_UDP;
      header.cmsg_type = UDP_SEGMENT;
      header.cmsg_len = CMSG_LEN(sizeof train.size);
      std::memcpy(slot.control.data() + control_size, &header, sizeof header);
      std::memcpy(slot.control.data() + control_size + CMSG_LEN(0), &train.size, sizeof train.size);
      control_size += kSegmentControlBytes;
    }
    out.msg_name = &slot.peer_storage;
    out.msg_namelen = received_[index].msg_hdr.msg_namelen;
    out.msg_iov = &pieces_[train.begin];
    out.msg_iovlen = train.count;
    out.msg_control = control_size > 0 ? slot.control.data() : nullptr;
    out.msg_controllen = control_size;
    out.msg_flags = 0;
  }

  // Of what cannot be sent (no route, source port 0, a train where the way there takes none): it must not
  // hold back the others.
  void send_singly(const DatagramTrains::Train& train) {
    std::size_t sent = 0;
    for (std::size_t i = 0; train.count > 1 && i < train.count; ++i) {
      msghdr out{};
      prepare_to_send(out, {0, static_cast<std::uint8_t>(train.begin + i), 1, train.lead});
      if (::sendmsg(socket_.get(), &out, MSG_DONTWAIT) >= 0) ++sent;
    }
    add(unsent_, train.count - sent);
    if (sent > 0)
      segment_size_max_ = 0;  // each went where the train could not: this socket sends none any more
  }

  EpollLoop& loop_;
  FileDescriptor socket_;
  DatagramServer& server_;
  Address local_;
  bool any_address_;
  EpollLoop::Key key_;
  std::unique_ptr<std::uint8_t[]> buffers_;
  std::array<Slot, kBatch> slots_{};
  std::array<mmsghdr, kBatch> received_{}, sent_{};
  DatagramTrains trains_;
  std::array<iovec, kBatch> pieces_{};           // of the replies, train by train
  std::array<std::uint8_t, kBatch> replying_{};  // the slots that have a reply
  std::size_t segment_size_max_ = kSegmentSizeMax;
  std::array<Exchange, kBatch> exchanges_{};
  std::array<std::uint8_t, kBatch> exchange_slots_{};
  std::atomic<std::uint64_t> oversized_{0}, unsent_{0};
};

Result<void> set_datagram_options(int descriptor, const IpAddress& ip) {
  const int on = 1;
  if (is_any(ip) &&
      (ip.is_v4() ? setsockopt(descriptor, IPPROTO_IP, IP_PKTINFO, &on, sizeof on)
                  : setsockopt(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)) != 0)
    return std::unexpected(system_error("IP_PKTINFO", errno));
  // RFC 9715: replies are never in fragments, whatever a forged "fragmentation needed" says of the path: DF is
  // set and the path's MTU not believed. A datagram with DF needs no identification, which costs 4 % of the
  // path's time. Best effort: some kernels do not know the option.
  const int probe = ip.is_v4() ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE;
  if (ip.is_v4())
    setsockopt(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof probe);
  else
    setsockopt(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe, sizeof probe);
  return {};
}

}  // namespace

Result<std::unique_ptr<UdpSocket>> open_udp(EpollLoop& loop, const Address& address,
                                            const ListenOptions& options, DatagramServer& server) {
  FileDescriptor socket = TRY(open_bound(address, SOCK_DGRAM, options));
  TRY(set_datagram_options(socket.get(), address.ip));
  auto opened = std::make_unique<EpollUdpSocket>(loop, std::move(socket), server);
  if (!opened->watched()) return std::unexpected(system_error("epoll", ENOSPC));
  return opened;
}

}  // namespace meridian::net

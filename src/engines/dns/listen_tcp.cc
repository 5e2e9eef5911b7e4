#include "engines/dns/listen_tcp.h"

namespace meridian::engines::dns {
namespace {

constexpr std::size_t kMessageSizeMax = 65535;  // what two bytes can say
// Of a zone transfer, written ahead of the client: little enough that queries between are not held up.
constexpr std::size_t kTransferBytesPending = 64 * 1024;

// The kernel would let a client who does not read make it hold 4 MiB.
constexpr int kReceiveBufferBytes = 32 * 1024, kSendBufferBytes = 128 * 1024;

// Beyond this, room that one burst of queries needed is given back.
constexpr std::size_t kReceivedBytesKept = 4096;

}  // namespace

class TcpListener::Connection final : public net::TcpHandler {
 public:
  Connection(TcpListener& owner, std::unique_ptr<net::TcpConnection> socket)
      : owner_(owner),
        socket_(std::move(socket)),
        of_prefix_(*owner.prefixes_.try_emplace(ClientPrefix::of(socket_->peer().ip), 0).first),
        active_(owner.loop_.clock().monotonic()),
        place_(owner.silent_.insert(owner.silent_.end(), this)) {
    ++of_prefix_.second;
  }
  ~Connection() override {
    note_unsent(0);
    (asked_ ? owner_.asking_ : owner_.silent_).erase(place_);
    if (--of_prefix_.second == 0) owner_.prefixes_.erase(ClientPrefix(of_prefix_.first));
  }

  void start() { socket_->start(*this); }
  MonotonicTime active() const { return active_; }
  std::size_t of_prefix() const { return of_prefix_.second; }  // connections, this one among them

  void on_data(net::TcpConnection&, Bytes data) override {
    received_.append(as_text(data));
    answer_received();
  }
  void on_drained(net::TcpConnection&) override {
    note_unsent(0);
    note_active();
    if (transfer_ && !continue_transfer()) return;
    if (paused_ && !next_turn_) go_on();
  }
  void on_closed(net::TcpConnection&, const Error* why) override {
    // A client may end its side when it has asked everything, and still wants the replies.
    if (!why) socket_->close_after_flush();
    owner_.remove(*this);
  }

 private:
  void go_on() {
    next_turn_.reset();
    paused_ = false;
    socket_->resume_reading();
    answer_received();
  }
  void answer_received() {
    const Pinned pinned(owner_.worker_);
    const SystemTime now = owner_.worker_.clock.now();
    const std::size_t unsent_max = owner_.unsent_max();
    std::string replies;
    std::size_t used = 0, answered = 0;
    while (received_.size() - used >= 2) {
      if (socket_->pending() + replies.size() > unsent_max) {
        paused_ = true;
        break;
      }
      ByteReader reader(std::string_view(received_).substr(used));
      const std::size_t size = reader.u16();
      if (size > owner_.limits_.query_bytes_max) return owner_.close(*this, Counters::Closed::TooLong);
      if (reader.remaining() < size) break;
      if (answered++ == owner_.limits_.queries_a_turn_max) {
        paused_ = true;
        next_turn_ = owner_.loop_.after(Duration::zero(), [this] { go_on(); });
        break;
      }
      const Bytes query = reader.take(size);
      used += 2 + size;
      if (begin_transfer(query, now)) {
        paused_ = true;  // what is asked after it is answered after it
        break;
      }
      const std::size_t reply = serve_query(owner_.worker_, pinned, owner_.counters_, owner_.transport_,
                                            socket_->peer(), now, query, owner_.reply_);
      if (reply == 0) continue;
      note_active();
      append_u16(replies, static_cast<std::uint16_t>(reply));
      replies.append(reinterpret_cast<const char*>(owner_.reply_.data()), reply);
    }
    received_.erase(0, used);
    if (received_.size() <= kReceivedBytesKept && received_.capacity() > 2 * kReceivedBytesKept)
      received_.shrink_to_fit();
    if (paused_) socket_->pause_reading();
    if (!replies.empty()) {
      socket_->write(std::move(replies));
      note_unsent(socket_->pending());
    }
    if (transfer_) continue_transfer();
  }

  bool begin_transfer(Bytes query, SystemTime now) {
    Worker& worker = owner_.worker_;
    if (!worker.transfers) return false;
    transfer_ = worker.transfers->begin(query, worker.identity, socket_->peer(), now);
    return transfer_ != nullptr;
  }

  // Writes as much as may wait to be sent. True: that was the last of it, and something else may be answered
  // when it has left.
  bool continue_transfer() {
    transfer::Stream& stream = transfer_->stream();
    const SystemTime now = owner_.worker_.clock.now();
    while (!stream.at_end() && socket_->pending() < kTransferBytesPending) {
      const std::size_t size = stream.next(owner_.reply_, now);
      if (size == 0) break;  // it cannot go on; the limit of idleness ends the connection
      std::string message;
      append_u16(message, static_cast<std::uint16_t>(size));
      message.append(reinterpret_cast<const char*>(owner_.reply_.data()), size);
      socket_->write(std::move(message));
    }
    note_unsent(socket_->pending());
    if (!stream.at_end()) return false;
    transfer_.reset();
    return true;
  }

  void note_active() {
    active_ = owner_.loop_.clock().monotonic();
    owner_.asking_.splice(owner_.asking_.end(), asked_ ? owner_.asking_ : owner_.silent_, place_);
    asked_ = true;
  }
  void note_unsent(std::size_t bytes) {
    owner_.unsent_total_ += bytes - unsent_;
    unsent_ = bytes;
  }

  TcpListener& owner_;
  std::unique_ptr<net::TcpConnection> socket_;
  Prefixes::value_type& of_prefix_;
  std::string received_;
  std::unique_ptr<transfer::Transfers::Running> transfer_;  // nothing is answered meanwhile
  bool paused_ = false;  // no more is read or answered until replies have left, or until the next turn
  std::unique_ptr<net::Timer> next_turn_;
  bool asked_ = false;      // and got a reply
  std::size_t unsent_ = 0;  // this connection's part of the total
  MonotonicTime active_;    // when a query was answered or replies were read
  Order::iterator place_;
};

TcpListener::TcpListener(net::Loop& loop, Worker& worker, Transport transport, const TcpLimits& limits)
    : loop_(loop),
      worker_(worker),
      transport_(transport),
      counters_(transport == Transport::Tls ? worker.counters.tls : worker.counters.tcp),
      limits_(limits),
      reply_(kMessageSizeMax) {}

TcpListener::~TcpListener() {
  connections_.clear();  // they leave the lists below, which are still there
}

Result<net::Address> TcpListener::listen(const net::Address& address, const net::ListenOptions& options,
                                         std::shared_ptr<net::TlsServerContext> tls) {
  net::ListenOptions bounded = options;
  bounded.receive_buffer_bytes = kReceiveBufferBytes;
  bounded.send_buffer_bytes = kSendBufferBytes;
  sockets_.push_back(TRY(loop_.listen_tcp(address, bounded, std::move(tls),
                                          [this](auto socket) { accept(std::move(socket)); })));
  return sockets_.back()->local();
}

void TcpListener::replace_tls(const std::shared_ptr<net::TlsServerContext>& tls) {
  for (const auto& socket : sockets_) socket->replace_tls(tls);
}

std::uint64_t TcpListener::refused_by_system() const {
  std::uint64_t refused = 0;
  for (const auto& socket : sockets_) refused += socket->refused();
  return refused;
}

void TcpListener::accept(std::unique_ptr<net::TcpConnection> socket) {
  const auto of_prefix = prefixes_.find(ClientPrefix::of(socket->peer().ip));
  if (of_prefix != prefixes_.end() && of_prefix->second >= limits_.connections_per_prefix_max)
    return counters_.add_closed(Counters::Closed::Prefix);
  if (connections_.size() >= limits_.connections_max) {
    const Order& idlest = silent_.empty() ? asking_ : silent_;
    if (idlest.empty()) return counters_.add_closed(Counters::Closed::Evicted);
    close(most_expendable(idlest), Counters::Closed::Evicted);
  }
  auto connection = std::make_unique<Connection>(*this, std::move(socket));
  Connection& accepted = *connection;
  connections_.emplace(&accepted, std::move(connection));
  counters_.connections.store(connections_.size(), std::memory_order_relaxed);
  if (!idle_check_) idle_check_ = loop_.after(limits_.idle_time_max / 4, [this] { close_idle(); });
  accepted.start();
}

TcpListener::Connection& TcpListener::most_expendable(const Order& idlest) {
  Connection* chosen = idlest.front();
  std::size_t looked_at = 0;
  for (Connection* each : idlest) {
    if (each->of_prefix() > chosen->of_prefix()) chosen = each;
    if (++looked_at == kEvictionCandidates) break;
  }
  return *chosen;
}

void TcpListener::close(Connection& connection, Counters::Closed why) {
  counters_.add_closed(why);
  remove(connection);
}

void TcpListener::remove(Connection& connection) {
  connections_.erase(&connection);
  counters_.connections.store(connections_.size(), std::memory_order_relaxed);
}

// One timer for all connections: an idle one lives a quarter longer than its limit at most.
void TcpListener::close_idle() {
  const MonotonicTime now = loop_.clock().monotonic();
  for (Order* order : {&silent_, &asking_})
    while (!order->empty() && now - order->front()->active() >= limits_.idle_time_max)
      close(*order->front(), Counters::Closed::Idle);
  idle_check_ =
      connections_.empty() ? nullptr : loop_.after(limits_.idle_time_max / 4, [this] { close_idle(); });
}

std::size_t TcpListener::unsent_max() const {
  return unsent_total_ > limits_.unsent_bytes_total_max ? 0 : limits_.unsent_bytes_max;
}

}  // namespace meridian::engines::dns

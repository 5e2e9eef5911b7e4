#include "sim/played_endpoint.h"

#include <fmt/format.h>

namespace meridian::sim {

// One connection: a request, then a reply.
class PlayedEndpoint::Talk final : private net::TcpHandler {
 public:
  Talk(PlayedEndpoint& endpoint, std::unique_ptr<net::TcpConnection> connection)
      : endpoint_(endpoint), connection_(std::move(connection)) {
    connection_->start(*this);
  }

 private:
  void on_data(net::TcpConnection&, Bytes data) override {
    if (timer_) return;
    request_.append(reinterpret_cast<const char*>(data.data()), data.size());
    if (request_.size() > kRequestBytesMax) return over();
    if (!request_.contains("\r\n\r\n") || !endpoint_.manner_.answers ||
        endpoint_.ignored_.contains(connection_->peer().ip))
      return;
    manner_ = endpoint_.manner_;
    timer_ = endpoint_.loop_.after(manner_.status_after, [this] { say_status(); });
  }
  void on_closed(net::TcpConnection&, const Error*) override { over(); }

  void say_status() {
    connection_->write(fmt::format("HTTP/1.1 {} {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                                   manner_.status, manner_.status < 400 ? "OK" : "Error",
                                   manner_.body.size()));
    timer_ = endpoint_.loop_.after(manner_.body_after, [this] {
      connection_->write(std::move(manner_.body));
      connection_->close_after_flush();
      over();
    });
  }
  void over() { endpoint_.talks_.erase(this); }

  PlayedEndpoint& endpoint_;
  std::unique_ptr<net::TcpConnection> connection_;
  std::string request_;
  Manner manner_;
  std::unique_ptr<net::Timer> timer_;
};

PlayedEndpoint::PlayedEndpoint(net::Loop& loop, std::shared_ptr<net::TlsServerContext> tls)
    : loop_(loop), tls_(std::move(tls)) {}

PlayedEndpoint::~PlayedEndpoint() = default;

Result<void> PlayedEndpoint::open(const net::Address& address) {
  address_ = address;
  TRY(listen());
  address_ = listener_->local();
  return {};
}

Result<void> PlayedEndpoint::behave(Manner manner) {
  const bool other_listener = manner.listens != manner_.listens || manner.speaks_tls != manner_.speaks_tls;
  manner_ = std::move(manner);
  if (!other_listener) return {};
  listener_.reset();
  talks_.clear();
  return manner_.listens ? listen() : Result<void>();
}

Result<void> PlayedEndpoint::listen() {
  listener_ = TRY(loop_.listen_tcp(address_, {}, manner_.speaks_tls ? tls_ : nullptr,
                                   [this](auto connection) { accept(std::move(connection)); }));
  return {};
}

void PlayedEndpoint::accept(std::unique_ptr<net::TcpConnection> connection) {
  if (talks_.size() >= kConnectionsMax) return;
  auto talk = std::make_unique<Talk>(*this, std::move(connection));
  talks_.emplace(talk.get(), std::move(talk));
}

}  // namespace meridian::sim

// For this room's tests: a loop in virtual time whose peers are endpoints that the test plays.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "net/certificate.h"
#include "net/virtual_loop.h"

namespace meridian::engines::health {

class EndpointLoop final : public net::VirtualLoop {
 public:
  enum class Manner { Accepts, Refuses, Hangs };

  using Loop::connect_tcp;
  std::unique_ptr<net::TcpConnect> connect_tcp(const net::Address& address,
                                               const net::ConnectOptions& options,
                                               OnConnected on_connected) override {
    asked.emplace_back(clock().monotonic(), address);
    const bool refuses =
        manner == Manner::Refuses || refused.contains(options.from ? options.from->to_string() : "");
    auto attempt = std::make_unique<Attempt>(*this);
    if (manner == Manner::Hangs)
      attempt->timer = after(options.timeout, [on_connected] {
        on_connected(fail(ErrorCode::Unavailable, "Connection timed out", ErrorSource::Peer));
      });
    else
      attempt->timer =
          after(connects_in, [this, attempt = attempt.get(), address, options, refuses, on_connected] {
            if (refuses)
              return on_connected(fail(ErrorCode::Unavailable, "Connection refused", ErrorSource::Peer));
            if (options.tls) return shake_hands(*attempt, address, options, on_connected);
            on_connected(std::make_unique<Connection>(*this, address, options));
          });
    return attempt;
  }
  // Of the connection made last.
  void reply(std::string_view bytes) {
    if (handler != nullptr) handler->on_data(*connection, as_bytes(bytes));
  }
  void close() {
    if (handler != nullptr) handler->on_closed(*connection, nullptr);
  }

  Manner manner = Manner::Accepts;
  std::set<std::string> refused;  // source addresses that are, whatever the manner
  Duration connects_in = std::chrono::milliseconds(10), handshake_in = std::chrono::milliseconds(20);
  std::string handshake_error;                                // of every handshake; empty: it goes well
  std::string certificate_name = "www.example.com";           // whose certificate is shown
  std::vector<std::string> server_names;                      // SNI of every handshake
  std::vector<std::pair<MonotonicTime, net::Address>> asked;  // every attempt
  std::string received;
  int sockets = 0, sockets_most = 0;  // attempts and connections
  net::TcpHandler* handler = nullptr;
  net::TcpConnection* connection = nullptr;

 private:
  struct Attempt;
  void shake_hands(Attempt& attempt, const net::Address& address, const net::ConnectOptions& options,
                   const OnConnected& on_connected) {
    server_names.push_back(options.server_name);
    options.on_handshake();
    attempt.timer = after(handshake_in, [this, address, options, on_connected] {
      if (!handshake_error.empty())
        return on_connected(fail(ErrorCode::Unavailable, handshake_error, ErrorSource::Peer));
      on_connected(std::make_unique<Connection>(*this, address, options));
    });
  }
  struct Socket {
    explicit Socket(EndpointLoop& owner) : loop(owner) {
      loop.sockets_most = std::max(loop.sockets_most, ++loop.sockets);
    }
    ~Socket() { --loop.sockets; }
    EndpointLoop& loop;
  };
  struct Attempt final : net::TcpConnect {
    explicit Attempt(EndpointLoop& loop) : socket(loop) {}
    Socket socket;
    std::unique_ptr<net::Timer> timer;
  };
  class Connection final : public net::TcpConnection {
   public:
    Connection(EndpointLoop& loop, const net::Address& peer, const net::ConnectOptions& options)
        : socket_(loop), peer_(peer), local_{options.from.value_or(net::IpAddress()), 50'000} {
      loop.connection = this;
      if (!options.tls) return;
      certificate_.emplace();
      certificate_->for_sni = options.server_name == loop.certificate_name;
    }
    ~Connection() override {
      if (socket_.loop.connection != this) return;
      socket_.loop.connection = nullptr;
      socket_.loop.handler = nullptr;
    }
    void start(net::TcpHandler& handler) override { socket_.loop.handler = &handler; }
    void write(std::string bytes) override { socket_.loop.received += bytes; }
    std::size_t pending() const override { return 0; }
    void pause_reading() override {}
    void resume_reading() override {}
    void close_after_flush() override {}
    const net::Address& peer() const override { return peer_; }
    const net::Address& local() const override { return local_; }
    std::string_view server_name() const override { return ""; }
    const net::CertificateSummary* peer_certificate() const override {
      return certificate_ ? &*certificate_ : nullptr;
    }

   private:
    Socket socket_;
    net::Address peer_, local_;
    std::optional<net::CertificateSummary> certificate_;
  };
};

}  // namespace meridian::engines::health

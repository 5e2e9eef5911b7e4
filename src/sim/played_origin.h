// For tests: an HTTP origin in the virtual network, whose replies the test writes byte by byte.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/virtual_network.h"
#include "upstream/names.h"

namespace meridian::sim {

class PlayedOrigin {
 public:
  class Visit;
  using OnRequest = std::function<void(Visit& visit, const std::string& request)>;

  PlayedOrigin(VirtualNetwork& network, const net::Address& address, OnRequest on_request)
      : network_(network), on_request_(std::move(on_request)) {
    listener_ =
        network.listen_tcp(address, {}, nullptr, [this](auto tcp) { accept(std::move(tcp)); }).value();
  }

  // One connection; a request is its head and what came with it.
  class Visit final : public net::TcpHandler {
   public:
    Visit(PlayedOrigin& origin, std::unique_ptr<net::TcpConnection> tcp)
        : origin_(origin), tcp_(std::move(tcp)) {
      tcp_->start(*this);
    }
    void say(std::string bytes) {
      if (tcp_) tcp_->write(std::move(bytes));
    }
    void ok(std::string_view body, std::string_view fields = "") {
      say("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(fields) +
          "\r\n" + std::string(body));
    }
    void close() { tcp_.reset(); }

   private:
    void on_data(net::TcpConnection&, Bytes data) override {
      in_ += as_text(data);
      for (std::size_t end = 0; (end = in_.find("\r\n\r\n")) != std::string::npos && tcp_;) {
        const std::string request = in_.substr(0, end + 4);
        in_.erase(0, end + 4);
        origin_.requests.push_back(request);
        origin_.on_request_(*this, request);
      }
    }
    void on_closed(net::TcpConnection&, const Error*) override {
      ++origin_.left;
      tcp_.reset();
    }
    PlayedOrigin& origin_;
    std::unique_ptr<net::TcpConnection> tcp_;
    std::string in_;
  };

  std::vector<std::string> requests;
  std::size_t visits = 0, left = 0;  // connections; those that the peer ended

 private:
  void accept(std::unique_ptr<net::TcpConnection> tcp) {
    ++visits;
    kept_.push_back(std::make_unique<Visit>(*this, std::move(tcp)));
  }

  VirtualNetwork& network_;
  OnRequest on_request_;
  std::unique_ptr<net::TcpListener> listener_;
  std::deque<std::unique_ptr<Visit>> kept_;
};

// Names that a test knows.
class PlayedNames final : public upstream::Names {
 public:
  explicit PlayedNames(net::Loop& loop) : loop_(loop) {}
  std::unique_ptr<upstream::NameLookup> look_up(const std::string& name, OnFound on_found) override {
    struct Lookup final : upstream::NameLookup {
      std::unique_ptr<net::Timer> timer;
    };
    auto lookup = std::make_unique<Lookup>();
    lookup->timer = loop_.after(Duration::zero(), [this, name, on_found] {
      if (const auto at = known.find(name); at != known.end()) return on_found(at->second);
      on_found(fail(ErrorCode::NotFound, "Rcode NXDomain(3)"));
    });
    return lookup;
  }
  std::map<std::string, net::IpAddress> known;

 private:
  net::Loop& loop_;
};

}  // namespace meridian::sim

// A loop in virtual time that accepts connections of which the test plays the client.
#pragma once

#include "net/reading_room.h"
#include "net/virtual_loop.h"

namespace meridian::http {

class FakeLoop final : public net::VirtualLoop {
 public:
  class Tcp;

  // What a client of one connection sees; outlives the server's side.
  struct Client {
    std::string sent;      // by the server
    bool closed = false;   // in order, by the server
    bool dropped = false;  // the server's side is gone
    bool paused = false;
    bool stuck = false;  // takes nothing any more
    std::size_t pending = 0;
    Tcp* tcp = nullptr;
    net::TcpHandler* handler = nullptr;
    std::string take() { return std::exchange(sent, {}); }
  };

  class Tcp final : public net::TcpConnection {
   public:
    explicit Tcp(Client& client) : client_(client) { client.tcp = this; }
    ~Tcp() override {
      client_.dropped = true;
      client_.tcp = nullptr;
      client_.handler = nullptr;
    }
    void start(net::TcpHandler& handler) override { client_.handler = &handler; }
    void write(std::string bytes) override {
      if (client_.stuck) client_.pending += bytes.size();
      client_.sent += bytes;
    }
    std::size_t pending() const override { return client_.pending; }
    void pause_reading() override { client_.paused = true; }
    void resume_reading() override { client_.paused = false; }
    void close_after_flush() override { client_.closed = true; }
    const net::Address& peer() const override { return peer_; }
    const net::Address& local() const override { return peer_; }
    std::string_view server_name() const override { return ""; }

   private:
    Client& client_;
    net::Address peer_{net::IpAddress::v4({192, 0, 2, 9}), 1234};
  };

  Client& connect() {
    clients_.push_back(std::make_unique<Client>());
    accept(std::make_unique<Tcp>(*clients_.back()));
    return *clients_.back();
  }
  void send(Client& client, std::string_view bytes) {
    while (client.handler != nullptr && !bytes.empty()) {
      auto* const asked = dynamic_cast<net::ReadingRoom*>(client.handler);
      const MutableBytes room = asked != nullptr ? asked->room() : MutableBytes();
      const std::string_view now = bytes.substr(0, room.empty() ? bytes.size() : room.size());
      if (!room.empty()) std::ranges::copy(now, room.begin());
      client.handler->on_data(*client.tcp, room.empty() ? as_bytes(now) : Bytes(room.first(now.size())));
      bytes.remove_prefix(now.size());
    }
    run_posted();
  }
  void end(Client& client) {
    if (client.handler != nullptr) client.handler->on_closed(*client.tcp, nullptr);
    run_posted();
  }

 private:
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace meridian::http

// For this room's tests: what a DNS server answers, and a loop in virtual time whose datagrams a test sees
// and answers.
#pragma once

#include <array>
#include <set>
#include <string>
#include <vector>

#include "formats/dns/message.h"
#include "net/virtual_loop.h"

namespace meridian::upstream {

struct PlayedAnswer {
  dns::Rcode rcode = dns::Rcode::NoError;
  std::vector<dns::Record> records{};

  void address(const std::string& owner, const std::array<int, 4>& address, std::uint32_t ttl) {
    std::string bytes;
    for (const int byte : address) bytes += static_cast<char>(byte);
    add(owner, dns::Type::A, ttl, bytes);
  }
  void alias(const std::string& owner, const std::string& target, std::uint32_t ttl) {
    add(owner, dns::Type::CNAME, ttl, std::string(dns::Name::parse(target)->wire()));
  }
  std::string to(std::uint16_t id, const dns::Name& asked) const {
    std::string bytes(1232, '\0');
    dns::MessageWriter writer({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}, bytes.size());
    dns::Header header;
    header.id = id;
    header.qr = header.rd = header.ra = true;
    header.rcode = static_cast<std::uint8_t>(rcode);
    writer.set_header(header);
    writer.add_question(asked.wire(), dns::Type::A, dns::Class::IN);
    for (const dns::Record& record : records)
      writer.add_record(dns::MessageWriter::Section::Answer, record.owner.wire(), record.type, dns::Class::IN,
                        record.ttl, record.rdata);
    bytes.resize(writer.finish());
    return bytes;
  }

 private:
  void add(const std::string& owner, dns::Type type, std::uint32_t ttl, std::string rdata) {
    records.push_back({dns::Name::parse(owner).value(), type, dns::Class::IN, ttl, std::move(rdata)});
  }
};

class DatagramLoop : public net::VirtualLoop {
 public:
  class Socket;
  struct Sent {
    Socket* from;  // null: closed since
    net::Address to;
    std::string bytes;
  };
  class Socket final : public net::UdpSocket {
   public:
    Socket(DatagramLoop& loop, net::DatagramServer& server) : loop_(loop), server_(server) {
      loop_.sockets.insert(this);
      loop_.sockets_most = std::max(loop_.sockets_most, loop_.sockets.size());
    }
    ~Socket() override {
      loop_.sockets.erase(this);
      for (Sent& sent : loop_.sent)
        if (sent.from == this) sent.from = nullptr;
    }
    const net::Address& local() const override { return local_; }
    net::DatagramLosses losses() const override { return {}; }
    int receive_buffer_bytes() const override { return 0; }
    void send_to(const net::Address& peer, Bytes datagram) override {
      loop_.sent.push_back({this, peer, std::string(as_text(datagram))});
    }
    void receive(const net::Address& from, const std::string& bytes) {
      net::Exchange exchange;
      exchange.peer = &from;
      exchange.local = &local_;
      exchange.query = as_bytes(bytes);
      server_.serve({&exchange, 1});
    }

   private:
    DatagramLoop& loop_;
    net::DatagramServer& server_;
    net::Address local_;
  };

  Result<std::unique_ptr<net::UdpSocket>> serve_udp(const net::Address&, const net::ListenOptions&,
                                                    net::DatagramServer& server) override {
    return std::make_unique<Socket>(*this, server);
  }
  // To the question sent last, from the server it was sent to or another; nothing when its asker is gone.
  void answer(const PlayedAnswer& answer, std::optional<net::Address> from = {}, int id_off_by = 0) {
    const Sent last = sent.back();
    if (!last.from) return;
    const auto query = dns::parse_query(as_bytes(last.bytes)).value();
    last.from->receive(from.value_or(last.to),
                       answer.to(static_cast<std::uint16_t>(query.id + id_off_by), query.question.name));
  }
  std::string asked_last() const {
    return dns::parse_query(as_bytes(sent.back().bytes))->question.name.to_string();
  }

  std::vector<Sent> sent;
  std::set<Socket*> sockets;
  std::size_t sockets_most = 0;
};

}  // namespace meridian::upstream

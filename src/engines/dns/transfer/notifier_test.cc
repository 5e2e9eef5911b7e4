#include "engines/dns/transfer/notifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include "engines/dns/transfer/test_world.h"
#include "net/virtual_loop.h"

namespace meridian::engines::dns::transfer {
namespace {

using meridian::dns::Name;

// A loop whose datagrams the test moves.
class TestLoop final : public net::VirtualLoop {
 public:
  struct Datagram {
    net::Address to;
    std::string bytes;
  };

  Result<std::unique_ptr<net::UdpSocket>> serve_udp(const net::Address& address, const net::ListenOptions&,
                                                    net::DatagramServer& server) override {
    server_ = &server;
    return std::make_unique<TestSocket>(*this, address);
  }

  void receive(const net::Address& from, std::string_view bytes) {
    net::Exchange exchange;
    exchange.peer = &from;
    exchange.query = as_bytes(bytes);
    server_->serve({&exchange, 1});
  }
  std::vector<Datagram> take() { return std::exchange(sent_, {}); }

 private:
  struct TestSocket final : net::UdpSocket {
    TestSocket(TestLoop& owner, const net::Address& at) : loop(owner), address(at) {}
    const net::Address& local() const override { return address; }
    net::DatagramLosses losses() const override { return {}; }
    int receive_buffer_bytes() const override { return 0; }
    void send_to(const net::Address& peer, Bytes datagram) override {
      loop.sent_.push_back({peer, std::string(as_text(datagram))});
    }
    TestLoop& loop;
    net::Address address;
  };

  net::DatagramServer* server_ = nullptr;
  std::vector<Datagram> sent_;
};

class NotifierTest : public testing::Test {
 protected:
  ~NotifierTest() override { close(null_); }
  void start(std::initializer_list<const char*> targets) {
    NotifierOptions options;
    for (const char* target : targets) options.targets.push_back(parse_notify_target(target).value());
    ASSERT_TRUE(options.keys.add(World::key()));
    notifier_ = std::make_unique<Notifier>(
        loop_, std::move(options), [this] { return served_; }, loop_.clock(), random_, logger_, metrics_);
    ASSERT_TRUE(notifier_->start());
  }
  static ChangedZone zone(std::uint32_t serial, std::string_view apex = "example.com.") {
    return {wire(apex), 900, soa_with(apex, serial).rdata[0]};
  }
  void change(std::uint32_t serial, std::string_view apex = "example.com.") {
    notifier_->changed({zone(serial, apex)}, serial);
    loop_.run_posted();
  }
  // What a secondary sends back.
  static std::string reply_to(const std::string& notify) {
    std::string reply = notify;
    reply[2] |= static_cast<char>(0x80);
    return reply;
  }

  TestLoop loop_;
  SeededRandom random_{1};
  Metrics metrics_;
  int null_ = open("/dev/null", O_WRONLY);
  Logger logger_{loop_.clock(), null_, LogFormat::Text, LogLevel::Info};
  std::uint64_t served_ = 1000;
  std::unique_ptr<Notifier> notifier_;
};

TEST_F(NotifierTest, TellsEachSecondaryUntilItAnswers) {
  start({"192.0.2.1", "192.0.2.2@5353"});
  change(6);
  EXPECT_TRUE(loop_.take().empty()) << "changes are gathered";
  loop_.advance(Notifier::kGatherTime);
  auto sent = loop_.take();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0].to.to_string(), "192.0.2.1:53");
  EXPECT_EQ(sent[1].to.to_string(), "192.0.2.2:5353");
  const auto message = meridian::dns::parse_message(as_bytes(sent[0].bytes)).value();
  EXPECT_EQ(message.header.opcode, meridian::dns::Opcode::Notify);
  EXPECT_TRUE(message.header.aa);
  EXPECT_EQ(message.questions.at(0).type, Type::SOA);
  EXPECT_EQ(World::shown(message.answers.at(0)), "SOA 6");

  loop_.receive(sent[0].to, reply_to(sent[0].bytes));
  loop_.advance(Notifier::kRetryTime);
  sent = loop_.take();
  ASSERT_EQ(sent.size(), 1u) << "the other one is asked again";
  EXPECT_EQ(sent[0].to.to_string(), "192.0.2.2:5353");
  loop_.receive(sent[0].to, reply_to(sent[0].bytes));
  loop_.advance(std::chrono::minutes(10));
  EXPECT_TRUE(loop_.take().empty());
}

TEST_F(NotifierTest, GivesUpAfterItsAttemptsWithGrowingPauses) {
  start({"192.0.2.1"});
  change(6);
  loop_.advance(Notifier::kGatherTime + std::chrono::seconds(1 + 2) - std::chrono::milliseconds(1));
  EXPECT_EQ(loop_.take().size(), 2u);
  loop_.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(loop_.take().size(), 1u);
  loop_.advance(std::chrono::minutes(10));
  EXPECT_EQ(loop_.take().size(), Notifier::kAttemptsMax - 3);
  EXPECT_NE(metrics_.prometheus_text().find("meridian_dns_notifies_total{result=\"failed\"} 1"),
            std::string::npos);
}

TEST_F(NotifierTest, ManyChangesAreToldAsTheLast) {
  start({"192.0.2.1"});
  for (std::uint32_t serial = 6; serial < 20; ++serial) change(serial);
  change(20, "other.example.");
  loop_.advance(Notifier::kGatherTime);
  const auto sent = loop_.take();
  ASSERT_EQ(sent.size(), 2u);
  std::vector<std::string> told;
  for (const auto& one : sent)
    told.push_back(World::shown(meridian::dns::parse_message(as_bytes(one.bytes))->answers.at(0)));
  EXPECT_THAT(told, testing::UnorderedElementsAre("SOA 19", "SOA 20"));
}

TEST_F(NotifierTest, NobodyIsToldBeforeItIsServed) {
  start({"192.0.2.1"});
  served_ = 5;
  change(6);
  loop_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(loop_.take().empty());
  served_ = 6;
  loop_.advance(std::chrono::milliseconds(10));
  EXPECT_EQ(loop_.take().size(), 1u);
}

TEST_F(NotifierTest, OnlyTheSecondaryItselfCanAnswer) {
  start({"192.0.2.1"});
  change(6);
  loop_.advance(Notifier::kGatherTime);
  const auto sent = loop_.take();
  std::string other_id = reply_to(sent.at(0).bytes);
  other_id[0] ^= 1;
  loop_.receive(sent[0].to, other_id);
  loop_.receive(sent[0].to, sent[0].bytes);  // no reply
  loop_.receive(sent[0].to, "x");
  loop_.receive(*net::Address::parse("192.0.2.9:53"), reply_to(sent[0].bytes));
  loop_.advance(Notifier::kRetryTime);
  EXPECT_EQ(loop_.take().size(), 1u);
}

TEST_F(NotifierTest, WithAKeyBothSidesSign) {
  start({"192.0.2.1,key:key.example."});
  change(6);
  loop_.advance(Notifier::kGatherTime);
  auto sent = loop_.take();
  const auto found = meridian::dns::find_tsig(as_bytes(sent.at(0).bytes)).value();
  ASSERT_TRUE(found);
  meridian::dns::TsigKeys keys;
  ASSERT_TRUE(keys.add(World::key()));
  EXPECT_EQ(meridian::dns::verify_request(as_bytes(sent[0].bytes), *found, keys, loop_.clock().now()).error,
            meridian::dns::TsigError::None);

  const std::string plain = reply_to(meridian::dns::without_tsig(as_bytes(sent[0].bytes), *found));
  loop_.receive(sent[0].to, plain);
  loop_.advance(Notifier::kRetryTime);
  sent = loop_.take();
  ASSERT_EQ(sent.size(), 1u) << "an unsigned answer does not count";

  const auto key = World::key();
  meridian::dns::TsigSigner signer(key, meridian::dns::find_tsig(as_bytes(sent[0].bytes)).value()->tsig.mac);
  std::vector<std::uint8_t> reply(plain.begin(), plain.end());
  reply.resize(plain.size() + signer.room());
  reply.resize(signer.sign(reply, plain.size(), loop_.clock().now()));
  loop_.receive(sent[0].to, as_text(reply));
  loop_.advance(std::chrono::minutes(5));
  EXPECT_TRUE(loop_.take().empty());
}

}  // namespace
}  // namespace meridian::engines::dns::transfer

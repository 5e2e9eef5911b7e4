#include "apps/control/acme/acme_authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/control/acme/played_server.h"
#include "formats/x509/x509.h"
#include "store/memory/memory_store.h"
#include "store/objects/seal.h"

namespace meridian::apps::acme {
namespace {

using namespace std::chrono_literals;
using services::acm::Answer;
using testing::IsEmpty;
using testing::SizeIs;
namespace acm = services::acm;

class PlayedRecords final : public ChallengeRecords {
 public:
  Result<bool> put(const TxtRecord& record) override {
    if (!hosted) return fail(ErrorCode::NotFound, record.name + " is in no hosted zone");
    there.insert(record.name + " " + record.value);
    most = std::max(most, there.size());
    return in_sync;
  }
  Result<void> remove(const TxtRecord& record) override {
    there.erase(record.name + " " + record.value);
    return {};
  }
  std::set<std::string> there;
  std::size_t most = 0;
  bool hosted = true, in_sync = true;
};

class AcmeTest : public testing::Test {
 protected:
  AcmeTest() {
    server_.is_served = [this](const std::string& name, const std::string& value) {
      return records_.in_sync && records_.there.contains(name + " " + value);
    };
    put_row(acm::CertificateStatus::PendingValidation);
    start();
  }
  // As the next process would.
  void start() {
    authority_ = std::make_unique<AcmeAuthority>(AcmeAuthority::Parts{store_, secrets_, records_, logger_},
                                                 settings_, server_.fetch());
  }
  void put_row(acm::CertificateStatus status) {
    acm::CertificateResource row;
    row.place = place_;
    row.id = id_;
    row.status = status;
    ASSERT_TRUE(store_.commit({{}, {{acm::certificate_key(place_, id_), acm::encode(row)}}, {}}));
  }
  Answer ask() {
    const auto answer = authority_->issue({place_, id_, names_, algorithm_, clock_.now(), 198 * 24h});
    EXPECT_TRUE(answer) << answer.error().message;
    return answer.value_or(Answer());
  }
  SystemTime turn() {
    const auto next = authority_->advance(clock_.now());
    EXPECT_TRUE(next) << next.error().message;
    return next.value_or(clock_.now());
  }
  // Until there is an answer, for at most `time`.
  Answer wait(Duration time = 10min) {
    const SystemTime until = clock_.now() + time;
    Answer answer = ask();
    while (answer.kind == Answer::Kind::UnderWay && clock_.now() < until) {
      clock_.advance(std::max<Duration>(turn() - clock_.now(), 1ms));
      answer = ask();
    }
    return answer;
  }
  std::optional<Order> order() {
    const auto row = store_.get(order_key(place_, id_)).value();
    return row ? std::optional(decode_order(row->value).value()) : std::nullopt;
  }

  ManualClock clock_{SystemTime(std::chrono::seconds(1'800'000'000))};
  SeededRandom random_{1};
  store::MemoryStore store_{clock_, store::Delivery::Pumped};
  store::objects::Secrets secrets_{std::string(store::objects::kKeyBytes, 'k'), random_};
  Logger logger_{clock_, 2, LogFormat::Text, LogLevel::Error};
  const acm::Place place_{"111122223333", "us-east-1"};
  const std::string id_ = "one";
  std::vector<std::string> names_{"example.com", "*.example.com"};
  std::string algorithm_ = "EC_prime256v1";
  PlayedServer server_{clock_};
  PlayedRecords records_;
  AcmeAuthority::Settings settings_{server_.directory, {{"mailto:ops@example.com"}, "", ""}};
  std::unique_ptr<AcmeAuthority> authority_;
};

TEST_F(AcmeTest, IssuesForEveryNameAndLeavesNoRecordBehind) {
  server_.processing = 2;
  EXPECT_EQ(ask().kind, Answer::Kind::UnderWay);
  const Answer answer = wait();
  ASSERT_EQ(answer.kind, Answer::Kind::Issued);
  const auto leaf = x509::Certificate::parse(answer.certificate.certificate_pem).value();
  EXPECT_EQ(leaf.facts().dns_names, names_);
  EXPECT_TRUE(x509::PrivateKey::parse(answer.certificate.key_pem)->belongs_to(leaf));
  EXPECT_TRUE(leaf.is_issued_by(x509::Certificate::parse(answer.certificate.chain_pem).value()));
  EXPECT_EQ(records_.most, 2U) << "a name and its wildcard prove themselves at one name";
  EXPECT_THAT(records_.there, IsEmpty());
  EXPECT_EQ(server_.orders, 1U);
  EXPECT_THAT(answer.kept_in, SizeIs(2));
  EXPECT_EQ(ask().kind, Answer::Kind::Issued) << "until it was kept";
}

TEST_F(AcmeTest, ANewProcessGoesOnAfterEveryStep) {
  server_.processing = 3;
  ask();
  Answer answer;
  for (int i = 0; i < 100 && answer.kind == Answer::Kind::UnderWay; ++i) {
    start();
    clock_.advance(turn() - clock_.now());
    answer = ask();
  }
  EXPECT_EQ(answer.kind, Answer::Kind::Issued);
  EXPECT_EQ(server_.orders, 1U);
  EXPECT_THAT(server_.accounts, SizeIs(1));
}

// Every commit of the store may be the last one of a process.
TEST_F(AcmeTest, WhereverItIsKilledTheNextProcessFinishes) {
  class Dying final : public ChallengeRecords {
   public:
    Dying(PlayedRecords& real, int& left) : real_(real), left_(left) {}
    Result<bool> put(const TxtRecord& record) override {
      if (left_-- == 0) return fail(ErrorCode::Internal, "killed");
      return real_.put(record);
    }
    Result<void> remove(const TxtRecord& record) override {
      if (left_-- == 0) return fail(ErrorCode::Internal, "killed");
      return real_.remove(record);
    }

   private:
    PlayedRecords& real_;
    int& left_;
  };
  for (int requests = 0; requests < 30; ++requests) {
    ASSERT_TRUE(store_.commit({{}, {}, {order_key(place_, id_), order_secret_key(place_, id_)}}));
    int left = requests / 2;
    Dying dying(records_, left);
    int fetches = requests;
    AcmeAuthority killed({store_, secrets_, dying, logger_}, settings_,
                         [&](const http::ClientRequest& request) -> Result<http::Response> {
                           if (fetches-- <= 0) return fail(ErrorCode::Unavailable, "killed");
                           return server_.fetch()(request);
                         });
    ASSERT_TRUE(killed.issue({place_, id_, names_, algorithm_, clock_.now(), 198 * 24h}));
    for (int i = 0; i < 5; ++i) {
      (void)killed.advance(clock_.now());
      clock_.advance(1s);
    }
    start();
    ASSERT_EQ(wait(2h).kind, Answer::Kind::Issued) << "after " << requests << " requests";
    EXPECT_THAT(records_.there, IsEmpty());
  }
  EXPECT_THAT(server_.accounts, SizeIs(1));
}

TEST_F(AcmeTest, AsksForNoProofBeforeTheRecordIsServed) {
  records_.in_sync = false;
  ask();
  for (int i = 0; i < 5; ++i) clock_.advance(turn() - clock_.now());
  EXPECT_EQ(order()->stage, Stage::Ordered);
  EXPECT_EQ(order()->failures, 0U);
  records_.in_sync = true;
  EXPECT_EQ(wait().kind, Answer::Kind::Issued);
}

TEST_F(AcmeTest, WhatIsHostedElsewhereIsRefusedWithAReason) {
  records_.hosted = false;
  const Answer answer = wait();
  EXPECT_EQ(answer.kind, Answer::Kind::Refused);
  EXPECT_EQ(answer.reason, "OTHER");
  EXPECT_THAT(order()->trouble, testing::HasSubstr("is in no hosted zone"));
}

TEST_F(AcmeTest, WhatTheServerRefusesForGoodIsRefused) {
  for (const auto& [type, reason] :
       {std::pair("caa", "CAA_ERROR"), std::pair("rejectedIdentifier", "DOMAIN_NOT_ALLOWED")}) {
    ASSERT_TRUE(store_.commit({{}, {}, {order_key(place_, id_)}}));
    server_.refusal = type;
    const Answer answer = wait();
    EXPECT_EQ(answer.kind, Answer::Kind::Refused);
    EXPECT_EQ(answer.reason, reason);
  }
  clock_.advance(AcmeAuthority::kRestAfterRefusal);
  EXPECT_EQ(wait().kind, Answer::Kind::Issued) << "a renewal is tried again the next day";
}

TEST_F(AcmeTest, TroubleIsTriedAgainEverMoreSeldom) {
  server_.away = true;
  ask();
  std::vector<Duration> rests;
  for (int i = 0; i < 14; ++i) {
    const SystemTime next = turn();
    rests.push_back(next - clock_.now());
    clock_.advance(rests.back());
  }
  EXPECT_EQ(rests.front(), AcmeAuthority::kRestFirst);
  EXPECT_EQ(rests[1], 2 * AcmeAuthority::kRestFirst);
  EXPECT_EQ(rests.back(), AcmeAuthority::kRestMax);
  turn();
  const std::size_t before = server_.requests;
  start();
  clock_.advance(1s);
  turn();
  EXPECT_EQ(server_.requests, before) << "also by the next process";
  server_.away = false;
  EXPECT_EQ(wait(2h).kind, Answer::Kind::Issued);
}

TEST_F(AcmeTest, RestsAsLongAsTheServerAsks) {
  server_.refusal = "rateLimited";
  server_.retry_after = "7200";
  ask();
  EXPECT_EQ(turn() - clock_.now(), std::min<Duration>(2h, AcmeAuthority::kIdle));
  EXPECT_EQ(order()->rest_until, clock_.now() + 2h);
  clock_.advance(2h);
  EXPECT_EQ(wait().kind, Answer::Kind::Issued);
}

TEST_F(AcmeTest, AFailedProofIsTriedAgainWithAnotherOrderAfterAWhile) {
  auto real = server_.is_served;
  server_.is_served = [](const std::string&, const std::string&) { return false; };
  ask();
  SystemTime before{};
  while (server_.orders == 0 || order()->stage == Stage::Ordered) {
    before = clock_.now();
    clock_.advance(turn() - before);
  }
  EXPECT_EQ(clock_.now() - before, AcmeAuthority::kRestAfterFailedProof);
  EXPECT_THAT(records_.there, IsEmpty());
  EXPECT_EQ(order()->trouble, "no TXT record at example.com");
  server_.is_served = real;
  EXPECT_EQ(wait(1h).kind, Answer::Kind::Issued);
  EXPECT_EQ(server_.orders, 2U);
  EXPECT_THAT(records_.there, IsEmpty());
}

TEST_F(AcmeTest, NoncesAccountsAndOrdersThatAreGoneAreMadeAnew) {
  server_.bad_nonces = 2;
  ask();
  turn();
  EXPECT_EQ(order()->failures, 0U) << "a fresh nonce came with the refusal";
  server_.forget_orders();
  clock_.advance(1min);
  turn();
  EXPECT_EQ(order()->stage, Stage::Begun);
  server_.forget_accounts();
  EXPECT_EQ(wait(1h).kind, Answer::Kind::Issued);
  EXPECT_THAT(server_.accounts, SizeIs(1));
}

TEST_F(AcmeTest, ACertificateForAnotherKeyIsOfNoUse) {
  server_.for_another_key = true;
  EXPECT_EQ(wait(1min).kind, Answer::Kind::UnderWay);
  EXPECT_THAT(order()->trouble, testing::HasSubstr("for another key"));
  server_.for_another_key = false;
  EXPECT_EQ(wait(2h).kind, Answer::Kind::Issued);
}

TEST_F(AcmeTest, WithoutADnsChallengeThereIsNoProof) {
  server_.has_dns_challenge = false;
  EXPECT_EQ(wait().kind, Answer::Kind::Refused);
}

TEST_F(AcmeTest, BindsTheAccountToAnotherOneWhereTheServerWantsIt) {
  server_.wants_binding = true;
  EXPECT_EQ(wait(1min).kind, Answer::Kind::UnderWay);
  EXPECT_EQ(order()->trouble, "whose customer are you?");
  settings_.terms.eab_key_id = "customer-1";
  settings_.terms.eab_secret = "secret";
  start();
  EXPECT_EQ(wait(2h).kind, Answer::Kind::Issued);
}

TEST_F(AcmeTest, ACertificateThatIsDeletedTakesItsOrderAndItsRecordsAlong) {
  records_.in_sync = false;
  ask();
  turn();
  clock_.advance(1s);
  turn();
  EXPECT_THAT(records_.there, SizeIs(2));
  ASSERT_TRUE(store_.commit({{}, {}, {acm::certificate_key(place_, id_)}}));
  clock_.advance(1h);
  turn();
  EXPECT_FALSE(order());
  EXPECT_THAT(records_.there, IsEmpty());
}

TEST_F(AcmeTest, WhatNobodyTookForAWeekIsOrderedAnew) {
  ASSERT_EQ(wait().kind, Answer::Kind::Issued);
  clock_.advance(AcmeAuthority::kFreshFor);
  EXPECT_EQ(ask().kind, Answer::Kind::UnderWay);
  EXPECT_EQ(wait().kind, Answer::Kind::Issued);
  EXPECT_EQ(server_.orders, 2U);
}

TEST_F(AcmeTest, MakesOnlySoManyOrdersAnHour) {
  for (std::size_t i = 0; i <= AcmeAuthority::kOrdersPerHourMax; ++i) {
    const std::string id = "n" + std::to_string(i);
    acm::CertificateResource row;
    row.place = place_;
    row.id = id;
    row.status = acm::CertificateStatus::PendingValidation;
    ASSERT_TRUE(store_.commit({{}, {{acm::certificate_key(place_, id), acm::encode(row)}}, {}}));
    ASSERT_TRUE(authority_->issue({place_, id, names_, algorithm_, clock_.now(), 24h}));
  }
  turn();
  EXPECT_EQ(server_.orders, AcmeAuthority::kOrdersPerHourMax);
  clock_.advance(1h);
  turn();
  EXPECT_EQ(server_.orders, AcmeAuthority::kOrdersPerHourMax + 1);
}

}  // namespace
}  // namespace meridian::apps::acme

// An ACME server (RFC 8555) behind ACM: for each certificate an order, brought forward until it is issued or
// refused. Domains are proven by dns-01, with TXT records in the hosted zones of this server.
// Rules: whatever a step has brought is stored before the next one, so that any process can go on from there;
// issue() never waits for the server; a TXT record that was put is taken away again, whatever becomes of it.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "apps/control/acme/client.h"
#include "apps/control/acme/orders.h"
#include "base/log.h"
#include "services/acm/issuance.h"
#include "store/objects/master_key.h"
#include "store/store.h"

namespace meridian::apps::acme {

class ChallengeRecords {
 public:
  virtual ~ChallengeRecords() = default;
  // True: whoever asks for it is answered with it. NotFound: it is in no hosted zone here.
  virtual Result<bool> put(const TxtRecord& record) = 0;
  virtual Result<void> remove(const TxtRecord& record) = 0;  // also one that is not there
};

class AcmeAuthority final : public services::acm::Authority {
 public:
  static constexpr Duration kIdle = std::chrono::hours(1);
  static constexpr Duration kPollFirst = std::chrono::seconds(1), kPollMax = std::chrono::seconds(30);
  static constexpr Duration kRestFirst = std::chrono::seconds(5), kRestMax = std::chrono::hours(1);
  // Let's Encrypt, for one, takes five failed validations of a name an hour.
  static constexpr Duration kRestAfterFailedProof = std::chrono::minutes(15);
  static constexpr Duration kRestAfterRefusal = std::chrono::days(1);  // of a renewal
  static constexpr Duration kFreshFor = std::chrono::days(7);  // what nobody has taken since is ordered anew
  static constexpr std::size_t kOrdersPerHourMax = 60;
  static constexpr std::size_t kStepsMax = 16;  // of one order in one turn

  struct Settings {
    std::string directory;
    AccountTerms terms;
  };
  struct Parts {
    store::Store& store;
    const store::objects::Secrets& secrets;
    ChallengeRecords& challenges;
    Logger& logger;
  };
  AcmeAuthority(const Parts& parts, Settings settings, Client::Fetch fetch)
      : parts_(parts), settings_(std::move(settings)), client_(std::move(fetch), settings_.directory) {}

  Result<services::acm::Answer> issue(const services::acm::Wanted& wanted) override;
  bool judges_caa() const override { return true; }

  // Brings every order forward that has something to do, on one thread, which may wait for the server. When
  // it is to be called again, unless an order changes before.
  Result<SystemTime> advance(SystemTime now);

 private:
  // An order, as it was read and as it becomes.
  struct Work {
    std::string key;
    store::Revision modified;
    Order order;
    SystemTime now;
  };
  struct Poll {
    std::uint32_t count = 0;
    SystemTime due{};
  };
  // When to go on; none: at once, with what has been kept.
  using Next = std::optional<SystemTime>;

  Result<SystemTime> bring_forward(Work& work);
  Result<Next> step(Work& work);
  Result<Next> begin(Work& work);
  Result<Next> go_on(Work& work);
  Result<Next> prove(Work& work, const Account& account, const json::Value& order);
  Result<Next> finalize(Work& work, const Account& account, const json::Value& order);
  Result<Next> fetch_certificate(Work& work, const Account& account, const json::Value& order);
  Outcome<Failure> why_invalid(const Account& account, const json::Value& order);

  Next poll_later(const Work& work, Duration retry_after = {});
  Result<Next> failed(Work& work, const Failure& failure, Duration rest_min = {});
  Result<Next> refuse(Work& work, std::string reason, std::string why);
  Result<void> take_records_away(Work& work);
  Result<bool> is_wanted(const Order& order);
  Result<void> abandon(Work& work);
  Result<void> keep(Work& work, std::vector<store::Put> beside = {});
  Result<std::string> certificate_key_pem(Work& work);
  Result<Outcome<Account>> account();
  Result<void> forget_account();

  const Parts parts_;
  const Settings settings_;
  Client client_;
  std::optional<Account> account_;
  std::map<std::string, Poll> polls_;   // by order
  std::deque<SystemTime> orders_made_;  // in the last hour
};

}  // namespace meridian::apps::acme

// Names by DNS: asks the resolvers it is given, one after another, and remembers what they say for as long as
// they say it.
// Rule: every question has a random id and goes out from a socket of its own, whose port the system draws; at
// most kQuestionsMax are under way, and the same name is never asked twice at once.
#pragma once

#include <deque>
#include <list>
#include <map>
#include <vector>

#include "base/metrics.h"
#include "base/random.h"
#include "net/loop.h"
#include "upstream/address_answer.h"
#include "upstream/names.h"

namespace meridian::upstream {

inline constexpr std::size_t kQuestionsMax = 64;  // under way; more names wait
inline constexpr std::size_t kNamesWaitingMax = 16'384;
inline constexpr std::size_t kNamesKeptMax = 50'000;
inline constexpr Duration kQuestionTime = std::chrono::seconds(1);  // until the next try
inline constexpr unsigned kQuestionTries = 2;                       // of each resolver
// A name without an address is asked again soon: whoever adds one wants it seen.
inline constexpr Duration kFailureKept = std::chrono::seconds(2);

class StubResolver final : public Names {
 public:
  // `resolvers`: at least one. One that refuses, fails or is silent gives way to the next, so that a server
  // that knows some zones only can stand first.
  StubResolver(net::Loop& loop, Random& random, std::vector<net::Address> resolvers, Metrics& metrics);
  ~StubResolver() override;

  std::unique_ptr<NameLookup> look_up(const std::string& name, OnFound on_found) override;

  std::size_t asking() const { return asking_; }
  std::size_t kept() const { return kept_.size(); }

 private:
  class Question;
  class Waiter;
  struct Kept {
    MonotonicTime until;
    std::vector<net::IpAddress> addresses;
    std::string failure;
  };
  struct Name {
    std::list<Waiter*> waiters;
    std::unique_ptr<Question> question;  // null: it waits for its turn
  };
  using Asked = std::map<std::string, Name, std::less<>>;

  void ask_next();
  void keep(const std::string& name, Kept kept);
  void finish(const std::string& name, Kept kept);
  Result<net::IpAddress> pick(const Kept& kept);

  net::Loop& loop_;
  Random& random_;
  const std::vector<net::Address> resolvers_;
  Counter &found_, &failed_, &remembered_;
  std::map<std::string, Kept, std::less<>> kept_;
  Asked asked_;
  std::deque<std::string> turns_;  // names that wait to be asked
  std::size_t asking_ = 0;
};

}  // namespace meridian::upstream

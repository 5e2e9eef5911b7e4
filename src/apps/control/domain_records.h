// What DNS says of the domains of certificates: of zones that are served here this process's own engine, of
// others the resolvers it is given. Of one loop's thread.
// Rules: an engine that knows the name decides, so that nobody outside can; whatever comes by datagram is
// read as bytes of unknown origin.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "formats/dns/message.h"
#include "net/loop.h"
#include "services/acm/issuance.h"

namespace meridian::apps {

class DnsDomainRecords final : public services::acm::DomainRecords {
 public:
  static constexpr std::size_t kAskedMax = 1024;  // names under way and remembered
  static constexpr Duration kKept = std::chrono::seconds(30);
  static constexpr Duration kFailureKept = std::chrono::seconds(5);
  static constexpr Duration kTryTime = std::chrono::seconds(2);
  static constexpr std::size_t kTries = 4;

  // What this process answers to a question, or nothing when that is for others to say.
  using Here = std::function<std::optional<std::vector<dns::Record>>(const dns::Name&, dns::Type)>;
  // `on_news` is called when a resolver has answered.
  DnsDomainRecords(Here here, net::Loop& loop, Random& random, std::vector<net::Address> resolvers,
                   std::function<void()> on_news);
  ~DnsDomainRecords() override;

  bool leads_to(const std::string& name, const std::string& target) override;
  Result<std::vector<services::acm::CaaRecord>> authorities_of(const std::string& domain) override;

 private:
  class Question;
  struct Asked {
    std::unique_ptr<Question> question;               // under way
    std::optional<std::vector<dns::Record>> answers;  // none: nobody could say
    MonotonicTime until;
  };
  using Key = std::pair<std::string, dns::Type>;

  // Nothing: not known, or not yet.
  std::optional<std::vector<dns::Record>> ask_others(const dns::Name& name, dns::Type type);
  void answered(const Key& key, std::optional<std::vector<dns::Record>> answers);

  const Here here_;
  net::Loop& loop_;
  Random& random_;
  const std::vector<net::Address> resolvers_;
  const std::function<void()> on_news_;
  std::map<Key, Asked> asked_;
};

// RFC 8659 §4.1; nothing when it is not one.
std::optional<services::acm::CaaRecord> read_caa(std::string_view rdata);

}  // namespace meridian::apps

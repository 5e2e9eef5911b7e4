// What becomes of certificates by itself: validated, issued, timed out, failed, renewed.
// Rules: nothing is issued or renewed before every domain's CNAME was seen and its CAA records allow it; what
// is due is found from the store and the given time alone, so that a restart or a virtual clock changes
// nothing.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "services/acm/resources.h"
#include "store/objects/master_key.h"
#include "store/store.h"

namespace meridian::services::acm {

inline constexpr Duration kValidationTime = std::chrono::hours(72);
inline constexpr Duration kLifetime = std::chrono::days(198);
inline constexpr Duration kRenewalTime = std::chrono::days(60);  // before the end, or the last third

// RFC 8659 §4.1.
struct CaaRecord {
  bool critical = false;
  std::string tag, value;
};

// What DNS says now. Not yet known is like not there: it is asked again.
class DomainRecords {
 public:
  virtual ~DomainRecords() = default;
  // Whether `name` is a CNAME that leads to `target`; both absolute.
  virtual bool leads_to(const std::string& name, const std::string& target) = 0;
  // Those of the domain or of the closest name above that has any (RFC 8659 §3). Unavailable: not yet known.
  virtual Result<std::vector<CaaRecord>> authorities_of(const std::string& domain) = 0;
};

struct IssuedCertificate {
  std::string certificate_pem, chain_pem, key_pem;
};

// What an authority is asked for, and for whom.
struct Wanted {
  const Place& place;
  const std::string& id;
  std::span<const std::string> names;  // the first is the subject's
  const std::string& key_algorithm;
  SystemTime now;
  Duration lifetime;  // an authority that is not ours has its own
};

struct Answer {
  enum class Kind : std::uint8_t { UnderWay, Issued, Refused } kind = Kind::UnderWay;
  IssuedCertificate certificate{};     // Issued
  std::string reason{};                // Refused: a FailureReason of ACM's
  std::vector<std::string> kept_in{};  // keys of the store that nobody needs once the answer is kept
};

class Authority {
 public:
  virtual ~Authority() = default;
  // For a fresh key. Never waits for anybody: UnderWay is asked again, also by the next process.
  virtual Result<Answer> issue(const Wanted& wanted) = 0;
  // Whether CAA records are its own affair: then it reads them, and they need not name us.
  virtual bool judges_caa() const = 0;
};

class Issuance {
 public:
  Issuance(store::Store& store, const store::objects::Secrets& secrets, DomainRecords& records,
           Authority& authority, Logger& logger)
      : store_(store), secrets_(secrets), records_(records), authority_(authority), logger_(logger) {}

  // Does what is due. True: something waits for DNS, and looking again soon makes sense.
  Result<bool> advance(SystemTime now);

 private:
  enum class Verdict : std::uint8_t { Waits, UnderWay, Issued, Refused };

  Result<bool> advance(const store::KeyValue& item, SystemTime now);
  Result<bool> validate(CertificateResource certificate, const store::KeyValue& item, SystemTime now);
  Result<bool> renew(CertificateResource certificate, const store::KeyValue& item, SystemTime now);
  Result<bool> is_due_for_renewal(const CertificateResource& certificate, SystemTime now);
  struct Outcome {
    Verdict verdict = Verdict::Waits;
    std::string reason{};                // Refused
    std::vector<std::string> kept_in{};  // Refused: as in Answer
  };
  Result<Outcome> try_to_issue(CertificateResource& certificate, const store::KeyValue& item, SystemTime now);
  bool look_for_records(CertificateResource& certificate);
  Result<bool> is_refused_by_caa(const CertificateResource& certificate);
  Result<void> keep(const CertificateResource& certificate, const store::KeyValue& item,
                    std::vector<store::Put> beside = {}, std::vector<std::string> without = {});
  Result<void> forget_old_requests(SystemTime now);
  Result<void> tell_of_expiry(const CertificateResource& certificate, SystemTime now);

  store::Store& store_;
  const store::objects::Secrets& secrets_;
  DomainRecords& records_;
  Authority& authority_;
  Logger& logger_;
  std::map<std::string, std::int64_t> told_;  // days before the expiry that was told last, by certificate key
};

}  // namespace meridian::services::acm

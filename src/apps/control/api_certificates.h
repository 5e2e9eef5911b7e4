// Which certificates the API's TLS listeners show: those of ACM that the operator names, each for its
// domains, and the API's own for every other name. On a loop's thread. Rules: what is served stays until
// something better was read and parsed; a certificate that is served says so in ACM (InUseBy), and no longer
// than that.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "net/certificate.h"
#include "net/certificate_table.h"
#include "net/loop.h"
#include "services/acm/resources.h"
#include "store/objects/master_key.h"
#include "store/store.h"

namespace meridian::apps {

class ApiCertificates {
 public:
  static constexpr Duration kPeriod = std::chrono::minutes(1);    // between looks, whatever the store says
  static constexpr Duration kTryAgain = std::chrono::seconds(5);  // what could not be read is read again

  // Serves `own` from now on, and those of `arns` once start() has found them. Invalid: not an ARN of a
  // certificate, or `own` is none.
  static Result<std::unique_ptr<ApiCertificates>> open(store::Store& store,
                                                       const store::objects::Secrets& secrets, Logger& logger,
                                                       net::Loop& loop, const net::CertificateAndKey& own,
                                                       const std::vector<std::string>& arns);

  // Looks at once and whenever a certificate of ACM changes. While the loop does not run, or on its thread.
  Result<void> start();
  // Reads what is to be served, serves it and tells ACM. An error leaves of that certificate what was served
  // before.
  Result<void> look();

  const std::shared_ptr<net::PublishedCertificates>& published() const { return published_; }

 private:
  struct Served {
    std::vector<std::string> domains;
    net::CertificateTable::Certificate certificate;  // null: not issued yet
  };

  ApiCertificates(store::Store& store, const store::objects::Secrets& secrets, Logger& logger,
                  net::Loop& loop)
      : store_(store), secrets_(secrets), logger_(logger), loop_(loop) {}
  void look_and_log();
  // True: there is something else to show.
  Result<bool> read(const services::acm::CertificateName& name, Served& into);
  Result<void> tell_use(const services::acm::CertificateName& name, const store::KeyValue& row);

  store::Store& store_;
  const store::objects::Secrets& secrets_;
  Logger& logger_;
  net::Loop& loop_;
  std::vector<services::acm::CertificateName> names_;
  std::vector<Served> served_;  // of each of names_
  net::CertificatePool pool_;
  net::CertificateTable::Certificate own_;
  std::shared_ptr<net::PublishedCertificates> published_;
  std::string last_trouble_;  // logged once, not at every look
  std::unique_ptr<net::Timer> timer_;
  std::unique_ptr<store::Watch> watch_;
};

// Takes back what this server has told ACM at an earlier start of certificates that are not among `names`.
Result<void> forget_use_by_api(store::Store& store, std::span<const services::acm::CertificateName> names);

}  // namespace meridian::apps

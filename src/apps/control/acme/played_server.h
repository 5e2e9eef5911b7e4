// An ACME server that a test plays, in memory: it checks signatures, nonces and proofs as RFC 8555 has it,
// and fails where it is told to.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "apps/control/acme/client.h"
#include "net/certificate.h"

namespace meridian::apps::acme {

class PlayedServer {
 public:
  explicit PlayedServer(const Clock& clock) : clock_(clock) {}

  Client::Fetch fetch() {
    return [this](const http::ClientRequest& request) { return answer(request); };
  }

  std::string directory = "https://acme.test/directory";
  // What DNS says of _acme-challenge names.
  std::function<bool(const std::string& name, const std::string& value)> is_served;
  bool away = false;
  std::size_t bad_nonces = 0;                            // of the next requests
  std::string refusal, detail = "as the test wants it";  // of the next new order: "caa", "rateLimited", …
  std::string retry_after;                               // with a refusal
  std::size_t processing = 0;                            // times that an order says so, before it is valid
  bool for_another_key = false;                          // what is issued
  bool wants_binding = false;
  bool has_dns_challenge = true;

  std::set<std::string> accounts;  // thumbprints
  std::size_t orders = 0, requests = 0;
  void forget_accounts() { accounts.clear(); }
  void forget_orders() { open_.clear(); }

 private:
  struct Authorization {
    std::string name;
    bool wildcard = false;
    std::string status = "pending";
  };
  struct Open {
    std::vector<std::string> names;
    std::vector<Authorization> authorizations;
    std::string status = "pending", chain;
    std::size_t left = 0;
  };

  Result<http::Response> answer(const http::ClientRequest& request);
  http::Response signed_request(const http::ClientRequest& request);
  http::Response new_account(const json::Value& header, const json::Value& payload);
  http::Response new_order(const json::Value& payload);
  http::Response order(std::size_t number);
  http::Response authorization(std::size_t number, std::size_t which);
  http::Response challenge(std::size_t number, std::size_t which);
  http::Response finalize(std::size_t number, const json::Value& payload);
  http::Response reply(int status, const json::Value& body, const std::string& location = "");
  http::Response problem(int status, const std::string& type, const std::string& why);
  std::string token(std::size_t number, std::size_t which) const;

  const Clock& clock_;
  std::map<std::size_t, Open> open_;
  std::map<std::string, std::string> nonces_;
  std::size_t next_nonce_ = 0;
  std::string thumbprint_;  // of who asks
  net::CertificateAndKey root_ =
      net::make_certificate_authority("Played ACME", clock_.now(), std::chrono::days(3650)).value();
};

}  // namespace meridian::apps::acme

// What a process leaves behind of certificates that an ACME server is to issue, so that the next one goes on
// where it stopped: the account, and an order a certificate.
// Rule: keys lie beside, sealed; a TXT record stands in its order before it stands in a zone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "services/acm/resources.h"

namespace meridian::apps::acme {

struct TxtRecord {
  std::string name, value;
  bool operator==(const TxtRecord&) const = default;
};

enum class Stage : std::uint8_t {
  Begun,    // there is no order at the server, or none any more
  Ordered,  // there is one, at `url`
  Done,     // `chain_pem` is the answer
  Refused,  // `trouble` says why
};

struct Order {
  services::acm::Place place;
  std::string certificate_id;
  std::vector<std::string> names;
  std::string key_algorithm;
  Stage stage = Stage::Begun;
  std::string url;                 // of Ordered
  std::vector<TxtRecord> records;  // in hosted zones, and to be taken out of them
  std::string chain_pem;           // the certificate first
  std::string reason;              // of Refused: a FailureReason of ACM's
  std::string trouble;             // what went wrong last
  std::uint32_t failures = 0;      // in a row
  SystemTime rest_until{};         // after a failure
  SystemTime issued_at{};          // of Done
};

inline constexpr std::string_view kOrdersPrefix = "acm/orders/";
std::string order_key(const services::acm::Place& place, std::string_view certificate_id);
std::string order_secret_key(const services::acm::Place& place, std::string_view certificate_id);

// Of one directory; the account's key is sealed beside.
std::string account_key(std::string_view directory);
std::string account_secret_key(std::string_view directory);

std::string encode(const Order& order);
Result<Order> decode_order(std::string_view bytes);

}  // namespace meridian::apps::acme

// Takes a zone from another server by AXFR (RFC 5936): what `zone import --axfr` does. Rule: a transfer that
// does not end as it should is an error, never a part of a zone.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "formats/dns/message.h"
#include "formats/dns/tsig.h"
#include "net/loop.h"

namespace meridian::apps {

// Checks the messages of one transfer in order and keeps their records. Pure.
class AxfrReply {
 public:
  static constexpr std::size_t kRecordsMax = 10'000'000;

  // `verifier` is null when the request was not signed.
  AxfrReply(dns::Name zone, std::uint16_t id, std::optional<dns::TsigVerifier> verifier)
      : zone_(std::move(zone)), id_(id), verifier_(std::move(verifier)) {}

  // True: that was the last message.
  Result<bool> take(Bytes message, SystemTime now);
  // The SOA once, then everything else.
  std::vector<dns::Record>& records() { return records_; }

 private:
  dns::Name zone_;
  std::uint16_t id_;
  std::optional<dns::TsigVerifier> verifier_;
  std::vector<dns::Record> records_;
};

// SERVER[:PORT], with brackets around an IPv6 address that has a port.
Result<net::Address> parse_axfr_server(std::string_view text);
Result<std::vector<dns::Record>> fetch_zone(const net::Address& server, const dns::Name& zone,
                                            const std::optional<dns::TsigKey>& key, const Clock& clock,
                                            Random& random);

}  // namespace meridian::apps

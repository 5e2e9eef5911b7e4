// What a drill reads of DNS: addresses in replies, and in the words of `explain`. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "apps/drill/stage.h"
#include "base/bytes.h"
#include "formats/dns/message.h"

namespace meridian::apps::drill {

// A question for the A records of a name.
std::optional<std::string> dns_query(std::uint16_t id, std::string_view name);
// Nothing for what has no addresses.
std::optional<Reply> read_reply(const dns::Message& message);
std::optional<Reply> read_reply(Bytes message);
// Of "A 192.0.2.1, A 192.0.2.2, TTL 60", which is `share` of all answers.
void add_shares(std::string_view answer, double share, Shares& shares);

}  // namespace meridian::apps::drill

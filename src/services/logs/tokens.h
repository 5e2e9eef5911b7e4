// The tokens of paged answers. Rule: what a caller sends back is read as bytes of unknown origin.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "store/log_store/log_event.h"

namespace meridian::services::logs {

// A page of a list that goes on behind a name.
std::string page_token(std::string_view last);
aws::Outcome<std::string> read_page_token(std::string_view token);

// GetLogEvents: "f/…" goes on at a position and later, "b/…" before it.
struct EventsToken {
  bool forward = true;
  store::LogPosition at;
};
std::string events_token(const EventsToken& token);
aws::Outcome<EventsToken> read_events_token(std::string_view token);

// 56 digits, as AWS has them.
std::string event_id(const store::LogPosition& at);

}  // namespace meridian::services::logs

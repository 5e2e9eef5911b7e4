// Conditional requests, answered from a stored copy (RFC 9110 §13; RFC 9111 §4.3.2).
#pragma once

#include <cstdint>
#include <string_view>

#include "engines/cdn/rules/fields.h"
#include "engines/cdn/rules/http_date.h"

namespace meridian::engines::cdn::rules {

struct Validators {
  std::string_view etag, last_modified;  // "": none
  Time received{};                       // stands in for Last-Modified in If-Modified-Since

  static Validators of(Fields response, Time received) {
    return {value_of(response, "etag"), value_of(response, "last-modified"), received};
  }
};

// RFC 9110 §8.8.3.2. What is no entity tag is compared as it stands, and is weak.
bool same_etag_weakly(std::string_view a, std::string_view b);
bool same_etag_strongly(std::string_view a, std::string_view b);

enum class ConditionResult : std::uint8_t { Proceed, NotModified, PreconditionFailed };

// Whether a request has a condition, or asks for a range. Without one it gets what it would get anyway.
bool has_conditions(Fields request);

// In the order of RFC 9110 §13.2.2. For a copy that a request without conditions would get with 200.
ConditionResult evaluate_conditions(std::string_view method, Fields request, const Validators& stored);

// Whether Range may be obeyed: no If-Range, or one that holds (RFC 9110 §13.1.5).
bool holds_if_range(Fields request, const Validators& stored);

// Fields of a stored head that a 304 repeats: all that do not describe the content (RFC 9110 §15.4.5).
bool belongs_to_not_modified(std::string_view name);

}  // namespace meridian::engines::cdn::rules

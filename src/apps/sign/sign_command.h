// `meridian sign`: the URL or the cookies that a behavior with trusted key groups lets pass.
#pragma once

#include <string>
#include <string_view>

#include "apps/command_line.h"
#include "base/clock.h"

namespace meridian::apps {

// What is printed. `key_pem` is what --private-key holds.
Result<std::string> signed_text(const SignOptions& options, std::string_view key_pem, SystemTime now);

int sign(const SignOptions& options, const Clock& clock);

}  // namespace meridian::apps

// Vary of an origin's response, as the viewer may see it (CF:RequestAndResponseBehaviorCustomOrigin, "Content
// negotiation"): CloudFront's objects are told apart by the key, never by Vary, and Vary names only what the
// origin could have looked at.
#pragma once

#include <string>
#include <string_view>

#include "engines/cdn/rules/fields.h"
#include "snapshots/cdn/behavior.h"

namespace meridian::engines::cdn::rules {

// `*`, Accept-Encoding, Cookie, and the headers that the behavior forwards. "": no Vary at all. The origin's
// own value when nothing of it is left out, else `buffer`.
std::string_view select_vary(Fields response, const snapshots::cdn::Behavior& behavior, std::string& buffer);

// Adds a name to the Vary of a response that is being written, unless it is there or `*` is.
void add_to_vary(std::string_view name, FieldList& response);

}  // namespace meridian::engines::cdn::rules

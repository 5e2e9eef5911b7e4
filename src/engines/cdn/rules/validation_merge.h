// What a 304 does to a stored copy (RFC 9111 §4.3.3, §4.3.4, §3.2): its head gets the new fields, its body
// stays.
#pragma once

#include <string>

#include "engines/cdn/rules/conditional.h"

namespace meridian::engines::cdn::rules {

// The conditions of the question whether a stored copy still holds: If-None-Match and If-Modified-Since of
// its validators. False when it has none: it has to be fetched whole. `out` refers to the stored head.
bool write_revalidation(const Validators& stored, FieldList& out);

// Whether a 304 speaks of the stored copy: its validators, where it has any, are the same.
bool confirms(Fields not_modified, const Validators& stored);

// The stored head, renewed: both lists as kept heads (viewer_response_headers.h). `out` refers to both.
void merge_not_modified(Fields stored, Fields not_modified, FieldList& out);

}  // namespace meridian::engines::cdn::rules

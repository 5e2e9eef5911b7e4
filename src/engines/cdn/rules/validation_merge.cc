// Revalidation.
#include "engines/cdn/rules/validation_merge.h"

namespace meridian::engines::cdn::rules {
namespace {

// RFC 9111 §3.2: Content-Length stays. So does all else that says how the stored bytes are to be read:
// origins that send these with a 304 mean a body that is not there.
bool describes_stored_bytes(std::string_view name) {
  return same_name(name, "content-length") || same_name(name, "content-encoding") ||
         same_name(name, "content-type") || same_name(name, "content-range");
}

}  // namespace

bool write_revalidation(const Validators& stored, FieldList& out) {
  if (!stored.etag.empty()) out.add("If-None-Match", stored.etag);
  if (!stored.last_modified.empty()) out.add("If-Modified-Since", stored.last_modified);
  return !stored.etag.empty() || !stored.last_modified.empty();
}

bool confirms(Fields not_modified, const Validators& stored) {
  const std::string_view etag = value_of(not_modified, "etag");
  if (!etag.empty() && !stored.etag.empty()) return same_etag_weakly(etag, stored.etag);
  const std::string_view modified = value_of(not_modified, "last-modified");
  if (!modified.empty() && !stored.last_modified.empty()) return modified == stored.last_modified;
  return true;
}

void merge_not_modified(Fields stored, Fields not_modified, FieldList& out) {
  for (const Field& field : stored)
    if (describes_stored_bytes(field.name) || !has(not_modified, field.name))
      out.add(field.name, field.value);
  for (const Field& field : not_modified)
    if (!describes_stored_bytes(field.name)) out.add(field.name, field.value);
}

}  // namespace meridian::engines::cdn::rules

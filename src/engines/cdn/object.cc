#include "engines/cdn/object.h"

#include <algorithm>

namespace meridian::engines::cdn {

StoredFields::StoredFields(rules::Fields fields) {
  std::size_t size = 0;
  for (const rules::Field& field : fields) size += field.name.size() + field.value.size();
  bytes_ = std::make_unique_for_overwrite<char[]>(size);
  fields_.reserve(fields.size());
  char* at = bytes_.get();
  const auto keep = [&at](std::string_view bytes) {
    const std::string_view kept(at, bytes.size());
    at = std::ranges::copy(bytes, at).out;
    return kept;
  };
  for (const rules::Field& field : fields) {
    const std::string_view name = keep(field.name);
    fields_.push_back({name, keep(field.value)});
  }
}

rules::StoredLife Object::life_as(const Purged& purged, rules::Time now) const {
  return purged.how == Purged::How::Stale ? life.expired_at(std::min(purged.since, now)) : life;
}

std::size_t Object::charge() const {
  std::size_t bytes = sizeof(Object) + sizeof(Body) + uri.size();
  for (const rules::Field& field : fields.fields())
    bytes += sizeof field + field.name.size() + field.value.size();
  for (const std::string& tag : tags) bytes += sizeof tag + tag.size();
  if (body->parts()) return bytes;  // which have memory of their own
  return bytes + static_cast<std::size_t>(body->length().value_or(body->size()));
}

}  // namespace meridian::engines::cdn

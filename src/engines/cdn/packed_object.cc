#include "engines/cdn/packed_object.h"

#include <cstring>
#include <new>

namespace meridian::engines::cdn {

static_assert(sizeof(PackedObject) == 24, "a million of them count");

void PackedObject::Free::operator()(PackedObject* packed) const {
  if (packed->holders_.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  packed->~PackedObject();
  ::operator delete(packed);
}

bool PackedObject::can_pack(const Object& object) {
  return object.body->size() <= kPackedBodyBytesMax && !object.body->parts() && is_recordable(object);
}

PackedObject::Owner PackedObject::pack(const Object& object, PackingShelf& shelf) {
  std::string& text = shelf.scratch;
  text.clear();
  write_record(object, &shelf.fields, text);
  const std::size_t head_size = text.size();
  append_body(object.body, text);
  auto* const packed = new (::operator new(sizeof(PackedObject) + text.size())) PackedObject();
  std::memcpy(static_cast<void*>(packed + 1), text.data(), text.size());
  packed->head_size_ = static_cast<std::uint32_t>(head_size);
  packed->body_size_ = static_cast<std::uint32_t>(text.size() - head_size);
  packed->purges_seen_ = object.purges_seen.load();
  const auto [at, is_new] =
      shelf.log_numbers.emplace(object.purges.get(), static_cast<std::uint32_t>(shelf.logs.size()));
  if (is_new) shelf.logs.push_back(object.purges);
  packed->log_ = at->second;
  return Owner(packed);
}

std::shared_ptr<Object> PackedObject::unpack(PackingShelf& shelf) {
  auto object = read_record(head(), &shelf.fields, shelf.unpacked);
  if (!object) return nullptr;
  holders_.fetch_add(1, std::memory_order_relaxed);
  std::shared_ptr<char[]> body(reinterpret_cast<char*>(this + 1) + head_size_,
                               [this](char*) { Free()(this); });
  (*object)->body = Body::of(std::move(body), body_size_);
  (*object)->purges = shelf.logs[log_];
  (*object)->purges_seen = purges_seen_.load();
  return *std::move(object);
}

Purged PackedObject::purged(const PackingShelf& shelf) {
  const PurgeLog& log = purges(shelf);
  if (purges_seen_ == log.newest()) return {};
  const auto names = read_recorded_names(head());
  return names ? log.purged(names->uri, names->tags, purges_seen_) : Purged{.how = Purged::How::Gone};
}

// malloc keeps 8 bytes and rounds up to 16.
std::size_t PackedObject::charge() const {
  return (sizeof(PackedObject) + head_size_ + body_size_ + 8 + 15) / 16 * 16;
}

}  // namespace meridian::engines::cdn

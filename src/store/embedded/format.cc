#include "store/embedded/format.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace meridian::store::format {
namespace {

constexpr std::uint8_t kRowVersion = 1;

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorCode::Corrupt, fmt::format("store: the {} row does not decode", what),
              ErrorSource::Storage);
}

std::string numbered_key(char table, std::uint64_t number) {
  std::string key(1, table);
  append_u64(key, number);
  return key;
}

std::string start_row() {
  return std::string(1, static_cast<char>(kRowVersion));
}

// The version, `parse` and nothing after it.
template <typename Parse>
auto decode_row(std::string_view what, std::string_view bytes, Parse parse)
    -> Result<decltype(parse(std::declval<ByteReader&>()))> {
  ByteReader reader(bytes);
  if (reader.u8() != kRowVersion) return corrupt(what);
  auto value = parse(reader);
  if (!reader.ok() || !reader.at_end()) return corrupt(what);
  return value;
}

void append_item(std::string& out, const KeyValue& item) {
  append_u64(out, item.created);
  append_u64(out, item.modified);
  append_u64(out, item.lease);
  append_sized(out, item.value);
}

KeyValue take_item(ByteReader& reader, std::string_view key) {
  KeyValue item;
  item.key = key;
  item.created = reader.u64();
  item.modified = reader.u64();
  item.lease = reader.u64();
  item.value = reader.sized();
  return item;
}

std::size_t size_of(const KeyValue& item) {
  return 64 + item.key.size() + item.value.size();
}

}  // namespace

std::string current_key(std::string_view key) {
  return "c" + std::string(key);
}
std::string log_key(Revision revision) {
  return numbered_key('l', revision);
}
std::string undo_key(Revision revision) {
  return numbered_key('u', revision);
}
std::string lease_key(LeaseId lease) {
  return numbered_key('e', lease);
}
std::string lease_member_key(LeaseId lease, std::string_view key) {
  return numbered_key('k', lease).append(key);
}

std::string encode_version(std::uint32_t version) {
  std::string out;
  append_u32(out, version);
  return out;
}

Result<std::uint32_t> decode_version(std::string_view bytes) {
  ByteReader reader(bytes);
  std::uint32_t version = reader.u32();
  if (!reader.ok()) return corrupt("format");
  return version;
}

std::string encode_head(const Head& head) {
  std::string out = start_row();
  append_u64(out, head.revision);
  append_u64(out, head.log_bytes);
  append_u64(out, head.last_lease);
  return out;
}

Result<Head> decode_head(std::string_view bytes) {
  return decode_row("head", bytes, [](ByteReader& reader) {
    Head head;
    head.revision = reader.u64();
    head.log_bytes = reader.u64();
    head.last_lease = reader.u64();
    return head;
  });
}

std::string encode_compacted(const Compacted& compacted) {
  std::string out = start_row();
  append_u64(out, compacted.revision);
  append_u64(out, compacted.log_bytes);
  return out;
}

Result<Compacted> decode_compacted(std::string_view bytes) {
  return decode_row("compacted", bytes, [](ByteReader& reader) {
    Compacted compacted;
    compacted.revision = reader.u64();
    compacted.log_bytes = reader.u64();
    return compacted;
  });
}

std::string encode_current(const KeyValue& item) {
  std::string out = start_row();
  out.reserve(size_of(item));
  append_item(out, item);
  return out;
}

Result<KeyValue> decode_current(std::string_view key, std::string_view bytes) {
  return decode_row("current", bytes, [&](ByteReader& reader) { return take_item(reader, key); });
}

std::string encode_log(const EventBatch& batch) {
  std::string out = start_row();
  std::size_t size = 16;
  for (const Event& event : batch.events) size += size_of(event.item);
  out.reserve(size);
  append_u64(out, 0);
  append_u32(out, static_cast<std::uint32_t>(batch.events.size()));
  for (const Event& event : batch.events) {
    append_u8(out, static_cast<std::uint8_t>(event.kind));
    append_sized(out, event.item.key);
    append_item(out, event.item);
  }
  return out;
}

void set_log_bytes(std::string& row, std::uint64_t log_bytes) {
  std::string bytes;
  append_u64(bytes, log_bytes);
  row.replace(1, bytes.size(), bytes);
}

Result<std::uint64_t> decode_log_bytes(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.u8() != kRowVersion) return corrupt("log");
  std::uint64_t log_bytes = reader.u64();
  if (!reader.ok()) return corrupt("log");
  return log_bytes;
}

Result<EventBatch> decode_log(Revision revision, std::string_view bytes) {
  return decode_row("log", bytes, [&](ByteReader& reader) {
    EventBatch batch;
    batch.revision = revision;
    reader.u64();  // log_bytes
    for (std::uint32_t left = reader.u32(); left > 0 && reader.ok(); --left) {
      Event event;
      event.kind = reader.u8() == 0 ? Event::Kind::Put : Event::Kind::Delete;
      std::string_view key = reader.sized();
      event.item = take_item(reader, key);
      batch.events.push_back(std::move(event));
    }
    return batch;
  });
}

Result<Revision> decode_log_key(std::string_view row) {
  ByteReader reader(row.substr(1));
  Revision revision = reader.u64();
  if (!reader.ok()) return corrupt("log");
  return revision;
}

std::string encode_undo(const Undo& undo) {
  std::string out = start_row();
  append_u32(out, static_cast<std::uint32_t>(undo.size()));
  for (const auto& [key, before] : undo) {
    append_sized(out, key);
    append_u8(out, before.has_value() ? 1 : 0);
    if (before) append_item(out, *before);
  }
  return out;
}

Result<Undo> decode_undo(std::string_view bytes, const KeySpan& span) {
  return decode_row("undo", bytes, [&](ByteReader& reader) {
    Undo undo;
    for (std::uint32_t left = reader.u32(); left > 0 && reader.ok(); --left) {
      std::string_view key = reader.sized();
      std::optional<KeyValue> before;
      if (reader.u8() != 0) before = take_item(reader, key);
      if (span.contains(key)) undo.emplace_hint(undo.end(), key, std::move(before));
    }
    return undo;
  });
}

std::string encode_lease(Duration ttl) {
  std::string out = start_row();
  append_u64(out, static_cast<std::uint64_t>(ttl.count()));
  return out;
}

Result<LeaseRow> decode_lease(std::string_view row, std::string_view bytes) {
  ByteReader id(row.substr(1));
  LeaseId lease = id.u64();
  if (!id.ok()) return corrupt("lease");
  return decode_row("lease", bytes, [&](ByteReader& reader) {
    return LeaseRow{lease, Duration(static_cast<Duration::rep>(reader.u64()))};
  });
}

Result<LeaseMember> decode_lease_member(std::string_view row) {
  ByteReader reader(row.substr(1));
  LeaseMember member;
  member.lease = reader.u64();
  if (!reader.ok()) return corrupt("lease key");
  member.key = row.substr(9);
  return member;
}

}  // namespace meridian::store::format
